/** What the app wishes of a login, as the parameters of an authorization request. */
import type { Criteria } from '../session/session.js'
import type { AuthorizationRequest } from './engine.js'
import { words } from './jwt.js'
import type { ClientSettings, Target } from './settings.js'
import type { Transaction } from './transactions.js'

const DEFAULT_SCOPE = 'openid profile offline_access'
/** Asked for where no `max_age` is, for then an IDP must tell when the user authenticated (`auth_time`): a year, in s. */
const ANY_AGE = '31536000'

/** What is wished of one login. */
export interface LoginWish {
  /** Same-origin path. */
  readonly returnTo: string
  readonly prompt?: string
  readonly loginHint?: string
  readonly criteria?: Criteria
  readonly uiLocales?: readonly string[]
}

/**
 * The request (OpenID Connect Core §3.1.2.1): `authorizationParams` under what the wish says. Scope and resources are
 * those of the app, of its APIs, and of the criteria together.
 */
export function requestFor(
  { redirectUri, silentRedirectUri, scope = DEFAULT_SCOPE, authorizationParams = {} }: ClientSettings,
  targets: readonly Target[],
  kind: Transaction['kind'],
  { returnTo, prompt, loginHint, criteria = {}, uiLocales }: LoginWish,
): AuthorizationRequest {
  const { resource, ...fixed } = authorizationParams
  const wished = {
    prompt,
    login_hint: loginHint,
    max_age: criteria.maxAge,
    acr_values: words(criteria.acr).join(' ') || undefined,
    ui_locales: uiLocales?.join(' '),
  }
  const params: Record<string, string> = { max_age: ANY_AGE }
  for (const [name, value] of [...Object.entries(fixed), ...Object.entries(wished)]) {
    if (value !== undefined) params[name] = [value].flat().join(' ')
  }
  return {
    kind,
    returnTo,
    redirectUri: (kind === 'frame' && silentRedirectUri) || redirectUri,
    scope: once(
      scope,
      targets.map((target) => target.scope),
      criteria.scope,
    ).join(' '),
    audience: once(
      criteria.audience,
      resource,
      targets.map((target) => target.audience),
    ),
    params,
    maxAge: wished.max_age ?? (fixed['max_age'] === undefined ? undefined : Number(fixed['max_age'])),
  }
}

/** The words in these, each once. */
const once = (...lists: readonly unknown[]): string[] => [...new Set(lists.flatMap(words))]
