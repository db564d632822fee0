import type { IncomingMessage, ServerResponse } from 'node:http'
import { createFaults, type Faults } from '../idp/faults.js'
import { readBody } from '../idp/http.js'
import type { Storage } from '../idp/storage.js'
import { tenantAdapter } from './adapter.js'
import { ApiError, apiErrorBody, sendJson } from './answers.js'
import { appOf } from './clients.js'
import { BACKEND_PATH, type BackendSessions } from './backend.js'
import type { MosaicSession } from './sessions.js'
import { reachedFrom, type Tenant } from './tenant.js'
import type { VerifyJwt } from './tokens.js'

/** The doors of Mosaic's own API. */
export type ApiDoor = 'logout' | 'sessions' | 'sso_logout' | 'backend'

/** One request at them. */
export interface ApiRequest {
  door: ApiDoor
  method: string
  /** Path and query. */
  url: string
  /** null until answered. */
  status: number | null
  /** ms since epoch. */
  at: number
}

/** What the API needs of the rest. */
export interface ApiParts {
  readonly tenant: Tenant
  readonly verify: VerifyJwt
  readonly storage: () => Storage
  readonly backend: BackendSessions
  /** Ends sessions, and tells the clients that want to know. */
  end(sessions: readonly MosaicSession[]): Promise<void>
  /** Revokes all that was issued in these sessions. */
  revoke(sessions: readonly MosaicSession[]): Promise<void>
}

/** Mosaic's own API, beside OpenID Connect. */
export interface Api {
  /** False where the path is none of its own. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  readonly requests: ApiRequest[]
  readonly faults: Faults<ApiDoor>
}

const DOORS: readonly [ApiDoor, RegExp][] = [
  ['logout', /^\/cis\/v1\/auth\/logout$/],
  ['sessions', /^\/cis\/v1\/sessions\/([^/]*)$/],
  ['sso_logout', /^\/ido\/api\/v2\/auth\/sso-logout$/],
  ['backend', BACKEND_PATH],
]

const record = (session: MosaicSession): SessionRecord => ({
  user_id: session.userId,
  session_id: session.id,
  client_id: session.clientId,
  start_time: new Date(session.startedAt).toISOString(),
  expiration_time: new Date(session.expiresAt).toISOString(),
})

/** A session as Mosaic lists it; times are ISO dates. */
export interface SessionRecord {
  user_id: string
  session_id: string
  client_id: string
  start_time: string
  expiration_time: string
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(400, 'the body is no JSON')
  }
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new ApiError(400, 'the path is not encoded properly')
  }
}

/** The live sessions of a user, oldest first. */
export const sessionsOf = ({ sessions }: Tenant, sub: string): SessionRecord[] =>
  sessions.live(({ userId }) => userId === sub).map(record)

/** What a bearer's access token says; 401 for none, a wrong one, one of the other kind, and one that is no longer good. */
const bearer = async (
  { storage, tenant, verify }: ApiParts,
  request: IncomingMessage,
  kind: 'AccessToken' | 'ClientCredentials',
): Promise<{ clientId: string; grantId?: string | undefined; permissions: unknown }> => {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const claims = token === undefined ? undefined : await verify(token)
  const kept = claims && (await tenantAdapter(storage(), tenant)(kind).find(String(claims.jti)))
  if (!kept) throw new ApiError(401, 'Invalid token')
  return { clientId: String(kept.clientId), grantId: kept.grantId, permissions: claims?.ts_permissions }
}

const logout = async (parts: ApiParts, request: IncomingMessage): Promise<unknown> => {
  const { tenant } = parts
  const { clientId, grantId } = await bearer(parts, request, 'AccessToken')
  const session = tenant.sessions.ofGrant(grantId)
  const client = tenant.clients.get(clientId)
  if (!session || !client) throw new ApiError(401, 'Invalid token')
  const reached = reachedFrom(tenant, session, appOf(client).app_id)
  await parts.end(reached)
  if (tenant.settings.logoutRevokesTokens) await parts.revoke(reached)
  return { sessions_count: reached.length }
}

