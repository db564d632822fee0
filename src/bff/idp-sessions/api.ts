/** The sessions at the IDP, by its own API (Mosaic's session management): for administrators, and at a logout. Nothing here is ever polled. */
import { ConfigurationError, NetworkError, OAuthError } from '../../errors.js'
import type { ResolvedOptions } from '../options.js'
import type { Edges } from '../edges.js'
import { askApi } from './answer.js'
import type { ApiEdges } from './answer.js'
import { createClientToken } from './client-token.js'
import type { ClientToken } from './client-token.js'

/** A session at the IDP. Times are ms since the epoch. */
export interface IdpSession {
  readonly id: string
  /** The user's `sub`. */
  readonly sub: string
  /** The client it began with. */
  readonly clientId: string
  readonly startedAt: number
  readonly expiresAt: number
}

/** The user whose sessions are meant. */
export interface IdpSessionFilter {
  readonly sub: string
}

/** Asks the sessions API. Everything rejects with a `ConfigurationError`, an `OAuthError` (refused) or a `NetworkError` (no answer, or to wait). */
export interface IdpSessionsApi {
  list(filter: IdpSessionFilter): Promise<IdpSession[]>
  /** Ends all sessions of a user and revokes their refresh tokens. How many sessions they were. */
  revoke(filter: IdpSessionFilter): Promise<number>
  /** The Logout API: ends the session an access token of a user comes from, or all of theirs. How many they were. */
  logout(accessToken: string): Promise<number>
  /** Throws where no administrator can be served, for want of a client. */
  check(): void
  /** Ends one session of the SSO service. It needs no credentials but the session's id. */
  endSso(session: { readonly ssoSessionId: string; readonly clientId?: string }): Promise<void>
}

/** Makes it; asks for nothing yet. */
export function createIdpSessionsApi(
  { idp }: Pick<ResolvedOptions, 'idp'>,
  { fetch, now }: Pick<Edges, 'fetch' | 'now'>,
): IdpSessionsApi {
  const { sessionsApi, timeout } = idp
  const edges: ApiEdges = { fetch, now, timeout: timeout * 1000 }
  let waitUntil = 0

  const configured = <Part>(part: Part | null | undefined, option: string): Part => {
    if (part === null || part === undefined)
      throw new ConfigurationError(
        option,
        'is not set, and without it the sessions at the IDP cannot be reached. Set it, or use the preset.',
      )
    return part
  }
  const at = (path: string): string => configured(sessionsApi, 'idp.sessionsApi').url + path
  const client = sessionsApi?.client
  const token = client ? createClientToken(edges, at('/cis/oidc/token'), client) : null

  /** Not before the time it asked for. */
  const ask: typeof askApi = async (...call) => {
    if (now() < waitUntil)
      throw new NetworkError('idp_unavailable', 'The sessions API asked to wait (429). Try again later.', {
        retryAfter: waitUntil - now(),
      })
    try {
      return await askApi(...call)
    } catch (error) {
      if (error instanceof NetworkError && error.retryAfter !== undefined)
        waitUntil = now() + error.retryAfter
      throw error
    }
  }

  const check = (): ClientToken => configured(token, 'idp.sessionsApi.clientId')

  const administer = async (method: 'GET' | 'DELETE', { sub }: IdpSessionFilter): Promise<unknown> => {
    if (typeof sub !== 'string' || sub === '') throw new TypeError('sub must be a text that is not empty.')
    const url = at(`/cis/v1/sessions/${encodeURIComponent(sub)}`)
    const tokens = check()
    for (let tries = 0; ; tries++) {
      const bearer = await tokens.get()
      try {
        return await ask(edges, { url, method, headers: { Authorization: `Bearer ${bearer}` } })
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error
        // It may have been revoked, or its keys changed: once more with a new one.
        tokens.drop(bearer)
        if (error.error !== 'invalid_token' || tries > 0) throw explained(error, method)
      }
    }
  }

  return {
    check: () => void check(),
    async list(filter) {
      const answer = await administer('GET', filter)
      const records = Array.isArray(answer) ? answer : (Object(answer) as { result?: unknown }).result
      if (!Array.isArray(records)) throw unreadable()
      return records.map(sessionOf)
    },
    async revoke(filter) {
      const { result } = Object(await administer('DELETE', filter)) as { result?: unknown }
      return countOf(result, 'deleted_count')
    },
    async logout(accessToken) {
      const answer = await ask(edges, {
        url: at('/cis/v1/auth/logout'),
        method: 'POST',
        headers: { Authorization: `Bearer ${accessToken}` },
      })
      const { result = answer } = Object(answer) as { result?: unknown }
      return countOf(result, 'sessions_count')
    },
    async endSso({ ssoSessionId, clientId = idp.clientId }) {
      const query = new URLSearchParams({ clientId, ssoSessionId })
      await ask(edges, {
        url: at(`/ido/api/v2/auth/sso-logout?${query}`),
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
      })
    },
  }
}

const unreadable = (): NetworkError =>
  new NetworkError('idp_unavailable', 'The sessions API gave no usable answer. Check idp.sessionsApi.url.')

function countOf(answer: unknown, name: string): number {
  const count = (Object(answer) as Readonly<Record<string, unknown>>)[name]
  if (typeof count !== 'number') throw unreadable()
  return count
}

function sessionOf(record: unknown): IdpSession {
  const told = Object(record) as Readonly<Record<string, unknown>>
  const text = (name: string): string => {
    const value = told[name]
    if (typeof value !== 'string') throw unreadable()
    return value
  }
  const time = (name: string): number => {
    const at = Date.parse(text(name))
    if (Number.isNaN(at)) throw unreadable()
    return at
  }
  return {
    id: text('session_id'),
    sub: text('user_id'),
    clientId: text('client_id'),
    startedAt: time('start_time'),
    expiresAt: time('expiration_time'),
  }
}

/** A refusal, with what the administrators' client lacks. */
function explained(error: OAuthError, method: 'GET' | 'DELETE'): OAuthError {
  if (error.error !== 'access_denied') return error
  const action = method === 'GET' ? 'read' : 'delete'
  const needed = `apps:${action}, [appId]:${action} and sessions:${action}`
  const told = error.error_description === undefined ? '' : `${error.error_description}; `
  return new OAuthError(
    { error: error.error, error_description: `${told}the client of idp.sessionsApi needs ${needed}` },
    { cause: error },
  )
}
