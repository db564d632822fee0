/** An app with the short way to one upstream. */
import { afterEach, beforeEach } from 'vitest'
import { startUpstream } from '../upstream/upstream-server.js'
import type { UpstreamServer } from '../upstream/upstream-server.js'
import type { ResolvedUpstream } from '../../../src/bff/upstream/call.js'
import { disconnect } from '../../../src/bff/upstream/forward.js'
import type { RequestListener } from 'node:http'
import { adapterOf, run } from './harness.js'
import type { Running } from './harness.js'

/** The upstream. */
export let api: UpstreamServer
/** As it is configured. */
export let upstream: ResolvedUpstream
/** The app, once a test has started it. */
export let app: Running

/** Starts an app that is answered by this. */
export const serve = async (listener: RequestListener): Promise<void> => void (app = await run(listener))
/** Starts the app. `around`: what has a request before the short way. */
export const start = async (
  changes: Partial<ResolvedUpstream> = {},
  around: (node: ReturnType<typeof adapterOf>) => RequestListener = (node) => node,
): Promise<void> => {
  upstream = { ...upstream, ...changes }
  await serve(around(adapterOf(upstream)))
}
/** After the upstream has gone: another one takes its place for the end of the test. */
export const restart = async (): Promise<void> => void (api = await startUpstream())

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeEach(async () => {
    api = await startUpstream()
    upstream = { name: 'orders', url: api.url, token: 'user', timeout: 5, methods: null, require: {} }
  })
  afterEach(async () => {
    await app.close()
    await disconnect([upstream])
    await api.close()
  })
}
