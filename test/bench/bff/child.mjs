// @ts-check
/** One server that is measured, in a process of its own: `child.mjs FILE UPSTREAM [STORE]`. Answers its parent: what it costs, or a command. */
import { register } from 'tsx/esm/api'

// Without the compiler's `paths`: what is measured is the package as its users have it, out of dist/.
register({ tsconfig: false })
const [file = '', upstream = '', store = ''] = process.argv.slice(2)
const { start } = await import(`./contenders/${file}.mjs`)
const server = await start(upstream, store)
let peak = 0
setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20).unref()
const reset = () => {
  globalThis.gc?.()
  peak = process.memoryUsage.rss()
}
process.on('message', async (/** @type {{ ask: string, count?: number }} */ { ask, count }) => {
  const result = ask === 'reset' ? reset() : ask === 'now' ? undefined : await server[ask](count)
  const { user, system } = process.cpuUsage()
  const rss = process.memoryUsage.rss()
  process.send?.({ cpu: user + system, rss, peak: Math.max(peak, rss), result })
})
process.on('disconnect', () => process.exit(0))
process.send?.({ url: server.url, headers: server.headers, path: server.path('') })
