import type { ClientMetadata } from 'oidc-provider'
import { LONGEST_SESSION, TWO_WEEKS } from './durations.js'
import {
  checkSeconds,
  DEFAULT_TOKEN_LIFETIMES,
  type MosaicResource,
  type TokenLifetimes,
} from './resources.js'

/** Where a client must, may or cannot use PKCE and its secret. */
export type PkceMode =
  | 'allowPkceAlongsideClientCredentials'
  | 'enforcePkceAlongsideClientCredentials'
  | 'enforcePkceInsteadOfClientCredentials'

export type PromptValue = 'login' | 'consent' | 'none'

/** A client as Mosaic configures it (`/v1/clients`), with its application; durations in seconds. */
export interface MosaicClient {
  client_id: string
  /** None only with `enforcePkceInsteadOfClientCredentials`. */
  client_secret?: string
  /** Default: the client's identifier. Clients with the same one are one application. */
  app_id?: string
  app_name?: string
  /** Redirect URIs of logins, and of logouts too: there is no other list. https, unless local. */
  redirect_uris?: string[]
  /** Default `web`. */
  client_type?: 'web' | 'native'
  /** Default `['code']`; `[]` for a client that only has tokens of its own. */
  response_types?: 'code'[]
  /** Default `allowPkceAlongsideClientCredentials`. */
  pkce?: PkceMode
  /** URIs of the resources it may ask for. */
  resources?: string[]
  /** Default: the tenant's (`settings.supportedPrompts`). */
  supported_prompts?: PromptValue[]
  token_expiration?: Partial<TokenLifetimes>
  /** How long a session lasts that is started through this client. Default 14 days, at most 365 days. */
  session_expiration?: number
  enforce_par?: boolean
  /** Claims its ID tokens carry unasked. */
  default_custom_claims?: string[]
  /** Kept, and without effect here. */
  client_group_id?: string
  /** Kept, and without effect here: every client is treated as a first party. */
  is_third_party?: boolean
  /** Kept, and without effect here: the cookies of an interaction are `lax`. */
  short_cookies_samesite_type?: 'lax' | 'none' | 'strict'
  /** Kept, and without effect here. */
  fapi_version_compliancy?: string
  /** What its own tokens may do at the management APIs, e.g. `sessions:read`, `{app_id}:read`. */
  permissions?: string[]
  roles?: string[]
  /** Not Mosaic's: for tests of what other providers do (`settings.backchannelLogout`). */
  backchannel_logout_uri?: string
}

/** The clients of a tenant. What `get` hands out may be changed with `update` alone, which checks it. */
export interface Clients {
  /** @throws {TypeError | RangeError} naming what is wrong with it */
  add(client: MosaicClient): MosaicClient
  /** Changes some fields of a client. @throws like `add`, and where there is no such client */
  update(clientId: string, changes: Partial<MosaicClient>): MosaicClient
  get(clientId: string | undefined): Readonly<MosaicClient> | undefined
  list(): Readonly<MosaicClient>[]
}

const PKCE_MODES: readonly PkceMode[] = [
  'allowPkceAlongsideClientCredentials',
  'enforcePkceAlongsideClientCredentials',
  'enforcePkceInsteadOfClientCredentials',
]
const PROMPTS: readonly PromptValue[] = ['login', 'consent', 'none']

const isLocal = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

const checkUri = (owner: string, uri: string): void => {
  if (!URL.canParse(uri)) throw new TypeError(`${owner}: redirect URI "${uri}" is no absolute URI`)
  const url = new URL(uri)
  if (url.protocol === 'http:' && !isLocal(url))
    throw new TypeError(`${owner}: redirect URI "${uri}" must be https; http is for this machine alone`)
}

