/** What `static` can be told: of a folder of files that is served beside the doors. */
import type { Directive } from './directives.js'
import type { SecurityHeader } from './headers.js'

/**
 * Directives of a Content Security Policy (CSP Level 3) that replace the default ones, each by its name: source expressions, in one text or as a
 * list; `true` for a directive that has no value; `false` leaves it out.
 */
export type PolicyOptions = Readonly<Partial<Record<Directive, string | readonly string[] | boolean>>>

/** A folder of files, and how it is served. */
export interface StaticOptions {
  /** Its path. Unknown paths that accept HTML get its `index.html`. */
  folder: string
  /**
   * A text that stands in the HTML files wherever a nonce is due, e.g. `__CSP_NONCE__` (Vite: `html.cspNonce`). Each answer gets a fresh one in its
   * place, and in its policy (CSP Level 3 §8.1). Default: none.
   */
  nonce?: string
  /** Changes to the Content Security Policy; `false`: none at all. */
  contentSecurityPolicy?: PolicyOptions | false
  /** `true`: browsers report what goes against the policy, and let it pass. Default false. */
  reportOnly?: boolean
  /** Other security headers, by their names; `false` leaves one out. */
  headers?: Readonly<Partial<Record<SecurityHeader, string | false>>>
  /** Paths below which every file is named after its content and never changes, e.g. `["/assets/"]`. Names that tell it themselves need none. */
  immutable?: readonly string[]
  /** Whether source maps (`*.map`) are served. Default false. */
  sourceMaps?: boolean
}

/** The BFF beside the files. */
export interface Site {
  /** The app's own origin. */
  readonly origin: string
  readonly basePath: string
  /** Origins of the IDP, as far as the options tell. */
  readonly idp: readonly string[]
  /** Whether pages are given access tokens, to call APIs with that are elsewhere. Default false. */
  readonly mediatesTokens?: boolean
}
