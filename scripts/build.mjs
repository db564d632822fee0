// @ts-check
/** `npm run build`: src/ to dist/: JavaScript by rollup and esbuild, declarations by tsc (see rollup.config.mjs). */
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
await rm('dist', { recursive: true, force: true })
await Promise.all([run('tsc', ['-p', 'tsconfig.build.json']), ...configuration.map(bundle)])
await chmod('dist/bff/server.js', 0o755)
console.log(`dist/ built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
