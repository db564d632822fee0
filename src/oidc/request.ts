/** What the app wishes of a login, as the parameters of an authorization request. */
import { ConfigurationError } from '../errors.js'
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
  settings: ClientSettings,
  targets: readonly Target[],
  kind: Transaction['kind'],
  { returnTo, prompt, loginHint, criteria = {}, uiLocales }: LoginWish,
): AuthorizationRequest {
  const { redirectUri, silentRedirectUri, scope = DEFAULT_SCOPE, authorizationParams = {} } = settings
  const { resource, prompt: always, ...fixed } = authorizationParams
  const [prompts, maxAge] = promptsFor(settings, prompt, always)
  const wished = {
    prompt: prompts.join(' ') || undefined,
    login_hint: loginHint,
    max_age: maxAge ?? criteria.maxAge,
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
    ).slice(0, settings.singleResource ? 1 : undefined),
    params,
    maxAge: wished.max_age ?? (fixed['max_age'] === undefined ? undefined : Number(fixed['max_age'])),
  }
}

/**
 * What is asked for by `prompt`, and the `max_age` that says the same where the IDP takes no `login`. What is configured (a `consent`
 * that brings the refresh token) is asked for beside what is wished; `none` stands alone.
 * @throws ConfigurationError for a wish that the IDP does not take
 */
function promptsFor(
  { supportedPrompts }: ClientSettings,
  wish: string | undefined,
  always: string | readonly string[] | undefined,
): [prompts: string[], maxAge?: 0] {
  const all = wish === 'none' ? [wish] : once(wish, always)
  const refused = all.filter((one) => supportedPrompts?.includes(one) === false)
  const other = refused.find((one) => one !== 'login')
  if (other !== undefined)
    throw new ConfigurationError('prompt', `"${other}" is not one of supportedPrompts, so it is never sent.`)
  return refused.length > 0 ? [all.filter((one) => one !== 'login'), 0] : [all]
}

/** The words in these, each once. */
const once = (...lists: readonly unknown[]): string[] => [...new Set(lists.flatMap(words))]
