/** Options of the session client. */
import { check, checkRest } from './check.js'
import { defaultIdpEndPolicy } from '../session/session.js'
import type { Criteria, IdpEndPolicy } from '../session/session.js'
import type { OAuthClient, Resource } from './oauth-client.js'
import { resolveResources } from './resources.js'
import type { ResolvedResource } from './resources.js'

export interface SessionClientOptions<A extends OAuthClient = OAuthClient> {
  /** How tokens are held: `bffClient(…)` or `browserClient(…)`. */
  oauth: A
  /** The APIs `client.fetch` attaches credentials to; everything else is fetched as it is. */
  resources?: readonly Resource[]
  /** Shows another address of the app after a login, e.g. the router's `replace`. Default: `history.replaceState`. */
  navigate?: (url: string) => void
  /** What to do when the IDP session is over, for `browserClient`; the BFF has its own setting. */
  whenIdpSessionEnds?: Partial<IdpEndPolicy>
}

export interface LoginOptions {
  /** Where to come back to, an address of this origin. Default: the current one. */
  returnTo?: string
  /** `prompt` of OpenID Connect Core §3.1.2.1, e.g. `login` or `create`. */
  prompt?: string
  loginHint?: string
  /** What the session must meet afterwards. */
  criteria?: Criteria
  uiLocales?: string[]
}

export interface LogoutOptions {
  /** Where to land, an address of this origin; at the IDP it becomes `post_logout_redirect_uri`. Default `/`. */
  returnTo?: string
  /** `app`: only the app session; `idp` (default): the IDP session too. */
  scope?: 'app' | 'idp'
}

/** Options, checked and completed. */
export interface CheckedOptions {
  readonly idpEnd: IdpEndPolicy
  readonly resources: readonly ResolvedResource[]
}

/**
 * Checks the options.
 * @param origin the app's, or null where there is no page to know it from
 * @throws ConfigurationError naming the option and the fix
 */
export function checkOptions(options: SessionClientOptions, origin: string | null): CheckedOptions {
  const { oauth, resources = [], navigate, whenIdpSessionEnds = {}, ...rest } = options ?? {}
  checkRest(rest)
  check(typeof oauth?.open === 'function', 'oauth', 'must be a bffClient or a browserClient.')
  check(Array.isArray(resources), 'resources', 'must be a list of { url }.')
  check(navigate === undefined || typeof navigate === 'function', 'navigate', 'must be a function of a URL.')
  const isObject = Object(whenIdpSessionEnds) === whenIdpSessionEnds
  check(isObject, 'whenIdpSessionEnds', "must be an object like { expired: 'end' }.")
  const idpEnd = { ...defaultIdpEndPolicy, ...whenIdpSessionEnds }
  for (const [name, value] of Object.entries(idpEnd)) {
    const isPolicy = name in defaultIdpEndPolicy && (value === 'end' || value === 'rely')
    check(isPolicy, `whenIdpSessionEnds.${name}`, "must be logout or expired: 'end' or 'rely'.")
  }
  const resolved = resolveResources(resources, origin ?? 'http://localhost')
  if (origin !== null) oauth.check(resources, origin)
  return { idpEnd, resources: resolved }
}
