/** Bundles a small app by each bundler, as its documentation says, with nothing configured beyond entry and output. */
import { join } from 'node:path'
import nodeResolve from '@rollup/plugin-node-resolve'
import { build as esbuild } from 'esbuild'
import { rollup } from 'rollup'
import type { OutputAsset, OutputChunk } from 'rollup'
import { build as vite } from 'vite'
import webpack from 'webpack'

/** What came out: the module to load, the modules in what loads with it, and in what it may load on demand. */
export interface Bundle {
  readonly entry: string
  readonly eager: readonly string[]
  readonly lazy: readonly string[]
}

/** A file of the output, the modules in it, and the files it imports, statically and on demand. */
interface Output {
  readonly moduleIds: readonly string[]
  readonly imports: readonly string[]
  readonly dynamicImports: readonly string[]
  readonly isEntry: boolean
}

/** `app` is the outside project's folder, `source` a file in it, `out` where to write. */
export type Bundler = (app: string, source: string, out: string) => Promise<Bundle>

export const bundlers: Readonly<Record<string, Bundler>> = {
  async vite(app, source, out) {
    const made = await vite({
      root: app,
      configFile: false,
      logLevel: 'silent',
      build: { outDir: out, lib: { entry: source, formats: ['es'] }, rollupOptions: { external: [] } },
    })
    const chunks = [made].flat().flatMap((each) => ('output' in each ? each.output : []))
    return sorted(out, chunkOutputs(chunks))
  },

  async rollup(app, source, out) {
    const made = await rollup({
      input: source,
      // React is CommonJS, which rollup leaves to plugins.
      external: ['react', 'react/jsx-runtime', 'react-dom/server'],
      plugins: [nodeResolve({ browser: true, rootDir: app })],
    })
    const { output } = await made.write({ dir: out, format: 'es' })
    await made.close()
    return sorted(out, chunkOutputs(output))
  },

  async esbuild(app, source, out) {
    const { metafile } = await esbuild({
      absWorkingDir: app,
      entryPoints: [source],
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      metafile: true,
    })
    const outputs = new Map<string, Output>()
    for (const [path, { entryPoint, inputs, imports }] of Object.entries(metafile.outputs)) {
      const imported = (kind: string): string[] =>
        imports.filter((each) => each.kind === kind).map((each) => join(app, each.path))
      outputs.set(join(app, path), {
        moduleIds: Object.keys(inputs),
        imports: imported('import-statement'),
        dynamicImports: imported('dynamic-import'),
        isEntry: entryPoint !== undefined && join(app, entryPoint) === source,
      })
    }
    return sorted('', outputs)
  },

  async webpack(app, source, out) {
    const compiler = webpack({
      context: app,
      mode: 'production',
      entry: source,
      experiments: { outputModule: true },
      output: { path: out, filename: 'entry.mjs', module: true, library: { type: 'module' } },
    })
    const stats = await new Promise<webpack.Stats>((resolve, reject) =>
      compiler?.run((error, done) => (done === undefined ? reject(error) : resolve(done))),
    )
    const { chunks = [], errors = [], warnings = [] } = stats.toJson({ ...everyModule, chunks: true })
    const complaints = [...errors, ...warnings].filter(({ message }) => !message.includes('size limit'))
    if (complaints.length > 0) throw new Error(complaints.map(({ message }) => message).join('\n'))
    const files = (wanted: (chunk: webpack.StatsChunk) => boolean): string[] =>
      chunks.filter(wanted).flatMap((chunk) => chunk.files ?? [])
    const outputs = new Map<string, Output>()
    for (const chunk of chunks)
      for (const file of chunk.files ?? [])
        outputs.set(file, {
          moduleIds: (chunk.modules ?? []).flatMap(modulesIn),
          imports: files(({ initial }) => initial),
          // webpack writes no file that nothing leads to.
          dynamicImports: files(({ initial }) => !initial),
          isEntry: file === 'entry.mjs',
        })
    return sorted(out, outputs)
  },
}

/** So that webpack's answer names every module, those it has put together too. */
const everyModule = {
  chunkModules: true,
  chunkModulesSpace: Infinity,
  nestedModules: true,
  nestedModulesSpace: Infinity,
}

const modulesIn = ({ name, modules = [] }: webpack.StatsModule): string[] =>
  modules.length === 0 ? [name ?? ''] : modules.flatMap(modulesIn)

type Chunk = Output & Pick<OutputChunk, 'type' | 'fileName'>

const chunkOutputs = (output: readonly (Chunk | Pick<OutputAsset, 'type'>)[]): Map<string, Output> =>
  new Map(output.flatMap((each) => (each.type === 'chunk' ? [[each.fileName, each]] : [])))

/** Follows the imports from the entry. */
function sorted(folder: string, outputs: ReadonlyMap<string, Output>): Bundle {
  const [entry = ''] = [...outputs].find(([, { isEntry }]) => isEntry) ?? []
  const eager = new Set([entry])
  for (const name of eager) outputs.get(name)?.imports.forEach((each) => eager.add(each))
  const reached = new Set(eager)
  for (const name of reached) {
    const { imports = [], dynamicImports = [] } = outputs.get(name) ?? {}
    for (const each of [...imports, ...dynamicImports]) reached.add(each)
  }
  const modules = (names: Iterable<string>): string[] =>
    [...names].flatMap((name) => outputs.get(name)?.moduleIds ?? [])
  return {
    entry: join(folder, entry),
    eager: modules(eager),
    lazy: modules([...reached].filter((name) => !eager.has(name))),
  }
}
