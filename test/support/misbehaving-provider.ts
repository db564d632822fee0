import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGrants, type ClientAuth, type TokenCall } from './misbehaving/grants.js'
import type { Refusal } from './misbehaving/refusals.js'
import { createMint } from './misbehaving/tokens.js'
import { WELL_BEHAVED, type ProviderEndpoint, type Traits } from './misbehaving/traits.js'

export type { ClientAuth, TokenCall } from './misbehaving/grants.js'
export { REFUSALS, type Refusal, type RefusalName } from './misbehaving/refusals.js'
export { WELL_BEHAVED, type IdTokenFlaw, type ProviderEndpoint, type Traits } from './misbehaving/traits.js'

/** A small OpenID provider whose every trait is a switch. */
export interface MisbehavingProvider {
  readonly issuer: string
  readonly port: number
  /** Read at each request: change it while it runs. */
  readonly traits: Traits
  readonly tokenCalls: TokenCall[]
  /** Every request so far, oldest first, preflights left out. */
  readonly requests: { endpoint: ProviderEndpoint; method: string; url: string }[]
  count(endpoint: ProviderEndpoint): number
  /** Where a browser goes that came to this authorization request, and signed in as `sub` in the session `sid`. */
  signIn(request: string, sub: string, sid: string | null): URL
  /** Refresh tokens issued so far are refused from now on, with `invalid_grant`. */
  revokeAll(): void
  /** A logout token as OpenID Connect Back-Channel Logout 1.0 §2.4 has it, for the client `odd`, with changes; `undefined` leaves a claim out. */
  logoutToken(claims?: Record<string, unknown>, header?: Record<string, string>): Promise<string>
  close(): Promise<void>
}

const PATHS: Record<string, ProviderEndpoint> = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/authorize': 'authorization',
  '/token': 'token',
  '/userinfo': 'userinfo',
  '/revoke': 'revocation',
  '/logout': 'end_session',
}

const metadata = (issuer: string, traits: Traits): Record<string, unknown> => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  userinfo_endpoint: `${issuer}/userinfo`,
  revocation_endpoint: `${issuer}/revoke`,
  end_session_endpoint: `${issuer}/logout`,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  code_challenge_methods_supported: ['S256'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  claims_supported: ['sub', 'name', 'email', 'sid'],
  authorization_response_iss_parameter_supported: true,
  ...traits.metadata,
})

const bodyOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

const send = (response: ServerResponse, { status, body, contentType, headers }: Refusal): void => {
  response.writeHead(status, { ...(contentType ? { 'content-type': contentType } : {}), ...headers })
  response.end(body)
}

const json = (value: unknown, headers?: Record<string, string>): Refusal => ({
  status: 200,
  body: JSON.stringify(value),
  contentType: 'application/json',
  ...(headers ? { headers } : {}),
})

const redirect = (to: URL): Refusal & { headers: { location: string } } => ({
  status: 302,
  body: '',
  headers: { location: to.href },
})

const credentials = (request: IncomingMessage, form: URLSearchParams) => {
  const basic = /^basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const decode = (text: string | undefined) => decodeURIComponent((text ?? '').replaceAll('+', ' '))
  if (basic === undefined) {
    const auth: ClientAuth = form.has('client_secret') ? 'post' : 'none'
    return { auth, clientId: form.get('client_id'), secret: form.get('client_secret') }
  }
  const [id, secret] = Buffer.from(basic, 'base64').toString('utf8').split(':')
  return { auth: 'basic' as ClientAuth, clientId: decode(id), secret: decode(secret) }
}

