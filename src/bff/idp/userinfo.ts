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

/** Scopes that ask for claims about the user (Core §5.4). */
const profileScopes = ['profile', 'email', 'address', 'phone']
/** How long a login waits for what it can do without, ms. */
const PATIENCE = 2000

/**
 * Asks the UserInfo endpoint for the claims that `scope` asks for, where the ID token tells nothing but who the user is: so a
 * provider answers that keeps to Core §5.4. `null` where there is nothing to ask, or no answer: a login does without. Rejects
 * with a `CallbackError` where the answer is about another user (§5.3.2).
 */
export async function profileClaims(
  provider: Provider,
  { access, claims }: Tokens,
  asked: { readonly scope: readonly string[]; readonly resource: string | undefined },
  edges: Pick<Edges, 'timer'>,
  log: Log,
): Promise<ProfileClaims | null> {
  const { client, metadata } = provider
  const wanted = profileScopes.some((scope) => asked.scope.includes(scope))
  // A token for an API is none for this endpoint.
  const possible = metadata.userinfo_endpoint !== undefined && asked.resource === undefined
  if (!wanted || !possible || claims === null || tellsOfUser(claims)) return null
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

// Claims every ID token may have (Core §2, Back-Channel Logout 1.0 §2.1, Session Management 1.0 §2).
const usual = new Set(
  'iss sub aud exp iat nbf jti nonce auth_time acr amr azp sid at_hash c_hash s_hash typ session_state session_expiry'.split(
    ' ',
  ),
)

const tellsOfUser = (claims: object): boolean => Object.keys(claims).some((name) => !usual.has(name))
