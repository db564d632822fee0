/** `tandem-bff` where the IDP and Redis come later than it, go, and come back. The command is a process of its own, Redis and the provider are real. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'
import { endAll, runIn } from '../bff/server-command.js'
import type { Command } from '../bff/server-command.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, startTestIdp } from '../support/idp.js'
import type { Idp, IdpOptions } from '../support/idp.js'
import { freePort } from '../support/free-port.js'
import { startRedis } from '../support/redis.js'
import type { RedisServer } from '../support/redis.js'
import { createUserAgent } from '../support/user-agent.js'
import type { UserAgent } from '../support/user-agent.js'

let folder = ''
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'tandem-startup-'))))
afterEach(endAll)
afterAll(() => rm(folder, { recursive: true }))

interface Running {
  readonly origin: string
  readonly command: Command
  /** Status and body of `/readyz`, at both listeners. */
  ready(): Promise<[number, Record<string, unknown>]>
  signIn(): Promise<UserAgent>
  call(agent: UserAgent, path: string, method?: string): Promise<Response>
}

/** Starts the command before an IDP at `idpPort`, whether it is there or not. */
async function start(idpPort: number, store: string): Promise<Running> {
  const [port, admin] = [await freePort(), await freePort()]
  const origin = `http://localhost:${port}`
  const file = join(folder, `${port}.json`)
  const configuration = {
    listen: { host: 'localhost', port },
    admin: { listen: { port: admin } },
    origin,
    idp: {
      issuer: `http://localhost:${idpPort}`,
      clientId: BFF_CLIENT_ID,
      clientSecret: BFF_CLIENT_SECRET,
    },
    secrets: ['test-secret-of-thirty-two-letters'],
    store,
    trustedProxies: ['10.0.0.0/8'],
    timeouts: { idle: 5 },
  }
  await writeFile(file, JSON.stringify(configuration))
  const command = runIn(folder, ['--config', file])
  await command.logged('admin listening on')
  return {
    origin,
    command,
    async ready() {
      const [here, there] = await Promise.all(
        [origin, `http://127.0.0.1:${admin}`].map((base) => fetch(`${base}/readyz`)),
      )
      if (here === undefined || here.status !== there?.status) return [0, {}]
      expect(here.headers.get('keep-alive')).toBe('timeout=5')
      return [here.status, (await here.json()) as Record<string, unknown>]
    },
    async signIn() {
      const agent = createUserAgent()
      await agent.navigate(`${origin}/bff/login?return_to=/healthz`)
      await agent.login('alice')
      expect(agent.page?.url.href).toBe(`${origin}/healthz`)
      return agent
    },
    call(agent, path, method = 'GET') {
      const token = agent.cookies.get(origin, '__Host-csrf')?.value ?? '1'
      return agent.fetch(origin + path, { method, headers: { 'X-CSRF-Token': token } })
    },
  }
}

async function idpAt(port: number, origin: string, options: IdpOptions = {}): Promise<Idp> {
  const idp = await startTestIdp({ port, appOrigins: [origin], ...options })
  onTestFinished(() => idp.close())
  return idp
}

async function redisAt(port: number): Promise<RedisServer> {
  const redis = await startRedis([], port)
  onTestFinished(() => redis.close())
  return redis
}

const becomes = (ready: Running['ready'], expected: unknown): Promise<void> =>
  expect.poll(ready, { timeout: 15_000, interval: 100 }).toEqual(expected)

it(
  'listens before there is an IDP, says what is missing and no more, and is ready once it answers',
  { timeout: 60_000 },
  async () => {
    const idpPort = await freePort()
    const { origin, command, ready, signIn } = await start(idpPort, 'sqlite:./idp-later.db')
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    expect(await ready()).toEqual([503, { status: 'idp unavailable' }])
    const agent = createUserAgent()
    await agent.navigate(`${origin}/bff/login?return_to=/healthz`)
    expect(agent.page?.url.href).toBe(`${origin}/healthz?login_error=idp_unavailable`)

    await idpAt(idpPort, origin)
    // Nobody but the command itself asks.
    await command.logged('The IDP answers')
    expect(await ready()).toEqual([200, { status: 'ready' }])
    await signIn()
  },
)

it(
  'listens before there is Redis, or anything; loses readiness with Redis and gets it back, and nobody is signed out',
  { timeout: 90_000 },
  async () => {
    const [idpPort, redisPort] = [await freePort(), await freePort()]
    const { origin, ready, signIn, call } = await start(idpPort, `redis://127.0.0.1:${redisPort}`)
    expect(await ready()).toEqual([503, { status: 'store and idp unavailable' }])
    await idpAt(idpPort, origin)
    await becomes(ready, [503, { status: 'store unavailable' }])
    const redis = await redisAt(redisPort)
    await becomes(ready, [200, { status: 'ready' }])
    const agent = await signIn()

    await redis.stop('SIGKILL')
    await becomes(ready, [503, { status: 'store unavailable' }])
    const away = await call(agent, '/bff/session')
    expect([away.status, away.headers.has('retry-after')]).toEqual([503, true])
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    await redis.start()
    await becomes(ready, [200, { status: 'ready' }])
    expect(await (await call(agent, '/bff/session')).json()).toMatchObject({ authenticated: true })
  },
)

it(
  'stays ready where the IDP goes once it has answered: sessions go on, and it is told as a warning until it is back',
  { timeout: 90_000 },
  async () => {
    const idpPort = await freePort()
    const { origin, command, ready, signIn, call } = await start(idpPort, 'sqlite:./idp-gone.db')
    const idp = await idpAt(idpPort, origin)
    await command.logged('The IDP answers')
    const agent = await signIn()
    await idp.down()
    for (let i = 0; i < 6; i++) {
      const answer = await call(agent, '/bff/refresh', 'POST')
      expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true])
    }
    await command.logged('The token endpoint does not answer')
    expect(await ready()).toEqual([
      200,
      { status: 'ready', warnings: [expect.stringContaining('identity provider does not answer')] },
    ])
    expect(await (await call(agent, '/bff/session')).json()).toMatchObject({ authenticated: true })
    await idp.up()
    await expect
      .poll(async () => (await call(agent, '/bff/refresh', 'POST')).status, {
        timeout: 20_000,
        interval: 200,
      })
      .toBe(200)
    await becomes(ready, [200, { status: 'ready' }])
  },
)

it(
  'is not ready where the IDP takes connections and says nothing, says so in time, and stops when it is asked to',
  { timeout: 60_000 },
  async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, 'localhost', resolve))
    onTestFinished(() => void silent.close())
    const { command, ready } = await start((silent.address() as AddressInfo).port, 'memory:')
    expect(await ready()).toEqual([503, { status: 'idp unavailable' }])
    command.child.kill('SIGTERM')
    expect(await command.exit).toBe(0)
  },
)
