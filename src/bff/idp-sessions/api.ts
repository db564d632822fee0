/** The sessions at the IDP, by its own API (Mosaic's session management): for administrators, and at a logout. Nothing here is ever polled. */
import { ConfigurationError, OAuthError } from '../../errors.js'
import type { ResolvedOptions } from '../options.js'
import type { Edges } from '../edges.js'
import { ApiRefusal, noAnswer, openDoor } from './answer.js'
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
  // Whom one of them keeps waiting, the others do not: users who log out, and administrators in a hurry.
  const edges = { fetch, now, timeout: timeout * 1000 }
  const administration = openDoor(edges)
  const users = openDoor(edges)
  const sso = openDoor(edges)

  const at = (path: string): string => {
    if (sessionsApi === null) throw notSet('idp.sessionsApi', 'url, the API host,')
    return sessionsApi.url + path
  }
  const client = sessionsApi?.client
  const token = client ? createClientToken(administration, now, at('/cis/oidc/token'), client) : null

  const check = (): ClientToken => {
    at('')
    if (token === null)
      throw notSet(
        'idp.sessionsApi.clientId',
        'it and clientSecret, of a client that may read and delete sessions,',
      )
    return token
  }

  const administer = async (method: 'GET' | 'DELETE', filter: IdpSessionFilter): Promise<unknown> => {
    const url = at(`/cis/v1/sessions/${encodeURIComponent(subOf(filter))}`)
    const tokens = check()
    for (let tries = 0; ; tries++) {
      const bearer = await tokens.get()
      try {
        return await administration({ url, method, headers: { Authorization: `Bearer ${bearer}` } })
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error
        // It may have been revoked; or its client has been given the permissions since, which are in the token.
        if (error.status === 401 || error.status === 403) tokens.drop(bearer)
        if (error.status !== 401 || tries > 0) throw explained(error, method)
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
      const answer = await users({
        url: at('/cis/v1/auth/logout'),
        method: 'POST',
        headers: { Authorization: `Bearer ${accessToken}` },
      })
      const { result = answer } = Object(answer) as { result?: unknown }
      return countOf(result, 'sessions_count')
    },
    async endSso({ ssoSessionId, clientId = idp.clientId }) {
      const query = new URLSearchParams({
        clientId: text('clientId', clientId),
        ssoSessionId: text('ssoSessionId', ssoSessionId),
      })
      await sso({
        url: at(`/ido/api/v2/auth/sso-logout?${query}`),
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
      })
    },
  }
}

const unreadable = (): Error => noAnswer('gave no usable answer. Check idp.sessionsApi.url.')

const notSet = (option: string, what: string): ConfigurationError =>
  new ConfigurationError(
    option,
    `is not set, and without it sessions at the IDP cannot be reached. Set ${what} in the options of the BFF.`,
  )

/** The one that is meant; a name that is not known would mean less than whoever gave it thinks. */
export function subOf(filter: IdpSessionFilter): string {
  const other = Object.keys(filter).find((name) => name !== 'sub')
  if (other !== undefined)
    throw new TypeError(`${other} cannot be filtered by: the IDP knows the sessions of a user, by sub alone.`)
  const sub = text('sub', filter.sub)
  // In a path these are other addresses.
  if (sub === '.' || sub === '..') throw new TypeError('sub must be the identifier of a user.')
  return sub
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${name} must be a text that is not empty.`)
}

function countOf(answer: unknown, name: string): number {
  const count = (Object(answer) as Readonly<Record<string, unknown>>)[name]
  if (typeof count !== 'number') throw unreadable()
  return count
}

function sessionOf(record: unknown): IdpSession {
  const told = Object(record) as Readonly<Record<string, unknown>>
  const member = (name: string): string => {
    const value = told[name]
    if (typeof value !== 'string') throw unreadable()
    return value
  }
  const time = (name: string): number => {
    const at = Date.parse(member(name))
    if (Number.isNaN(at)) throw unreadable()
    return at
  }
  return {
    id: member('session_id'),
    sub: member('user_id'),
    clientId: member('client_id'),
    startedAt: time('start_time'),
    expiresAt: time('expiration_time'),
  }
}

/** A refusal, with what the administrators' client lacks. */
function explained(error: ApiRefusal, method: 'GET' | 'DELETE'): OAuthError {
  const action = method === 'GET' ? 'read' : 'delete'
  const reasons: Readonly<Record<number, string>> = {
    401: 'a new token of the client of idp.sessionsApi is refused, too: is it a client of this very tenant?',
    403: `the client of idp.sessionsApi needs apps:${action}, [appId]:${action} and sessions:${action}`,
  }
  const reason = reasons[error.status]
  if (reason === undefined) return error
  const told = error.error_description === undefined ? '' : `${error.error_description}; `
  return new OAuthError({ error: error.error, error_description: told + reason }, { cause: error })
}