/** Starts the provider on a free port of localhost, with `traits` laid over a well-behaved one. `now`: ms since the epoch. */
export const startMisbehavingProvider = async (
  traits: Partial<Traits> = {},
  now: () => number = Date.now,
): Promise<MisbehavingProvider> => {
  const current: Traits = { ...structuredClone(WELL_BEHAVED), ...traits }
  const mint = await createMint(() => Math.floor(now() / 1000))
  const grants = createGrants(mint)
  const tokenCalls: TokenCall[] = []
  const requests: MisbehavingProvider['requests'] = []
  let issuer = ''

  const authorize = (params: URLSearchParams, sub = current.user.sub, sid?: string | null) => {
    const to = new URL(params.get('redirect_uri') ?? '')
    const state = params.get('state')
    if (current.callbackState === 'wrong') to.searchParams.set('state', 'another-state')
    if (current.callbackState === 'right' && state !== null) to.searchParams.set('state', state)
    if (current.callbackIss === 'right') to.searchParams.set('iss', issuer)
    if (current.callbackIss === 'wrong') to.searchParams.set('iss', 'https://elsewhere.example')
    const silent = params.get('prompt') === 'none'
    const error = current.authorizationError ?? (silent && !current.signedIn ? 'login_required' : null)
    if (error !== null) to.searchParams.set('error', error)
    else to.searchParams.set('code', grants.authorize(params, issuer, sub, sid))
    return redirect(to)
  }

  const token = async (request: IncomingMessage): Promise<Refusal> => {
    const form = await bodyOf(request)
    const { auth, clientId, secret } = credentials(request, form)
    form.delete('client_secret')
    const params = Object.fromEntries(form)
    const grantType = form.get('grant_type')
    const call: TokenCall = {
      grant_type: grantType,
      client_id: clientId,
      auth,
      params,
      status: null,
      at: Date.now(),
    }
    tokenCalls.push(call)
    if (current.hangs.includes('token')) return new Promise(() => undefined)
    const authentic = current.clientSecret === null || auth === 'none' || secret === current.clientSecret
    const answer = authentic
      ? await grants.exchange(current, form, call)
      : { status: 401, body: '{"error":"invalid_client"}', contentType: 'application/json' }
    const given = 'json' in answer ? json(answer.json, { 'cache-control': 'no-store' }) : answer
    call.status = given.status
    await current.tokensWait
    return given
  }

  const handle = async (endpoint: ProviderEndpoint, request: IncomingMessage, url: URL): Promise<Refusal> => {
    if (endpoint !== 'token' && current.hangs.includes(endpoint)) return new Promise(() => undefined)
    const instead = current.answers[endpoint]
    if (instead) return instead
    switch (endpoint) {
      case 'discovery':
        return json(metadata(issuer, current))
      case 'jwks':
        return json(mint.jwks)
      case 'authorization':
        return authorize(url.searchParams)
      case 'token':
        return token(request)
      case 'userinfo':
        return json(current.user)
      case 'revocation':
        grants.revoke((await bodyOf(request)).get('token') ?? '')
        return { status: 200, body: '' }
      case 'end_session': {
        const back = url.searchParams.get('post_logout_redirect_uri')
        if (back === null) return { status: 200, body: 'signed out', contentType: 'text/plain' }
        const to = new URL(back)
        const state = url.searchParams.get('state')
        if (state !== null) to.searchParams.set('state', state)
        return redirect(to)
      }
    }
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    const endpoint = PATHS[url.pathname]
    if (current.cors) {
      response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
      response.setHeader('access-control-allow-headers', 'authorization, content-type')
    }
    if (request.method === 'OPTIONS') return send(response, { status: 204, body: '' })
    if (!endpoint) return send(response, { status: 404, body: 'no such endpoint' })
    requests.push({ endpoint, method: request.method ?? 'GET', url: url.pathname + url.search })
    handle(endpoint, request, url).then(
      (answer) => send(response, answer),
      (error: unknown) => send(response, { status: 500, body: String(error) }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  issuer = `http://localhost:${port}`

  return {
    issuer,
    port,
    traits: current,
    tokenCalls,
    requests,
    count: (endpoint) => requests.filter((request) => request.endpoint === endpoint).length,
    signIn: (request, sub, sid) =>
      new URL(authorize(new URL(request).searchParams, sub, sid).headers.location),
    revokeAll: grants.revokeAll,
    logoutToken: (claims = {}, header = {}) => {
      const iat = Math.floor(now() / 1000)
      const whole = {
        ...{ iss: issuer, aud: 'odd', iat, exp: iat + 120, jti: crypto.randomUUID() },
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        ...claims,
      }
      return mint.sign(whole, { typ: 'logout+jwt', ...header })
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
