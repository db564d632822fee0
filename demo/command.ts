import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { freePort } from './listen.js'
import { createBeside, tellParent } from './mosaic-panel/beside.js'
import { DEMO_LIFETIMES, MOSAIC_LIFETIMES, startDemo, type DemoLifetimes, type DemoOptions } from './start.js'

/** Where the demo keeps what must survive a restart, if not told otherwise: keys, the server's secret, sessions. */
const FOLDER = '.demo'

type Flag = keyof typeof FLAGS

/** Flag → what it sets and its default. Each can also be set in the environment: `--idp-port` is `DEMO_IDP_PORT`. */
const FLAGS = {
  port: ['port of the app: pages and BFF', 3000],
  'idp-port': ['port of the provider', 4000],
  'api-port': ['port of the protected API', 4100],
  'access-token-lifetime': ['seconds an access token is good for', DEMO_LIFETIMES.accessToken],
  'refresh-token-lifetime': ['seconds a refresh token is good for', DEMO_LIFETIMES.refreshToken],
  'idp-session-lifetime': ['seconds the session at the provider lasts', DEMO_LIFETIMES.idpSession],
  'idle-lifetime': ['seconds an unused app session lasts; 0: no limit', DEMO_LIFETIMES.idle],
  'absolute-lifetime': ['seconds an app session lasts at most', DEMO_LIFETIMES.absolute],
} as const satisfies Record<string, readonly [meaning: string, standard: number]>

const names = Object.keys(FLAGS) as Flag[]
const variable = (flag: Flag): string => `DEMO_${flag.toUpperCase().replaceAll('-', '_')}`

const HELP = `npm run demo -- [flags]

${names.map((flag) => `  --${flag.padEnd(24)}${FLAGS[flag][0]} (${FLAGS[flag][1]}; ${variable(flag)})`).join('\n')}
  --${'mosaic'.padEnd(24)}with Mosaic, emulated, as the provider: everything is kept in memory, and is over sooner
  --${'folder'.padEnd(24)}where keys and sessions are kept (${FOLDER})
  --${'fresh'.padEnd(24)}forget the sessions of earlier runs
  --${'help'.padEnd(24)}this text

A port that is taken is replaced by the next free one.`

/** Flags and environment → numbers. @throws {Error} naming the flag and what it takes */
const settingsFrom = (
  given: { [flag in Flag]?: string | undefined },
  env: NodeJS.ProcessEnv,
  standard: Readonly<Partial<Record<Flag, number>>>,
) => {
  const number = (flag: Flag): number => {
    const text = given[flag] ?? env[variable(flag)]
    const value = text === undefined || text === '' ? (standard[flag] ?? FLAGS[flag][1]) : Number(text)
    const least = flag === 'idle-lifetime' || flag.endsWith('port') ? 0 : 1
    const most = flag.endsWith('port') ? 65_535 : 365 * 24 * 60 * 60
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new Error(`--${flag} takes a whole number from ${least} to ${most}, not "${text}".`)
  }
  const lifetimes: DemoLifetimes = {
    accessToken: number('access-token-lifetime'),
    refreshToken: number('refresh-token-lifetime'),
    idpSession: number('idp-session-lifetime'),
    idle: number('idle-lifetime'),
    absolute: number('absolute-lifetime'),
  }
  return { port: number('port'), idpPort: number('idp-port'), apiPort: number('api-port'), lifetimes }
}

/** What is otherwise where the provider is Mosaic. Its own ports, so that the two demos may run side by side. */
const WITH_MOSAIC: Readonly<Partial<Record<Flag, number>>> = {
  port: 3100,
  'idp-port': 4200,
  'api-port': 4300,
  'access-token-lifetime': MOSAIC_LIFETIMES.accessToken,
  'refresh-token-lifetime': MOSAIC_LIFETIMES.refreshToken,
  'idp-session-lifetime': MOSAIC_LIFETIMES.idpSession,
  'idle-lifetime': MOSAIC_LIFETIMES.idle,
  'absolute-lifetime': MOSAIC_LIFETIMES.absolute,
}

/** The server's secret, made where there is none: sessions survive a restart. For the demo alone. */
const secretIn = (path: string): string => {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim()
  const secret = randomBytes(32).toString('base64url')
  writeFileSync(path, `${secret}\n`, { mode: 0o600 })
  return secret
}

/** What outlasts the process. */
const keptIn = (folder: string): Pick<DemoOptions, 'store' | 'secret' | 'keys'> => {
  mkdirSync(folder, { recursive: true })
  return {
    store: `sqlite:${folder}/sessions.db`,
    secret: secretIn(`${folder}/secret`),
    keys: `${folder}/idp-keys.json`,
  }
}

/** Runs the demo until the process is told to stop. @throws {Error} saying what to do, for wrong flags or taken ports */
export const runDemo = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> => {
  const options = Object.fromEntries(names.map((flag) => [flag, { type: 'string' as const }]))
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...options,
      folder: { type: 'string' },
      fresh: { type: 'boolean' },
      mosaic: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values['help'] === true) return void console.log(HELP)
  const mosaic = values['mosaic'] === true
  const settings = settingsFrom(
    values as { [flag in Flag]?: string | undefined },
    env,
    mosaic ? WITH_MOSAIC : {},
  )

  const folder = typeof values['folder'] === 'string' ? values['folder'] : FOLDER
  const port = await freePort(settings.port)
  const idpPort = await freePort(settings.idpPort, [port])
  const apiPort = await freePort(settings.apiPort, [port, idpPort])
  const beside = createBeside()
  const demo = await startDemo({
    port,
    idpPort,
    apiPort,
    lifetimes: settings.lifetimes,
    // The sessions of a time that was moved are of no use to anybody else.
    ...(mosaic ? { mosaic } : { ...keptIn(folder), mosaicBeside: beside.start }),
  })
  if (!mosaic && values['fresh'] === true)
    for (const sub of demo.idp.users.keys()) await demo.bff.sessions.end({ sub })

  const { accessToken } = settings.lifetimes
  console.log(`
  Tandem's demo${mosaic ? ', with Mosaic as the provider' : ''}

  Open           ${demo.url}
  React, Vue     ${demo.url}/react/  ${demo.url}/vue/
  Provider       ${demo.idp.origin}   (alice or bob, any password)
  Protected API  ${demo.api.url}

${mosaic ? '  What Mosaic does: sign in, and press its buttons on the page.' : `  With Mosaic    ${demo.url}/mosaic   (the same with Transmit Security’s Mosaic, emulated, as the provider)`}

  Access tokens last ${accessToken} s here and renew by themselves. Ctrl+C stops everything.
`)
  const stop = (): void => void Promise.all([beside.close(), demo.close()]).finally(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  tellParent(demo.url, stop)
}
