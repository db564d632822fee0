import { createHash, randomBytes } from 'node:crypto'
import {
  MOSAIC_CLIENT_SECRET,
  startMosaic,
  WEB_CLIENT_ID,
  type Mosaic,
  type MosaicOptions,
} from '../../demo/mosaic/index.js'
import { createKeys, type IdpKeys } from '../../demo/idp/index.js'
import { APP_ORIGIN } from './idp.js'
import { createUserAgent, type Handler, type UserAgent } from './user-agent.js'

export * from '../../demo/mosaic/index.js'
export { APP_ORIGIN }

let keys: Promise<IdpKeys> | null = null

/** An API host over TLS, which only `mosaicHandler` and `mosaicFetch` reach. */
export const SECURE_ORIGIN = 'https://api.mosaic.test'

/** What answers for `SECURE_ORIGIN` in a user agent: `agent.handle(SECURE_ORIGIN, mosaicHandler(mosaic))`. */
export const mosaicHandler =
  (mosaic: Mosaic): Handler =>
  (request) => {
    const { pathname, search } = new URL(request.url)
    return fetch(new Request(new URL(pathname + search, mosaic.local), request), { redirect: 'manual' })
  }

/** `fetch` for a BFF or a client of an emulator at `SECURE_ORIGIN`: everything else goes over the network. */
export const mosaicFetch =
  (mosaic: Mosaic): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    return new URL(request.url).origin === mosaic.baseUrl ? mosaicHandler(mosaic)(request) : fetch(request)
  }

/** The emulator for a test: on a free port, with keys made once per test file. `await mosaic.close()` when done. */
export const startTestMosaic = async (options: MosaicOptions = {}): Promise<Mosaic> => {
  keys ??= createKeys()
  return startMosaic({ appOrigins: [APP_ORIGIN], keys: await keys, ...options })
}

/** Tokens as the token endpoint answers, or what it says instead. */
export interface MosaicTokens {
  access_token?: string
  id_token?: string
  refresh_token?: string
  token_type?: string
  expires_in?: number
  scope?: string
  error?: string
  error_description?: string
}

/** An answer of whatever endpoint. */
export interface MosaicAnswer<Body = Record<string, unknown>> {
  status: number
  headers: Headers
  body: Body
}

/** A client of the tenant, as plain as the documents' own examples: secret in the form, no library. */
export interface MosaicClientDriver {
  readonly clientId: string
  readonly redirectUri: string
  /** Address of an authorization request with PKCE, `state` and `nonce`. Default scope `openid`. */
  authorizationUrl(params?: Record<string, string>): URL
  /** Sends the browser there; whoever meets the hosted pages is left on them. */
  start(agent: UserAgent, params?: Record<string, string>): Promise<URLSearchParams>
  /** Exchanges the code that the browser has arrived at the callback with. */
  exchange(code: string): Promise<MosaicAnswer<MosaicTokens>>
  /** All of it: the user signs in where asked. `acr` is what the page for the second factor is answered with. */
  signIn(agent: UserAgent, user: string, params?: Record<string, string>): Promise<MosaicTokens>
  /** With a refresh token too: `offline_access` and `prompt=consent`. */
  signInOffline(agent: UserAgent, user: string, params?: Record<string, string>): Promise<MosaicTokens>
  /** `prompt=none`: parameters of the callback, a code or an error. */
  silent(agent: UserAgent, params?: Record<string, string>): Promise<URLSearchParams>
  refresh(refreshToken: string | undefined): Promise<MosaicAnswer<MosaicTokens>>
  introspect(token: string | undefined): Promise<Record<string, unknown>>
  revoke(token: string | undefined, hint?: string): Promise<number>
  /** POSTs a form with the client's credentials to a path below the API host. */
  post(path: string, form: Record<string, string>): Promise<MosaicAnswer>
}

/** Address of end_session, with what is asked for. */
export const endSessionUrl = (mosaic: Mosaic, params: Record<string, string> = {}): URL => {
  const url = new URL('/cis/oidc/session/end', mosaic.baseUrl)
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
  return url
}

