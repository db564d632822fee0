/** What the command does. */
import type { Writable } from 'node:stream'
import { ConfigurationError, SessionError } from '../../errors.js'
import { createBff } from '../bff.js'
import { readConfiguration } from '../configuration.js'
import { doorNames } from '../door-names.js'
import { listen } from '../node/listen.js'
import type { Listening } from '../node/listen.js'
import { listenerOf } from '../node/serve.js'
import type { BffConfiguration } from '../options.js'
import { files } from '../static/files.js'
import { admin as adminListener } from './admin.js'
import { readArguments, usage } from './arguments.js'
import { adminAddress, appAddress } from './listeners.js'
import { logged, openLog } from './log.js'
import { openMetrics } from './metrics.js'
import { timed } from './timed.js'

/** How long a stop waits for the answers on the wire, and keeps connections that may yet bring a request. ms */
const GRACE = 10_000
const LINGER = 1_000

/** The process as the command sees it. */
export interface Surroundings {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  readonly stdout: Writable
  readonly stderr: Writable
  /** Calls back once the process is asked to end. */
  onStop(stop: () => void): void
}

/** Runs the command. The exit code, once it is known: for a server, when it was stopped. */
export async function main(process: Surroundings): Promise<number> {
  try {
    const given = readArguments(process.argv)
    switch (given.command) {
      case 'help':
        process.stdout.write(usage)
        return 0
      case 'version':
        process.stdout.write(`${process.version}\n`)
        return 0
      case 'check':
        await readConfiguration(given.config, process.env)
        process.stdout.write(`${given.config} is valid.\n`)
        return 0
      case 'run':
        await run(await readConfiguration(given.config, process.env), process)
        return 0
    }
  } catch (error) {
    process.stderr.write(`tandem-bff cannot start:\n${indented(reasonOf(error))}\n`)
    return 1
  }
}

/** Serves until the process is asked to end. Rejects where it cannot start. */
async function run(configuration: BffConfiguration, process: Surroundings): Promise<void> {
  const { listen: _listen, timeouts = {}, static: folder, admin: _admin, ...options } = configuration
  const log = openLog()
  const metrics = openMetrics()
  const bff = createBff({ ...options, log }, { metrics })
  const listening: Listening[] = []
  try {
    await bff.ready.catch((error: unknown) => {
      throw error instanceof SessionError
        ? error
        : new ConfigurationError('store', reasonOf(error), { cause: error })
    })
    const stopped = new Promise<void>((resolve) => process.onStop(resolve))
    const nameOf = doorNames({
      basePath: options.basePath,
      upstreams: Object.keys(options.upstreams ?? {}),
    })
    const counting = timed(bff.node, metrics, nameOf)
    const beside = folder === undefined ? undefined : files(folder, bff.node.site, log)
    const cut = (calls: number): void =>
      log.warn(
        { event: 'calls_cut', calls },
        'Calls were cut off: they were not answered within the time there is for it when stopping.',
      )
    const app = listenerOf(logged(counting, log, nameOf), beside)
    const administration = adminListener(bff, options.origin, metrics)
    const at = adminAddress(configuration)
    const tried = await Promise.allSettled([
      listen(app, { ...appAddress(configuration), option: 'listen.port', timeouts, cut }),
      at && listen(administration, { ...at, option: 'admin.listen.port', timeouts }),
    ])
    for (const one of tried) if (one.status === 'fulfilled' && one.value !== null) listening.push(one.value)
    // All are told of at once, and none goes on by itself.
    const failed = tried.flatMap((one) => (one.status === 'rejected' ? [reasonOf(one.reason)] : []))
    if (failed.length > 0) throw new Error(failed.join('\n'))
    const [server, second] = listening
    log.info({ url: server?.url, origin: options.origin }, `listening on ${server?.url}`)
    if (second !== undefined) log.info({ url: second.url }, `admin listening on ${second.url}`)
    // Ready once the store and the IDP answer: nobody has to ask first.
    void bff.fetch(new Request(`${options.origin}/readyz`), { clientAddress: '127.0.0.1' })
    await stopped
    log.info({}, 'stopping: no new connections, calls on the wire are answered')
  } finally {
    await Promise.all(listening.map((one) => one.close(GRACE, LINGER)))
    await bff.close()
  }
  log.info({}, 'stopped')
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const indented = (text: string): string => text.replace(/^/gm, '  ')
