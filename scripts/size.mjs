// @ts-check
/**
 * `npm run size`: what applications download, measured by bundling small ones against dist/ the way a bundler does,
 * minified and gzipped. Fails where a budget is exceeded. 1 kB = 1000 bytes.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** @typedef {import('esbuild').Metafile['outputs']} Outputs */

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const app = (/** @type {string} */ names, /** @type {string} */ oauth) =>
  `import { createSessionClient, ${names} } from './dist/index.js'
   createSessionClient({ oauth: ${oauth} }).start()`
const bff = app('bffClient', `bffClient({ basePath: '/bff' })`)
const browser = app(
  'browserClient',
  `browserClient({ authority: 'https://idp.example', clientId: 'app', redirectUri: location.href })`,
)

/** @param {string | Uint8Array} content */
const zipped = (content) => gzipSync(content, { level: 9 }).byteLength

/**
 * Bundles an app: bytes that load with the page, bytes it may ever load, and the modules of the first.
 * @param {string} source
 * @param {string[]} [external] packages it brings itself
 */
async function weigh(source, external = []) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: '.' },
    outdir: 'out',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    external,
  })
  const { outputs } = metafile
  const bytes = outputFiles.map(({ contents }) => zipped(contents))
  const sum = (/** @type {Set<string>} */ paths) =>
    Object.keys(outputs).reduce(
      (total, path, index) => total + (paths.has(path) ? (bytes[index] ?? 0) : 0),
      0,
    )
  const page = reachable(outputs, false)
  const modules = [...page].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}))
  return { page: sum(page), all: sum(reachable(outputs, true)), modules }
}

/**
 * The outputs an app leads to, with or without what it imports on demand.
 * @param {Outputs} outputs
 * @param {boolean} onDemand
 */
function reachable(outputs, onDemand) {
  const found = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === '<stdin>'))
  for (const path of found)
    for (const { kind, path: target, external } of outputs[path]?.imports ?? [])
      if (external !== true && (onDemand || kind !== 'dynamic-import')) found.add(target)
  return found
}

const signedOut = await weigh(browser)
const onBff = await weigh(bff)
const react = await weigh(`export * from './dist/react.js'`, ['react', 'react/jsx-runtime'])
const vue = await weigh(`export * from './dist/vue.js'`, ['vue', 'vue-router'])
const preset = await weigh(`export * from './dist/mosaic.js'`)
const script = zipped(await readFile('dist/tandem.global.min.js'))
const engine = zipped(await readFile('dist/tandem.oidc.min.js'))

/**
 * What it weighs; what it may weigh: where it stands, rounded up to 0.1 kB, to be lowered with each step down and raised only
 * for what an app gets by it; and what it is meant to weigh. What comes by itself (other tabs, push, presence, session checks) is
 * loaded when there is a session.
 * @type {[what: string, bytes: number, budget: number, goal: number][]}
 */
const budgets = [
  ['bffClient: with the page', onBff.page, 14_800, 6500],
  ['bffClient: everything', onBff.all, 16_700, 6500],
  ['browserClient: before anyone logs in', signedOut.page, 15_400, 8000],
  ['browserClient: everything', signedOut.all, 31_400, 19_000],
  ['./react', react.all, 1000, 1000],
  ['./vue', vue.all, 1000, 1000],
  ['./mosaic', preset.all, 2500, 2500],
  ['script tag: before anyone logs in', script, 17_400, 9000],
  ['script tag: everything', script + engine, 32_100, 20_000],
]

const kB = (/** @type {number} */ bytes) => (bytes / 1000).toFixed(2).padStart(6)
console.log(`${''.padEnd(38)}    kB  budget   goal`)
for (const [what, bytes, budget, goal] of budgets) {
  const verdict = bytes <= budget ? 'ok' : `OVER by ${bytes - budget} B`
  console.log(`${what.padEnd(38)}${kB(bytes)}  ${kB(budget)} ${kB(goal)}  ${verdict}`)
  if (bytes > budget) process.exitCode = 1
}
for (const { modules } of [signedOut, onBff]) {
  const stray = modules.find((path) => path.includes('oidc-client-ts'))
  if (stray === undefined) continue
  console.error(`${stray} loads with the page; only a login may load it.`)
  process.exitCode = 1
}
