// @ts-check
/**
 * `npm run types`: the compiler over everything, then over the rooms that must do with less: session/ without DOM and
 * Node, the browser's rooms without Node.
 */
import { fileURLToPath } from 'node:url'
import { exitCode } from './run.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
let failed = 0
for (const project of ['tsconfig.json', 'src/session/tsconfig.json', 'src/tsconfig.browser.json']) {
  const code = await exitCode('tsc', ['-p', project])
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${project}`)
  if (code !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
