/** Options of the session client. */
import type { Platform } from '../browser/platform.js'
import { ConfigurationError } from '../errors.js'
import { defaultIdpEndPolicy } from '../session/session.js'
import type { Criteria, IdpEndPolicy } from '../session/session.js'
import type { OAuthClient, Resource } from './oauth-client.js'

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

/** Checks the options. @throws ConfigurationError naming the option and the fix */
export function checkOptions(options: SessionClientOptions, platform: Platform | null): IdpEndPolicy {
  const { oauth, resources, navigate, whenIdpSessionEnds } = options ?? {}
  if (typeof oauth?.open !== 'function') {
    throw new ConfigurationError(
      'oauth',
      "is missing. Give bffClient({ basePath: '/bff' }) or browserClient({ … }).",
    )
  }
  if (resources !== undefined && !Array.isArray(resources)) {
    throw new ConfigurationError('resources', 'must be a list of { url, … }.')
  }
  if (navigate !== undefined && typeof navigate !== 'function') {
    throw new ConfigurationError('navigate', 'must be a function that takes a URL.')
  }
  const policy = { ...defaultIdpEndPolicy, ...whenIdpSessionEnds }
  for (const [name, value] of Object.entries(policy)) {
    if (!(name in defaultIdpEndPolicy) || (value !== 'end' && value !== 'rely')) {
      throw new ConfigurationError(
        `whenIdpSessionEnds.${name}`,
        "takes { logout, expired }, each 'end' or 'rely'.",
      )
    }
  }
  oauth.check(resources ?? [], platform?.address().origin ?? 'http://localhost')
  return policy
}
