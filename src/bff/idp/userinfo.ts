/** Claims about the user that are not in the ID token (OpenID Connect Core §5.3, §5.4). */
import * as oidc from 'openid-client'
import { CallbackError } from '../../errors.js'
import { atMost } from '../edges.js'
import type { Edges } from '../edges.js'
import { errorEntry } from '../log.js'
import type { Log } from '../log.js'
import { dpopOptions } from './dpop.js'
import type { Provider } from './metadata.js'
import type { Tokens } from './tokens.js'

/** Claims, as the IDP told them. */
export type ProfileClaims = Readonly<Record<string, unknown>>

/** What scopes ask for (Core §5.4): claims, as words of a text. */
const claimsOf = {
  profile:
    'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at',
  email: 'email email_verified',
  address: 'address',
  phone: 'phone_number phone_number_verified',
}
/** How long a login waits for what it can do without, ms. */
const PATIENCE = 2000

/**
 * Asks the UserInfo endpoint for the claims that `scope` asks for, where the ID token has none of those that one of its words stands for: so a
 * provider answers that keeps to Core §5.4, whatever else its ID tokens tell. `null` where there is nothing to ask, or no answer: a login does without.
 * Rejects with a `CallbackError` where the answer is about another user (§5.3.2).
 */
export async function profileClaims(
  provider: Provider,
  { access, claims }: Tokens,
  asked: { readonly scope: readonly string[]; readonly resource: string | undefined },
  edges: Pick<Edges, 'timer'>,
  log: Log,
): Promise<ProfileClaims | null> {
  const { client, metadata } = provider
  const granted = asked.scope.filter((one) => access.scope.includes(one))
  // A token for an API is none for this endpoint.
  const possible = metadata.userinfo_endpoint !== undefined && asked.resource === undefined
  if (!possible || claims === null || tellsAll(claims, granted)) return null
  let answer: oidc.UserInfoResponse | undefined
  try {
    const proven = await dpopOptions(provider, access.dpopKey)
    const asking = oidc.fetchUserInfo(client, access.value, oidc.skipSubjectCheck, proven)
    answer = await atMost(edges, asking, PATIENCE)
  } catch (error) {
    log.warn({ event: 'userinfo_failed', ...errorEntry(error) }, 'No claims came from the UserInfo endpoint.')
  }
  if (answer === undefined) return null
  if (answer.sub !== claims.sub)
    throw new CallbackError('id_token_invalid', 'The UserInfo endpoint answered about another user.')
  return answer
}

/** Whether claims have something of what each word of a scope asks for. */
const tellsAll = (claims: object, scope: readonly string[]): boolean =>
  Object.entries(claimsOf).every(
    ([word, names]) => !scope.includes(word) || names.split(' ').some((name) => name in claims),
  )
