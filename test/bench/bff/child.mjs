// @ts-check
/** One server that is measured, in a process of its own: `child.mjs FILE UPSTREAM [STORE]`. Tells its parent what it costs when asked. */
import { register } from 'tsx/esm/api'

// Without the compiler's `paths`: what is measured is the package as its users have it, out of dist/.
register({ tsconfig: false })
const [file = '', upstream = '', store = ''] = process.argv.slice(2)
const { start } = await import(`./contenders/${file}.mjs`)
const { url, headers, path } = await start(upstream, store)
let peak = 0
setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20).unref()
process.on('message', (asked) => {
  if (asked === 'reset') {
    globalThis.gc?.()
    peak = process.memoryUsage.rss()
  }
  const { user, system } = process.cpuUsage()
  process.send?.({
    cpu: user + system,
    rss: process.memoryUsage.rss(),
    peak: Math.max(peak, process.memoryUsage.rss()),
  })
})
process.on('disconnect', () => process.exit(0))
process.send?.({ url, headers, path: path('') })
