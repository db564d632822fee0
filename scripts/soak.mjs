// @ts-check
/**
 * `npm run soak`: many tabs of one real browser over very short access, through trouble of every kind, for some minutes; counts, and fails
 * where something was wrong. `npm run soak -- --help` lists the options; CONTRIBUTING.md tells the rest.
 */
import { fileURLToPath } from 'node:url'
import { register } from 'tsx/esm/api'
import { buildDemo } from '../demo/build.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
try {
  await buildDemo()
  // Without the compiler's `paths`: as the demo, the soak uses the package as its users do, out of dist/.
  register({ tsconfig: false })
  const { runCommand } = await import('../test/soak/command.js')
  process.exitCode = (await runCommand(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
