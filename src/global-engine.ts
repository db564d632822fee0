/**
 * How the script-tag build loads the protocol engine: a script cannot be split, so the build puts the engine into a
 * module file beside it, and the build's `import('../oidc/engine.js')` becomes `loadEngine()`. A page that is signed
 * out, or on the BFF, never downloads it.
 *
 * A native `import()` it is because it needs nothing but `script-src 'self'`, and inherits the nonce of the script.
 */
import * as errors from './errors.js'

/** The module beside the script: `tandem.oidc.js` or its minified twin. Written by the build. */
declare const OIDC_FILE: string

type Engine = typeof import('./oidc/engine.js')

/** The engine takes the errors of the script, so that `instanceof` holds on both sides. */
interface EngineFile {
  default(shared: typeof errors): Engine
}

const script = typeof document === 'undefined' ? undefined : document.currentScript
const address = engineAddress(script, OIDC_FILE)
let loading: Promise<Engine> | undefined

/**
 * Where the engine is: what the script tag's `data-oidc` says, or else beside the script. A script that does not know
 * its own address (inlined, or loaded as a module) leaves it to `import()`, which takes the running script's base URL.
 */
function engineAddress(tag: HTMLOrSVGScriptElement | null | undefined, file: string): string {
  if (!tag || !('src' in tag)) return `./${file}`
  const named = tag.dataset['oidc']
  if (named !== undefined) return new URL(named, tag.baseURI).href
  return tag.src === '' ? `./${file}` : new URL(file, tag.src).href
}

/** The engine, downloaded at the first call. Rejects where the file cannot be loaded; the next call tries again. */
export function loadEngine(): Promise<Engine> {
  loading ??= import(/* @vite-ignore */ /* webpackIgnore: true */ address).then(
    (file: EngineFile) => file.default(errors),
    (cause: unknown) => {
      loading = undefined
      throw cause
    },
  )
  return loading
}
