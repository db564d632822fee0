// @ts-check
/**
 * `npm run demo`: builds what is missing or older than its source, then starts every server of the demo in this process
 * and prints the address to open. `npm run demo -- --help` lists the flags; demo/README.md tells the rest.
 */
import { fileURLToPath } from 'node:url'
import { register } from 'tsx/esm/api'
import { buildDemo } from '../demo/build.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
try {
  await buildDemo()
  // Without the compiler's `paths`: the demo uses the package as its users do, out of dist/.
  register({ tsconfig: false })
  const { runDemo } = await import('../demo/command.js')
  await runDemo(process.argv.slice(2), process.env)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
