import type { Refusal } from './refusals.js'

/** What may be wrong with an ID token. Several at once are possible. */
export type IdTokenFlaw =
  | 'wrong_iss'
  | 'wrong_aud'
  /** Another audience beside the client, without `azp`. */
  | 'many_aud'
  | 'wrong_azp'
  | 'expired'
  | 'no_exp'
  | 'future_iat'
  | 'no_iat'
  | 'wrong_nonce'
  | 'no_nonce'
  | 'wrong_at_hash'
  | 'no_sub'
  /** One byte of the signature is another. */
  | 'bad_signature'
  /** Unsigned. */
  | 'alg_none'
  /** Signed with the client's secret or, without one, with the public key as a secret. */
  | 'alg_hs256'
  /** A key that is not in the JWKS. */
  | 'unknown_key'
  /** Not a JWT at all. */
  | 'garbage'

export type ProviderEndpoint =
  'discovery' | 'jwks' | 'authorization' | 'token' | 'userinfo' | 'revocation' | 'end_session'

/** Every trait of the provider. The defaults behave; change one to see it misbehave. */
export interface Traits {
  /** Claims of the user who signs in, `sub` among them. */
  user: { sub: string } & Record<string, unknown>
  /** Bytes of an additional claim `padding` in the ID token: 20_000 makes a token no cookie can hold. */
  claimsSize: number
  /** `false`: `prompt=none` is answered with `login_required`. */
  signedIn: boolean
  /** Laid over the metadata; `undefined` takes a field away. */
  metadata: Record<string, unknown>
  /** `sid` of the ID token; null leaves it out. */
  sid: string | null
  acr: string | null
  amr: string[] | null
  /** Seconds since epoch; null leaves `auth_time` out. */
  authTime: number | null
  idTokenFlaws: IdTokenFlaw[]
  /** Which ID tokens have the flaws. */
  flawsIn: 'code' | 'refresh' | 'both'
  /** `iss` of the callback (RFC 9207). */
  callbackIss: 'right' | 'wrong' | 'missing'
  callbackState: 'right' | 'wrong' | 'missing'
  /** The authorization endpoint answers with this error. */
  authorizationError: string | null
  /** The only way in which a client may authenticate at the token endpoint; any is allowed by null. */
  onlyClientAuth: 'basic' | 'post' | 'none' | null
  /** Secret of confidential clients; null believes everybody. */
  clientSecret: string | null
  accessToken: 'jwt' | 'opaque'
  /** `aud` of JWT access tokens. */
  audience: string
  tokenType: string
  /** `scope` as it is told, be it less than was asked for; undefined leaves it out. `null`: what was asked for. */
  scope: string | null | undefined
  /** Seconds an access token really lives. */
  accessTokenLifetime: number
  /** `expires_in` as it is told; undefined leaves it out. */
  expiresIn: number | string | null | undefined
  /** The code's answer has a refresh token. */
  issuesRefreshToken: boolean
  /** A refresh makes a new refresh token, and the old one is worth nothing. */
  rotates: boolean
  /** A refresh's answer has a refresh token. */
  refreshAnswersRefreshToken: boolean
  /** A refresh's answer has an ID token. */
  refreshAnswersIdToken: boolean
  /** `sub` of a refresh's ID token, when it is another. */
  refreshSub: string | null
  /** The refusal of every refresh. */
  refuseRefresh: Refusal | null
  /** The refusal of every code. */
  refuseCode: Refusal | null
  /** Endpoints that never answer. */
  hangs: ProviderEndpoint[]
  /** The token endpoint does what it is asked for, and answers once this is settled: never, where it never is. */
  tokensWait: Promise<void> | null
  /** Answer of an endpoint instead of its own, e.g. a discovery that is HTML. */
  answers: Partial<Record<ProviderEndpoint, Refusal>>
  /** CORS headers for any origin. */
  cors: boolean
}

/** A provider that does everything right. */
export const WELL_BEHAVED: Traits = {
  user: { sub: 'alice', name: 'Alice Andersson', email: 'alice@example.com' },
  claimsSize: 0,
  signedIn: true,
  metadata: {},
  sid: 'sid-1',
  acr: null,
  amr: null,
  authTime: null,
  idTokenFlaws: [],
  flawsIn: 'both',
  callbackIss: 'right',
  callbackState: 'right',
  authorizationError: null,
  onlyClientAuth: null,
  clientSecret: null,
  accessToken: 'jwt',
  audience: 'urn:tandem:demo-api',
  tokenType: 'Bearer',
  scope: null,
  accessTokenLifetime: 300,
  expiresIn: 300,
  issuesRefreshToken: true,
  rotates: true,
  refreshAnswersRefreshToken: true,
  refreshAnswersIdToken: true,
  refreshSub: null,
  refuseRefresh: null,
  refuseCode: null,
  hangs: [],
  tokensWait: null,
  answers: {},
  cors: true,
}
