import { createPrivateKey, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { IdpKeys, IdpUser } from '../idp/index.js'
import { ApiError } from './answers.js'
import type { SessionRecord } from './api.js'
import { appOf } from './clients.js'
import { TWO_WEEKS } from './durations.js'
import type { Tenant } from './tenant.js'
import { DEFAULT_AUDIENCE } from './tokens.js'

/** Tokens of a backend session. */
export interface BackendTokens {
  session_id: string
  access_token: string
  id_token: string
  token_type: 'Bearer'
  expires_in: number
}

/**
 * Mosaic's backend sessions: an application that logs its users in through backend APIs stores a `session_id` itself. Another
 * stack, with no cookie: nothing of it touches the frontend sessions, and it is here so that a test can show that.
 */
export interface BackendSessions {
  /** A login through a backend API, whichever; by `clientId`. */
  login(sub: string, clientId: string): Promise<BackendTokens>
  /** Answers a request below `/cis/v1/auth/`; undefined is 204. */
  perform(method: string, path: string, body: unknown): Promise<unknown>
}

/** Which requests of the API belong to backend sessions. */
export const BACKEND_PATH: RegExp =
  /^\/cis\/v1\/auth\/(session\/(?:authenticate|logout)|users\/[^/]+\/sessions)$/

interface Stored extends SessionRecord {
  /** ms since epoch. */
  expiresAt: number
}

const SECONDS = 3600

/** @param keys for signing */
export const createBackendSessions = (
  tenant: Tenant,
  issuer: string,
  keys: IdpKeys,
  users: () => ReadonlyMap<string, IdpUser>,
): BackendSessions => {
  const all = new Map<string, Stored>()
  const of = (sub: string): Stored[] =>
    [...all.values()].filter(({ user_id: id, expiresAt }) => id === sub && expiresAt > Date.now())

  const sign = async (claims: Record<string, unknown>): Promise<string> => {
    const [jwk] = keys.jwks.keys
    if (!jwk) throw new Error('there is no key to sign with')
    const key = Object.fromEntries(Object.entries(jwk).map(([name, value]) => [name, String(value)]))
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({ ...claims, iss: issuer, tid: tenant.id, jti: randomUUID() })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuedAt(now)
      .setExpirationTime(now + SECONDS)
      .sign(createPrivateKey({ key, format: 'jwk' }))
  }
  const tokens = async ({ session_id, user_id: sub, client_id }: Stored): Promise<BackendTokens> => {
    const client = tenant.clients.get(client_id)
    const roles = users().get(sub)?.claims.roles ?? []
    const access = { sub, aud: DEFAULT_AUDIENCE, client_id, roles, ...(client ? appOf(client) : {}) }
    return {
      session_id,
      access_token: await sign(access),
      id_token: await sign({ sub, aud: client_id, amr: ['pwd'] }),
      token_type: 'Bearer',
      expires_in: SECONDS,
    }
  }
  const named = (body: unknown): Stored => {
    const id = typeof body === 'object' && body !== null && 'session_id' in body ? body.session_id : undefined
    const session = all.get(String(id))
    if (!session || session.expiresAt <= Date.now()) throw new ApiError(400, 'Session not found')
    return session
  }

  return {
    login: (sub, clientId) => {
      const now = Date.now()
      const session: Stored = {
        user_id: sub,
        session_id: randomUUID(),
        client_id: clientId,
        start_time: new Date(now).toISOString(),
        expiration_time: new Date(now + TWO_WEEKS * 1000).toISOString(),
        expiresAt: now + TWO_WEEKS * 1000,
      }
      all.set(session.session_id, session)
      return tokens(session)
    },
    perform: async (method, path, body) => {
      const sub = /\/users\/([^/]+)\/sessions$/.exec(path)?.[1]
      if (sub !== undefined && method === 'GET')
        return of(sub).map(({ expiresAt: _expiresAt, ...listed }) => listed)
      if (sub !== undefined && method === 'DELETE') {
        for (const { session_id: id } of of(sub)) all.delete(id)
        return undefined
      }
      if (method !== 'POST' || sub !== undefined) throw new ApiError(404, 'Not found')
      const session = named(body)
      if (path.endsWith('/authenticate')) return tokens(session)
      all.delete(session.session_id)
      return undefined
    },
  }
}
