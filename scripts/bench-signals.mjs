// @ts-check
/**
 * `npm run bench:signals`: how long it takes until every tab shows that a session has ended, by each signal (test/bench/signals.ts).
 * `-- --runs 30 --tabs 10` are the defaults. Fails where push is slower than it may be.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { register } from 'tsx/esm/api'
import { buildDemo } from '../demo/build.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '30' }, tabs: { type: 'string', default: '10' } },
})

/** @param {'runs' | 'tabs'} name */
const positive = (name) => {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${name} is a whole number from 1 on, not "${values[name]}".`)
  return number
}

// So that the browser is stopped, too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

try {
  const options = { runs: positive('runs'), tabs: positive('tabs') }
  await buildDemo()
  // Without the compiler's `paths`: what is measured is the package as its users have it, out of dist/.
  register({ tsconfig: false })
  const { benchSignals } = await import('../test/bench/signals.js')
  if (!(await benchSignals(options))) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
