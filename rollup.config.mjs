// @ts-check
/**
 * What `npm run build` writes to dist/, besides the types:
 * - ESM with code splitting: the browser's and the server's entries; dependencies stay imports, and the protocol
 *   engine (the one room that needs oidc-client-ts) is a chunk of its own, loaded when a login needs it.
 * - `tandem.global.js` for a script tag, everything in it but the engine, which it imports from `tandem.oidc.js`
 *   beside it on demand (src/global-engine.ts). Both plain and minified.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import nodeResolve from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'
import { transform } from 'esbuild'

const root = dirname(fileURLToPath(import.meta.url))
/** @param {string} path */
const src = (path) => resolve(root, 'src', path)
const oidcRoom = src('oidc') + sep
const engine = src('oidc/engine.ts')
const errors = src('errors.ts')

/** @param {string} path of a JSON file */
const json = (path) => JSON.parse(readFileSync(resolve(root, path), 'utf8'))
/** @param {string} name of an installed package */
const credit = (name) => {
  const { version, license } = json(`node_modules/${name}/package.json`)
  return `${name} ${version} (${license})`
}
const { name, version, license } = json('package.json')
/** @param {string[]} included */
const notice = (...included) =>
  `/*! ${[`${name} ${version}`, license, ...included.map((one) => `with ${credit(one)}`)].join(' | ')} */`

/**
 * TypeScript off, `./x.js` found as `./x.ts` or `./x.tsx`.
 * @returns {import('rollup').Plugin}
 */
const typescript = () => ({
  name: 'typescript',
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith('.')) return null
    const path = resolve(dirname(importer), source)
    return ['.ts', '.tsx'].map((ending) => path.replace(/\.js$/, ending)).find(existsSync) ?? null
  },
  transform(code, id) {
    if (!/\.tsx?$/.test(id)) return null
    return transform(code, {
      loader: id.endsWith('x') ? 'tsx' : 'ts',
      target: 'es2022',
      jsx: 'automatic',
      sourcemap: true,
      sourcefile: id,
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    })
  },
})

/**
 * In the script-tag build `import('../oidc/engine.js')` becomes a call of `loadEngine()`: a script cannot be split.
 * @returns {import('rollup').Plugin}
 */
const engineBeside = () => ({
  name: 'engine-beside',
  transform(code, id) {
    const parts = code.split("import('../oidc/engine.js')")
    if (!id.startsWith(src('client') + sep) || parts.length === 1) return null
    // On the first line, so that the source map keeps its lines.
    const loader = `import { loadEngine } from '../global-engine.js';`
    return { code: loader + parts.join('loadEngine()'), map: null }
  },
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((file) => ('moduleIds' in file ? file.moduleIds : []))
    const stray = modules.find((id) => id.startsWith(oidcRoom) || id.includes('oidc-client-ts'))
    if (stray !== undefined) this.error(`${stray} is in the script-tag build; the engine belongs beside it.`)
    if (!modules.includes(src('global-engine.ts')))
      this.error(
        `client/ no longer says import('../oidc/engine.js'), so the script-tag build cannot load it.`,
      )
  },
})

/**
 * Splits what `index.ts` exports: a bundler then leaves `browserClient` out of an app on the BFF, with all it would load.
 * @returns {import('rollup').Plugin}
 */
const exportsApart = () => ({
  name: 'exports-apart',
  buildStart() {
    for (const name of ['client', 'bff-client', 'browser-client']) {
      const fileName = `shared/${name}.js`
      this.emitFile({
        type: 'chunk',
        id: src(`client/${name}.ts`),
        fileName,
        preserveSignature: 'allow-extension',
      })
    }
  },
})

/** @param {import('rollup').LogLevel} level @param {import('rollup').RollupLog} log */
const onLog = (level, log) => {
  if (level === 'warn') throw new Error(`rollup: ${log.message}`)
}

/** @param {boolean} module */
const minify = (module) => terser({ module, ecma: 2020, format: { comments: /^!/ }, compress: { passes: 2 } })

/** @type {import('rollup').RollupOptions} */
const modules = {
  input: {
    index: src('index.ts'),
    react: src('react/index.ts'),
    vue: src('vue/index.ts'),
    mosaic: src('presets/mosaic.ts'),
    'bff/index': src('bff/index.ts'),
    'bff/node': src('bff/node.ts'),
    'bff/sqlite': src('bff/stores/sqlite.ts'),
    'bff/redis': src('bff/stores/redis.ts'),
    'bff/server': src('bff/server.ts'),
  },
  external: (id) => !id.startsWith('.') && !isAbsolute(id),
  plugins: [exportsApart(), typescript()],
  onLog,
  output: {
    dir: 'dist',
    format: 'es',
    sourcemap: true,
    sourcemapExcludeSources: true,
    hoistTransitiveImports: false,
    banner: ({ name }) => (name === 'bff/server' ? '#!/usr/bin/env node' : ''),
    chunkFileNames: (chunk) => (chunk.facadeModuleId === engine ? 'oidc.js' : 'shared/[name].js'),
  },
}

/** @param {'' | '.min'} kind @returns {import('rollup').OutputOptions} */
const globalOutput = (kind) => ({
  file: `dist/tandem.global${kind}.js`,
  format: 'iife',
  // A script cannot be split: what a module build loads when there is a session comes along at once.
  inlineDynamicImports: true,
  sourcemap: true,
  banner: notice(),
  intro: `const OIDC_FILE = 'tandem.oidc${kind}.js';`,
  plugins: kind === '' ? [] : [minify(false)],
})

/** @type {import('rollup').RollupOptions} */
const global = {
  input: src('global.ts'),
  plugins: [engineBeside(), typescript(), nodeResolve({ browser: true })],
  onLog,
  output: [globalOutput(''), globalOutput('.min')],
}

/**
 * A module whose default export takes the script tag's own `errors.ts` and returns the engine: errors thrown by
 * the engine are then instances of the classes the page knows.
 * @param {'' | '.min'} kind @returns {import('rollup').OutputOptions}
 */
const engineOutput = (kind) => ({
  file: `dist/tandem.oidc${kind}.js`,
  format: 'iife',
  name: 'engine',
  globals: { [errors]: 'errors' },
  sourcemap: true,
  banner: `${notice('oidc-client-ts', 'jwt-decode')}\nexport default (errors) => {`,
  footer: 'return engine\n}',
  plugins: kind === '' ? [] : [minify(true)],
})

/** @type {import('rollup').RollupOptions} */
const globalEngine = {
  input: engine,
  external: [errors],
  plugins: [typescript(), nodeResolve({ browser: true })],
  onLog,
  output: [engineOutput(''), engineOutput('.min')],
}

export default [modules, global, globalEngine]
