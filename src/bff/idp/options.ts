/** Options of the identity provider, and of this BFF as its client. */
import type { ResolvedSessionsApi, SessionsApiOptions } from '../idp-sessions/options.js'

/** The identity provider, and this BFF as its client. */
export interface IdpOptions {
  issuer: string
  /** Where its metadata is, when not under the issuer (OpenID Connect Discovery §4). */
  discoveryUrl?: string | null
  clientId: string
  /** The client's secret. Not needed with `privateKey` and `private_key_jwt`. */
  clientSecret?: string
  /**
   * The client's private key: a JWK, or a text that is a JWK or PEM; `{ pem, kid }` names one in PEM. It authenticates the client (`private_key_jwt`,
   * RFC 7523) where there is no secret, or where that is configured, and signs request objects (RFC 9101).
   */
  privateKey?: string | PrivateKeyJwk | PrivateKeyPem
  /** Default `openid profile offline_access`. */
  scope?: string
  /** How the client authenticates, at every endpoint; default `private_key_jwt` without a secret, else by the IDP's metadata. */
  tokenEndpointAuthMethod?: ClientAuthMethod
  /** Added to every authorization request. */
  authorizationParams?: Readonly<Record<string, string | readonly string[]>>
  /** Whether logout sends the ID token as `id_token_hint`; false sends `client_id` and `logout_hint`. Default true. */
  idTokenHint?: boolean
  /**
   * The values of `prompt` that the IDP takes from this client, where it does not take all: no other is ever sent. Without `login`,
   * `max_age=0` is sent in its place; without `none`, nobody is signed in silently.
   */
  supportedPrompts?: readonly string[]
  /** Ask for one resource (RFC 8707) at a time: the session's own. Default false: a login asks for those of all upstreams. */
  singleResource?: boolean
  /**
   * Bind access tokens to a key of their session's own (RFC 9449, DPoP), at the IDP and at every upstream: who gets hold of one can do nothing with it
   * without the key. The IDP must issue such tokens to this client, and upstreams must take them. Default false: Bearer tokens.
   */
  dpop?: boolean
  /** Push authorization requests to the IDP first (RFC 9126). Default: where its metadata offers it. Where that requires it, always. */
  pushedAuthorization?: boolean
  /** Send authorization requests as signed request objects (RFC 9101), with `privateKey`. Default: where the IDP's metadata requires it. */
  signedRequestObject?: boolean
  /** How the IDP's answer comes to `/callback`, as `response_mode` says it. Default: it is not said, and comes as `query`. */
  responseMode?: ResponseMode
  /** At its end, revoke a session's access tokens as well as its refresh token (RFC 7009). Default false. */
  revokeAccessToken?: boolean
  /** The IDP's own API for its sessions (Mosaic's), for `bff.idpSessions` and at a logout. Default: there is none. */
  sessionsApi?: SessionsApiOptions
  /** Take logout tokens whose `typ` is absent or `JWT` (Back-Channel Logout 1.0 §4.1), as older providers send. Default false. */
  untypedLogoutTokens?: boolean
  /** Tolerance for times in tokens, s. Default 60. */
  clockTolerance?: number
  /** How long the IDP is waited for, s. Default 10. */
  timeout?: number
}

/** How a confidential client authenticates (OpenID Connect Core §9). */
export type ClientAuthMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'

/** A private key as a JWK (RFC 7517, RFC 7518 §6): RSA, EC, or OKP (Ed25519). */
export interface PrivateKeyJwk {
  readonly kty?: string
  /** Names the key among those the IDP knows; goes along with every signature. */
  readonly kid?: string
  /** How it signs, e.g. `PS256`. Default: by its type, and for RSA by what the IDP takes. */
  readonly alg?: string
  readonly use?: string
  readonly key_ops?: readonly string[]
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly d?: string
  readonly n?: string
  readonly e?: string
  readonly p?: string
  readonly q?: string
  readonly dp?: string
  readonly dq?: string
  readonly qi?: string
}

/** A private key in PEM (PKCS #8; PKCS #1 and SEC 1, too). */
export interface PrivateKeyPem {
  readonly pem: string
  /** Names the key among those the IDP knows. */
  readonly kid?: string
  /** How it signs, e.g. `PS256`. Default: by its type, and for RSA by what the IDP takes. */
  readonly alg?: string
}

/** `response_mode`: OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode; with `jwt`, signed by the IDP (JARM), and no other answer is taken. */
export type ResponseMode = 'query' | 'form_post' | 'jwt' | 'query.jwt' | 'form_post.jwt'

/** {@link IdpOptions}, checked and complete. Durations are seconds. */
export interface ResolvedIdpOptions {
  readonly issuer: string
  /** `null`: under the issuer. */
  readonly discoveryUrl: string | null
  readonly clientId: string
  /** `null`: the key is enough. */
  readonly clientSecret: string | null
  readonly privateKey: PrivateKeyJwk | null
  readonly scope: string
  /** `null`: by what there is, and the IDP's metadata. */
  readonly tokenEndpointAuthMethod: ClientAuthMethod | null
  readonly authorizationParams: Readonly<Record<string, string | readonly string[]>>
  readonly idTokenHint: boolean
  /** `null`: it takes all. */
  readonly supportedPrompts: readonly string[] | null
  readonly singleResource: boolean
  readonly dpop: boolean
  /** `null`: by the IDP's metadata. */
  readonly pushedAuthorization: boolean | null
  /** `null`: by the IDP's metadata. */
  readonly signedRequestObject: boolean | null
  /** `null`: it is not said. */
  readonly responseMode: ResponseMode | null
  readonly revokeAccessToken: boolean
  readonly sessionsApi: ResolvedSessionsApi
  readonly untypedLogoutTokens: boolean
  readonly clockTolerance: number
  readonly timeout: number
}