const check = (client: MosaicClient): void => {
  const owner = `client "${client.client_id}"`
  const { pkce = 'allowPkceAlongsideClientCredentials', session_expiration: seconds = TWO_WEEKS } = client
  const fail = (problem: string): never => {
    throw new TypeError(`${owner}: ${problem}`)
  }
  if (!client.client_id) fail('client_id is missing')
  if (!PKCE_MODES.includes(pkce)) fail(`pkce is "${pkce}"; it is one of ${PKCE_MODES.join(', ')}`)
  const isPublic = pkce === 'enforcePkceInsteadOfClientCredentials'
  if (!isPublic && !client.client_secret) fail('client_secret is missing')
  if (!['web', 'native'].includes(client.client_type ?? 'web')) fail('client_type is web or native')
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > LONGEST_SESSION)
    throw new RangeError(
      `${owner}: session_expiration is ${seconds}; give whole seconds from 1 to ${LONGEST_SESSION} (365 days)`,
    )
  const unknown = (client.supported_prompts ?? []).filter((prompt) => !PROMPTS.includes(prompt))
  if (unknown.length > 0)
    fail(`supported_prompts has ${unknown.join(', ')}; it may have ${PROMPTS.join(', ')}`)
  checkSeconds(owner, client.token_expiration ?? {})
  for (const uri of client.redirect_uris ?? []) checkUri(owner, uri)
}

/** What a client is to the library. */
export const metadataOf = (client: MosaicClient): ClientMetadata => {
  const isPublic = client.pkce === 'enforcePkceInsteadOfClientCredentials'
  const signsIn = (client.response_types ?? ['code']).length > 0
  return {
    client_id: client.client_id,
    client_name: client.app_name ?? client.client_id,
    ...(isPublic ? {} : { client_secret: client.client_secret ?? '' }),
    token_endpoint_auth_method: isPublic ? 'none' : 'client_secret_post',
    application_type: client.client_type ?? 'web',
    redirect_uris: client.redirect_uris ?? [],
    post_logout_redirect_uris: client.redirect_uris ?? [],
    response_types: signsIn ? ['code'] : [],
    // The refresh grant asks for a secret, so a client without one gets no refresh token.
    grant_types: [
      ...(signsIn ? ['authorization_code'] : []),
      ...(signsIn && !isPublic ? ['refresh_token'] : []),
      ...(isPublic ? [] : ['client_credentials']),
    ],
    require_pushed_authorization_requests: client.enforce_par ?? false,
    ...(client.backchannel_logout_uri === undefined
      ? {}
      : {
          backchannel_logout_uri: client.backchannel_logout_uri,
          backchannel_logout_session_required: true,
        }),
  }
}

/** The application of a client. */
export const appOf = (client: Readonly<MosaicClient>): { app_id: string; app_name: string } => ({
  app_id: client.app_id ?? client.client_id,
  app_name: client.app_name ?? client.client_id,
})

/** Lifetimes of what a client gets: the resource's where one is targeted, the client's own otherwise. */
export const tokenLifetimes = (
  client: Readonly<MosaicClient> | undefined,
  resource: Readonly<MosaicResource> | undefined,
): TokenLifetimes => {
  const { access_token_ttl, refresh_token_ttl, max_refresh_rotate } = {
    ...DEFAULT_TOKEN_LIFETIMES,
    ...(resource ?? client?.token_expiration),
  }
  return { access_token_ttl, refresh_token_ttl, max_refresh_rotate }
}

/** @param registered called with each client that is added or changed */
export const createClients = (registered: (client: MosaicClient) => void): Clients => {
  const known = new Map<string, MosaicClient>()
  const add = (client: MosaicClient): MosaicClient => {
    check(client)
    known.set(client.client_id, client)
    registered(client)
    return client
  }
  return {
    add,
    update: (clientId, changes) => {
      const client = known.get(clientId)
      if (!client) throw new TypeError(`there is no client "${clientId}"`)
      return add({ ...client, ...changes, client_id: clientId })
    },
    get: (clientId) => (clientId === undefined ? undefined : known.get(clientId)),
    list: () => [...known.values()],
  }
}
