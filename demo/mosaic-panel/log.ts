import type { ApiDoor, Mosaic } from '../mosaic/index.js'
import type { IdpRequest, TokenRequest } from '../idp/traffic.js'

/** One request at Mosaic, as the panel lists it: no token, no code, no value of a parameter but those that say what is asked for. */
export interface LogLine {
  /** ms since epoch, in Mosaic's clock. */
  at: number
  method: string
  /** Path at the API host. */
  path: string
  /** What it is: a grant and whose, what a user is asked for. */
  what: string
  /** null until answered. */
  status: number | null
  /** `error` of an answer of the token endpoint. */
  error: string | null
}

const SHOWN: ReadonlySet<string> = new Set([
  'authorization',
  'token',
  'revocation',
  'introspection',
  'end_session',
])
const TOLD = ['client_id', 'prompt', 'acr_values']

const DOORS: Readonly<Record<ApiDoor, string>> = {
  logout: 'Logout API',
  sessions: 'Sessions API',
  sso_logout: 'SSO logout',
  backend: 'Backend sessions',
}

const isToken = (request: IdpRequest): request is TokenRequest => 'grant_type' in request

const wordsFor = (request: IdpRequest): string => {
  if (isToken(request)) return [request.grant_type, request.client_id].filter(Boolean).join(', ')
  const { searchParams } = new URL(request.url, 'http://provider')
  return TOLD.flatMap((name) => {
    const value = searchParams.get(name)
    return value === null ? [] : [name === 'client_id' ? value : `${name}=${value}`]
  }).join(', ')
}

const pathOf = (url: string): string => url.split('?')[0] ?? '/'

/** The latest requests about tokens and sessions, newest first. */
export const logOf = ({ idp, api }: Mosaic, most: number): LogLine[] => {
  const oidc = idp.requests
    // What the user's browser is sent to under way says nothing new.
    .filter(({ endpoint, url }) => SHOWN.has(endpoint) && !/^\/(?:auth|session\/end)\/./.test(pathOf(url)))
    .slice(-most)
    .map((request) => ({
      at: request.at,
      method: request.method,
      path: `/cis/oidc${pathOf(request.url)}`,
      what: wordsFor(request),
      status: request.status,
      error: isToken(request) ? request.error : null,
    }))
  const own = api.requests.slice(-most).map(({ at, method, url, door, status }) => ({
    at,
    method,
    path: pathOf(url),
    what: DOORS[door],
    status,
    error: null,
  }))
  return [...oidc, ...own].sort((a, b) => b.at - a.at).slice(0, most)
}
