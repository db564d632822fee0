import type { ApiDoor, ApiRequest, Mosaic } from '../mosaic/index.js'
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

/** How many are kept. */
const KEPT = 200

const pathOf = (url: string): string => url.split('?')[0] ?? '/'

/** What the user's browser is sent to under way says nothing new. */
const isShown = ({ endpoint, url }: IdpRequest): boolean =>
  SHOWN.has(endpoint) && !/^\/(?:auth|session\/end)\/./.test(pathOf(url))

/** The requests about tokens and sessions, as they came: their times are those of a clock that is moved forth and back. */
export interface Log {
  /** Takes note of what came since. */
  take(): void
  /** The latest, newest first. */
  latest(most: number): LogLine[]
}

/** What has been added to a list that grows, and may be emptied, since this was last called. */
const additionsTo = <T>(list: readonly T[]): (() => T[]) => {
  let known = 0
  return () => {
    const added = list.slice(known > list.length ? 0 : known)
    known = list.length
    return added
  }
}

/** Listens to a tenant from now on. */
export const createLog = ({ idp, api }: Mosaic): Log => {
  const lines: (() => LogLine)[] = []
  const newIdp = additionsTo(idp.requests)
  const newApi = additionsTo(api.requests)

  /** Read when it is shown: an answer comes after its request. */
  const idpLine = (request: IdpRequest) => (): LogLine => ({
    at: request.at,
    method: request.method,
    path: `/cis/oidc${pathOf(request.url)}`,
    what: wordsFor(request),
    status: request.status,
    error: isToken(request) ? request.error : null,
  })
  const apiLine = (request: ApiRequest) => (): LogLine => ({
    at: request.at,
    method: request.method,
    path: pathOf(request.url),
    what: DOORS[request.door],
    status: request.status,
    error: null,
  })

  const take = (): void => {
    const came = [
      ...newIdp()
        .filter(isShown)
        .map((request) => ({ at: request.at, line: idpLine(request) })),
      ...newApi().map((request) => ({ at: request.at, line: apiLine(request) })),
    ]
    lines.push(...came.sort((a, b) => a.at - b.at).map(({ line }) => line))
    lines.splice(0, lines.length - KEPT)
  }
  return {
    take,
    latest: (most) => {
      take()
      return lines
        .slice(-most)
        .reverse()
        .map((line) => line())
    },
  }
}
