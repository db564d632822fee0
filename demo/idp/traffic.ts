import type { IncomingMessage, ServerResponse } from 'node:http'

/** The provider's doors, as its faults and its counters name them. */
export type Endpoint =
  | 'authorization'
  | 'token'
  | 'discovery'
  | 'jwks'
  | 'revocation'
  | 'introspection'
  | 'end_session'
  | 'check_session'
  | 'userinfo'
  | 'interaction'
  | 'pushed_authorization_request'
  | 'other'

const PATHS: readonly [Endpoint, RegExp][] = [
  ['token', /^\/token$/],
  ['authorization', /^\/auth(\/|$)/],
  ['discovery', /^\/\.well-known\//],
  ['jwks', /^\/jwks$/],
  ['revocation', /^\/token\/revocation$/],
  ['introspection', /^\/token\/introspection$/],
  ['end_session', /^\/session\/end(\/|$)/],
  ['check_session', /^\/session\/check$/],
  ['userinfo', /^\/me$/],
  ['pushed_authorization_request', /^\/request$/],
  ['interaction', /^\/interaction\//],
]

/** Which door a path belongs to. */
export const endpointOf = (path: string): Endpoint =>
  PATHS.find(([, pattern]) => pattern.test(path))?.[0] ?? 'other'

/** One request the provider received. `status` is null until answered, and stays so when it never was. */
export interface IdpRequest {
  endpoint: Endpoint
  method: string
  /** Path and query. */
  url: string
  /** `Origin` header: null for navigations and servers. */
  origin: string | null
  status: number | null
  /** Kind of the fault that was applied, if any. */
  fault: string | null
  /** ms since epoch. */
  at: number
}

/** One request at the token endpoint. */
export interface TokenRequest extends IdpRequest {
  grant_type: string | null
  client_id: string | null
  /** `error` of the answer (RFC 6749 §5.2). */
  error: string | null
}

/** Log of what the provider was asked; preflights are not in it. */
export interface Traffic {
  readonly requests: IdpRequest[]
  readonly tokenRequests: TokenRequest[]
  /** Notes a request and, later, the status of its answer. */
  note(request: IncomingMessage, response: ServerResponse): IdpRequest
  /** Adds what the library found out about a token request. */
  detail(request: IncomingMessage, found: Partial<TokenRequest>): void
  clear(): void
}

export const createTraffic = (): Traffic => {
  const requests: IdpRequest[] = []
  const tokenRequests: TokenRequest[] = []
  const details = new WeakMap<IncomingMessage, TokenRequest>()

  const note = (request: IncomingMessage, response: ServerResponse): IdpRequest => {
    const url = request.url ?? '/'
    const entry: IdpRequest = {
      endpoint: endpointOf(url.split('?')[0] ?? '/'),
      method: request.method ?? 'GET',
      url,
      origin: request.headers.origin ?? null,
      status: null,
      fault: null,
      at: Date.now(),
    }
    const noted =
      entry.endpoint === 'token' ? { ...entry, grant_type: null, client_id: null, error: null } : entry
    if (entry.method === 'OPTIONS') return noted
    requests.push(noted)
    if ('grant_type' in noted) {
      tokenRequests.push(noted)
      details.set(request, noted)
    }
    response.once('finish', () => {
      noted.status = response.statusCode
    })
    return noted
  }

  return {
    requests,
    tokenRequests,
    note,
    detail: (request, found) => void Object.assign(details.get(request) ?? {}, found),
    clear: () => {
      requests.length = 0
      tokenRequests.length = 0
    },
  }
}
