/** What `tandem-bff` listens with, in this process: doors and files, with its log and its metrics, before a real provider. */
import { onTestFinished } from 'vitest'
import { doorNames } from '../../../src/bff/door-names.js'
import { listen } from '../../../src/bff/node/listen.js'
import { listenerOf } from '../../../src/bff/node/serve.js'
import type { Timeouts } from '../../../src/bff/node/options.js'
import type { BffOptions } from '../../../src/bff/options.js'
import { logged, openLog } from '../../../src/bff/server/log.js'
import { openMetrics } from '../../../src/bff/server/metrics.js'
import { timed } from '../../../src/bff/server/timed.js'
import { files } from '../../../src/bff/static/files.js'
import type { Traits } from '../../support/misbehaving-provider.js'
import { ORIGIN, startOddBench } from '../bench.js'
import type { BffBench } from '../bench.js'
import { over } from '../wired.js'

/** A line of the log. */
export type Line = Readonly<Record<string, unknown>>

/** The listener, and a browser whose requests come over its socket. */
export interface Listener extends Pick<BffBench, 'browser' | 'clock' | 'api' | 'bff'> {
  readonly url: string
  /** All lines so far. */
  lines(): Line[]
  /** The lines of the event. */
  events(event: string): Line[]
  /** The lines of requests whose answers are over. */
  requests(): Line[]
  /** The metrics whose line begins so. */
  counts(name: string): Promise<string[]>
}

/** Starts it. `folder`: of the app's files. */
export async function startListener(
  options: {
    bff?: (base: BffOptions) => Partial<BffOptions>
    traits?: Partial<Traits>
    folder?: string
    timeouts?: Timeouts
  } = {},
): Promise<Listener> {
  const text: string[] = []
  const log = openLog({ write: (line) => void text.push(line) })
  const metrics = openMetrics()
  let upstreams: string[] = []
  const bench = await startOddBench(options.traits ?? {}, {
    edges: { metrics },
    bff(base) {
      const given = { ...base, log, ...options.bff?.(base) }
      upstreams = Object.keys(given.upstreams ?? {})
      return given
    },
  })
  const { bff, browser } = bench
  const nameOf = doorNames({ upstreams })
  const beside = options.folder === undefined ? undefined : files(options.folder, bff.node.site)
  const listener = listenerOf(logged(timed(bff.node, metrics, nameOf), log, nameOf), beside)
  const server = await listen(listener, {
    ...{ host: '127.0.0.1', port: 0, option: 'port' },
    timeouts: options.timeouts ?? {},
  })
  onTestFinished(() => server.close(0))
  browser.agent.handle(ORIGIN, (request) => over(server.url, request, {}))
  const lines = (): Line[] => text.map((line) => JSON.parse(line) as Line)
  return {
    ...bench,
    url: server.url,
    lines,
    events: (event) => lines().filter((line) => line['event'] === event),
    requests: () => lines().filter(({ msg }) => msg === 'request'),
    counts: async (name) => (await metrics.text()).split('\n').filter((line) => line.startsWith(name)),
  }
}
