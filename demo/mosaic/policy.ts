import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { ACR_REASON } from '../idp/acr.js'
import { appOf } from './clients.js'
import type { MosaicSession } from './sessions.js'
import { consentKey, type Tenant } from './tenant.js'

const CENTRALIZED = 'urn:transmit:centralized'

/** Ways to authenticate that `acr_values` may name beside `mfa`, and the `amr` of each. */
const METHODS: Readonly<Record<string, string>> = {
  phone_number: 'sms',
  'urn:transmit:google_direct': 'social',
  'urn:transmit:apple_direct': 'social',
  'urn:transmit:facebook_direct': 'social',
  'urn:transmit:line_direct': 'social',
}

/** The vocabulary of `acr_values`. */
export const ACR_VALUES: readonly string[] = ['mfa', ...Object.keys(METHODS), CENTRALIZED]

/** `acr_values` of a request, each once. */
export const requestedAcr = (acrValues: unknown): string[] =>
  typeof acrValues === 'string' ? [...new Set(acrValues.split(' ').filter(Boolean))] : []

const satisfies = ({ amr, methods }: Pick<MosaicSession, 'amr' | 'methods'>, value: string): boolean =>
  value === 'mfa' ? amr.includes('mfa') : value === CENTRALIZED || methods.has(value)

/** `acr` of an ID token: the requested values that the session satisfies; none, no claim. */
export const satisfiedAcr = (session: MosaicSession, acrValues: unknown): string | undefined =>
  requestedAcr(acrValues)
    .filter((value) => satisfies(session, value))
    .join(' ') || undefined

/**
 * How a user has authenticated who came back from the hosted pages with `amr`, where `acrValues` were asked for: who is sent there
 * for one of the direct methods uses it. A step-up adds to what the browser's session has.
 */
export const authenticationOf = (
  amr: readonly string[],
  acrValues: unknown,
  before: MosaicSession | undefined,
): Pick<MosaicSession, 'amr' | 'methods'> => {
  const direct = requestedAcr(acrValues).filter((value) => value in METHODS)
  const used = direct.length > 0 ? direct.map((value) => METHODS[value] ?? value) : ['pwd']
  const factors = amr.filter((method) => method !== 'pwd')
  return {
    methods: new Set([...(before?.methods ?? []), ...direct]),
    amr: [...new Set([...(before?.amr ?? []), ...used, ...factors])],
  }
}

/**
 * Mosaic's rules for prompts: the base policy without pages of consent and account choice, a session too weak for `acr_values`
 * asked for more (`mfa_required` where that must be silent), and `prompt=none` refused in an application new to the user.
 */
export const tenantPolicy = (tenant: Tenant): interactionPolicy.DefaultPolicy => {
  const { Check } = interactionPolicy
  const lacks = ({ oidc }: KoaContextWithOIDC, wanted: (value: string) => boolean): boolean => {
    const session = tenant.sessions.ofBrowser(oidc.session?.uid ?? '')
    if (oidc.result?.login || session === undefined) return Check.NO_NEED_TO_PROMPT
    return requestedAcr(oidc.params?.acr_values)
      .filter(wanted)
      .some((value) => !satisfies(session, value))
  }
  const isNewToApp = ({ oidc }: KoaContextWithOIDC): boolean => {
    const client = tenant.clients.get(oidc.client?.clientId)
    if (!oidc.prompts.has('none') || client === undefined) return Check.NO_NEED_TO_PROMPT
    return !tenant.consents.has(consentKey(oidc.session?.accountId, appOf(client).app_id))
  }

  const policy = interactionPolicy.base()
  const login = policy.get('login')
  login?.checks.add(
    new Check('acr_method', 'the session was not authenticated as acr_values ask', 'login_required', (ctx) =>
      lacks(ctx, (value) => value !== 'mfa'),
    ),
  )
  login?.checks.add(
    new Check(
      ACR_REASON,
      'a second factor is required; allowed are email, sms, email-otp',
      'mfa_required',
      (ctx) => lacks(ctx, (value) => value === 'mfa'),
    ),
  )
  const consent = policy.get('consent')
  for (const reason of ['native_client_prompt', 'consent_prompt']) consent?.checks.remove(reason)
  consent?.checks.add(
    new Check(
      'new_application',
      'the user has not logged in to this application before; use prompt=consent',
      'consent_required',
      isNewToApp,
    ),
  )
  return policy
}