/** Calls Mosaic's own API with a bearer token, or without one. */
export const callApi = async (
  mosaic: Mosaic,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  token?: string,
  json?: unknown,
): Promise<MosaicAnswer> => {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const init: RequestInit = { method, headers }
  if (json !== undefined) init.body = JSON.stringify(json)
  const answer = await fetch(new URL(path, mosaic.local), init)
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
}

/** A client by its identifier; default the web client of the demo's tenant, at the test application. */
export const mosaicClient = (
  mosaic: Mosaic,
  clientId: string = WEB_CLIENT_ID,
  redirectUri = `${APP_ORIGIN}/bff/callback`,
): MosaicClientDriver => {
  const secret = mosaic.clients.get(clientId)?.client_secret ?? MOSAIC_CLIENT_SECRET
  let verifier = ''

  const post: MosaicClientDriver['post'] = async (path, form) => {
    const isPublic = mosaic.clients.get(clientId)?.pkce === 'enforcePkceInsteadOfClientCredentials'
    const credentials = isPublic ? { client_id: clientId } : { client_id: clientId, client_secret: secret }
    const body = new URLSearchParams({ ...credentials, ...form })
    const answer = await fetch(new URL(path, mosaic.local), { method: 'POST', body })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
  }

  const authorizationUrl: MosaicClientDriver['authorizationUrl'] = (params = {}) => {
    verifier = randomBytes(32).toString('base64url')
    const state = randomBytes(8).toString('base64url')
    const url = new URL('/cis/oidc/auth', mosaic.baseUrl)
    const all = {
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid',
      state,
      nonce: randomBytes(8).toString('base64url'),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...params,
    }
    for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
    return url
  }

  const start: MosaicClientDriver['start'] = async (agent, params) => {
    const { url } = await agent.navigate(authorizationUrl(params), { from: null })
    return url.searchParams
  }

  const exchange: MosaicClientDriver['exchange'] = (code) =>
    post('/oidc/token', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    })

  const signIn: MosaicClientDriver['signIn'] = async (agent, user, params) => {
    await start(agent, params)
    if (agent.page?.url.origin === mosaic.baseUrl) await agent.login(user)
    const { searchParams } = agent.page?.url ?? new URL(redirectUri)
    const code = searchParams.get('code')
    if (code === null) throw new Error(`no code, but ${agent.page?.url.href ?? 'nothing'}`)
    const { body } = await exchange(code)
    if (body.error !== undefined) throw new Error(`${body.error}: ${body.error_description ?? ''}`)
    return body
  }

  return {
    clientId,
    redirectUri,
    authorizationUrl,
    start,
    exchange,
    signIn,
    signInOffline: (agent, user, params) =>
      signIn(agent, user, { scope: 'openid offline_access', prompt: 'consent', ...params }),
    silent: (agent, params) => start(agent, { prompt: 'none', ...params }),
    refresh: (refreshToken) =>
      post('/oidc/token', { grant_type: 'refresh_token', refresh_token: refreshToken ?? '' }),
    introspect: async (token) => (await post('/cis/oidc/token/introspection', { token: token ?? '' })).body,
    revoke: async (token, hint) =>
      (
        await post('/oidc/token/revocation', {
          token: token ?? '',
          ...(hint === undefined ? {} : { token_type_hint: hint }),
        })
      ).status,
    post,
  }
}

/** What a test of the emulator begins with: one of its own, its web client and a browser nobody has used. */
export interface MosaicVisit {
  readonly mosaic: Mosaic
  readonly client: MosaicClientDriver
  readonly agent: UserAgent
}

/** Starts the emulator for one test, with a client and a browser. `await mosaic.close()` when done. */
export const startMosaicVisit = async (options?: MosaicOptions): Promise<MosaicVisit> => {
  const mosaic = await startTestMosaic(options)
  return { mosaic, client: mosaicClient(mosaic), agent: createUserAgent() }
}
