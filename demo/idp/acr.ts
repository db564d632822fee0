import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'

/** How a user can authenticate here, weakest first: the class reference (`acr`) and its methods (RFC 8176). */
export const AUTHENTICATION_CLASSES: readonly { acr: string; amr: readonly string[]; label: string }[] = [
  { acr: 'pwd', amr: ['pwd'], label: 'Password' },
  { acr: 'mfa', amr: ['pwd', 'mfa'], label: 'One-time code' },
  { acr: 'phr', amr: ['pwd', 'mfa', 'hwk'], label: 'Security key' },
]

const strength = (acr: string | undefined): number =>
  AUTHENTICATION_CLASSES.findIndex((known) => known.acr === acr)

/** `acr_values` of a request → the classes this provider knows, in the order asked for. */
export const requestedClasses = (acrValues: unknown): string[] =>
  typeof acrValues === 'string' ? acrValues.split(' ').filter((acr) => strength(acr) >= 0) : []

/** Whether an authentication of class `acr` answers a request for `acrValues`: any of them, or stronger. */
export const satisfies = (acr: string | undefined, acrValues: unknown): boolean => {
  const wanted = requestedClasses(acrValues).map(strength)
  return wanted.length === 0 || strength(acr) >= Math.min(...wanted)
}

/** Methods (`amr`) of a class. */
export const methodsOf = (acr: string): string[] => [
  ...(AUTHENTICATION_CLASSES.find((known) => known.acr === acr)?.amr ?? ['pwd']),
]

/** Reason under which the library reports that a session is too weak for the request's `acr_values`. */
export const ACR_REASON = 'acr_values'

const sessionTooWeak = ({ oidc }: KoaContextWithOIDC): boolean => {
  // Whoever has just been asked is not asked again: acr_values is a wish (OpenID Connect Core §3.1.2.1).
  if (oidc.result?.login) return interactionPolicy.Check.NO_NEED_TO_PROMPT
  if (!oidc.session?.accountId || satisfies(oidc.session.acr, oidc.params?.acr_values))
    return interactionPolicy.Check.NO_NEED_TO_PROMPT
  return interactionPolicy.Check.REQUEST_PROMPT
}

/** `max_age=0` always asks (OpenID Connect Core §3.1.2.1); the library lets the running second pass. */
const noAgeAllowed = ({ oidc }: KoaContextWithOIDC): boolean =>
  oidc.params?.max_age !== undefined && Number(oidc.params.max_age) === 0 && !oidc.result?.login

/**
 * The library's policy, and: a session too weak for `acr_values` prompts again, `prompt=select_account` is
 * known, and `prompt=consent` is accepted without a page (the clients here are first parties).
 */
export const firstPartyPolicy = (): interactionPolicy.Prompt[] => {
  const { Check, Prompt, base } = interactionPolicy
  const policy = base()
  policy
    .get('login')
    ?.checks.add(new Check('max_age_0', 'the user must authenticate now', 'login_required', noAgeAllowed))
  policy
    .get('login')
    ?.checks.add(
      new Check(
        ACR_REASON,
        'the session does not meet the requested acr_values',
        'login_required',
        sessionTooWeak,
      ),
    )
  policy.get('consent')?.checks.remove('consent_prompt')
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0)
  return policy
}
