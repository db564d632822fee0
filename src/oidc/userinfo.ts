/** Claims about the user that are not in the ID token (OpenID Connect Core §5.3, §5.4). */
import { CallbackError } from '../errors.js'
import type { Http } from './http.js'
import type { Members } from './jwt.js'
import { isSecureUrl } from './metadata.js'
import type { Tokens } from './tokens.js'

/** What the words of a scope ask for (Core §5.4). */
const claimsOf: readonly (readonly [word: string, claims: RegExp])[] = [
  ['profile', /name$|^(?:profile|picture|website|gender|birthdate|zoneinfo|locale|updated_at)$/],
  ['email', /^email/],
  ['address', /^address$/],
  ['phone', /^phone_/],
]

/** How long a login waits for what it can do without, ms. */
const PATIENCE = 2_000

/**
 * The tokens with what the UserInfo endpoint tells, where the ID token has none of the claims that one of the granted scopes asks for. As they
 * were where there is nothing to ask, or no answer.
 * @throws CallbackError where the answer is about another user (§5.3.2)
 */
export async function withProfile(tokens: Tokens, endpoint: unknown, http: Http): Promise<Tokens> {
  const { accessToken, claims, scope } = tokens
  const told = Object.keys(claims)
  const tellsAll = claimsOf.every(
    ([word, asked]) => !scope.includes(word) || told.some((name) => asked.test(name)),
  )
  if (tellsAll || !isSecureUrl(endpoint)) return tokens
  const headers = { Accept: 'application/json', Authorization: `Bearer ${accessToken}` }
  const answer = await http(endpoint, PATIENCE, undefined, {
    headers,
    redirect: 'error',
    cache: 'no-store',
  }).catch(() => undefined)
  const profile: Members | undefined = answer?.status === 200 ? answer.json : undefined
  // It always says whose claims they are; what does not is no answer of that endpoint.
  const sub = profile?.['sub']
  if (profile === undefined || typeof sub !== 'string') return tokens
  if (sub !== claims.sub)
    throw new CallbackError('id_token_invalid', 'The UserInfo endpoint told of another user.')
  return { ...tokens, profile }
}