const allow = async (parts: ApiParts, request: IncomingMessage, action: 'read' | 'delete'): Promise<void> => {
  const { clientId, permissions } = await bearer(parts, request, 'ClientCredentials')
  const client = parts.tenant.clients.get(clientId)
  const needed = ['apps', client ? appOf(client).app_id : '', 'sessions'].map((name) => `${name}:${action}`)
  const has: unknown[] = Array.isArray(permissions) ? permissions : []
  const missing = needed.filter((permission) => !has.includes(permission))
  if (missing.length > 0) throw new ApiError(403, `Missing permissions: ${missing.join(', ')}`)
}

const sessions = async (parts: ApiParts, request: IncomingMessage, sub: string): Promise<unknown> => {
  const { tenant } = parts
  if (request.method !== 'GET' && request.method !== 'DELETE') throw new ApiError(404, 'Not found')
  await allow(parts, request, request.method === 'GET' ? 'read' : 'delete')
  if (sub === '') throw new ApiError(400, 'user_id must not be empty')
  if (request.method === 'GET') {
    const list = sessionsOf(tenant, sub)
    return tenant.settings.wrapSessionList ? { result: list } : list
  }
  const reached = tenant.sessions.live(({ userId }) => userId === sub)
  await parts.end(reached)
  parts.storage().revokeGrants(sub)
  return { result: { deleted_count: reached.length } }
}

const ssoLogout = async (parts: ApiParts, url: URL): Promise<unknown> => {
  const [clientId, sessionId] = ['clientId', 'ssoSessionId'].map((name) => url.searchParams.get(name) ?? '')
  if (!clientId || !sessionId) throw new ApiError(400, 'clientId and ssoSessionId are required')
  if (!parts.tenant.clients.get(clientId)) throw new ApiError(404, 'Client not found')
  const session = parts.tenant.sessions.get(sessionId)
  if (!parts.tenant.sessions.isLive(session)) throw new ApiError(404, 'Session not found')
  await parts.end([session])
  return {}
}

const backend = async (parts: ApiParts, request: IncomingMessage, path: string): Promise<unknown> => {
  await bearer(parts, request, 'ClientCredentials')
  const text = await readBody(request)
  return parts.backend.perform(request.method ?? 'GET', path, text === '' ? undefined : parsed(text))
}

const perform = async (
  parts: ApiParts,
  door: ApiDoor,
  request: IncomingMessage,
  url: URL,
  sub: string,
): Promise<unknown> => {
  if (door === 'sessions') return sessions(parts, request, decoded(sub))
  if (door === 'backend') return backend(parts, request, url.pathname)
  if (request.method !== 'POST') throw new ApiError(404, 'Not found')
  return door === 'logout' ? logout(parts, request) : ssoLogout(parts, url)
}

/** The API of a tenant. */
export const createApi = (parts: ApiParts): Api => {
  const requests: ApiRequest[] = []
  const faults = createFaults<ApiDoor>()
  const respond = async (door: ApiDoor, sub: string, request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    try {
      sendJson(response, 200, await perform(parts, door, request, url, sub))
    } catch (error) {
      if (error instanceof ApiError) sendJson(response, error.status, error.body, error.headers)
      else sendJson(response, 500, apiErrorBody(500, 'Internal server error'))
    }
  }
  return {
    requests,
    faults,
    answer: async (request, response) => {
      const url = request.url ?? '/'
      const [path = '/'] = url.split('?')
      const found = DOORS.find(([, pattern]) => pattern.test(path))
      if (!found) return false
      const [door, pattern] = found
      const noted: ApiRequest = { door, method: request.method ?? 'GET', url, status: null, at: Date.now() }
      requests.push(noted)
      response.once('finish', () => {
        noted.status = response.statusCode
      })
      const fault = faults.take(door)
      if (fault && !(await faults.apply(fault, request, response))) return true
      await respond(door, pattern.exec(path)?.[1] ?? '', request, response)
      return true
    },
  }
}
