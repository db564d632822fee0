// @ts-check
/**
 * `npm run build`: src/ to dist/: JavaScript by rollup and esbuild, declarations by tsc (see rollup.config.mjs).
 * Says so on stderr: `npm pack --json` builds first and prints its answer on stdout.
 */
import { chmod, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { rollup } from 'rollup'
import { run } from './run.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { default: configuration } = await import('../rollup.config.mjs')

/** @param {import('rollup').RollupOptions} options */
async function bundle({ output, ...input }) {
  const made = await rollup(input)
  for (const each of [output ?? []].flat()) await made.write(each)
  await made.close()
}

const started = performance.now()
const clear = () => rm('dist', { recursive: true, force: true })
await clear()
const parts = [run('tsc', ['-p', 'tsconfig.build.json']), ...configuration.map(bundle)]
const failure = (await Promise.allSettled(parts)).find((part) => part.status === 'rejected')
if (failure !== undefined) {
  // Half a build would only be found out later, by something else that fails.
  await clear()
  console.error(failure.reason instanceof Error ? failure.reason.message : failure.reason)
  process.exit(1)
}
await chmod('dist/bff/server.js', 0o755)
console.error(`dist/ built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
