/**
 * The contract between client and BFF (DESIGN §6): paths, header and cookie names, JSON shapes and their guards.
 * The only thing the two houses share besides the idea of a session.
 */

/** Doors of the BFF, relative to its base path. */
export const doors = {
  login: '/login',
  callback: '/callback',
  session: '/session',
  refresh: '/refresh',
  logout: '/logout',
  token: '/token',
  api: '/api/',
} as const

/** Carries the value of the readable CSRF cookie: it also says for which session a call was made. */
export const CSRF_HEADER = 'X-CSRF-Token'
/** On every answer the BFF itself gives, never on an upstream's. */
export const TANDEM_HEADER = 'X-Tandem'
/** On every answer: the BFF's own. */
export const REQUEST_ID_HEADER = 'X-Request-Id'
/** Appended to `return_to` when a login failed. */
export const LOGIN_ERROR_PARAM = 'login_error'

/** Cookies of the BFF. `__Host-Http-` is the prefix RFC 10017 names. */
export const cookieNames = {
  session: '__Host-Http-session',
  login: '__Host-Http-login',
  csrf: '__Host-csrf',
  hint: '__Host-hint',
} as const

/** A session on the wire: snake_case, ms since the epoch. */
export interface WireSession {
  readonly ref: string
  readonly user: { readonly sub: string; readonly [claim: string]: unknown }
  readonly app: { readonly started_at: number; readonly idle_ends_at?: number; readonly ends_at: number }
  readonly idp: {
    readonly status: 'active' | 'ended' | 'unknown'
    readonly sid?: string
    readonly ends_at?: number
    readonly ended_by?: 'logout' | 'expired' | 'revoked' | 'refresh_lost' | 'unknown'
  }
  readonly access: {
    readonly expires_at: number
    readonly extendable: boolean
    readonly extendable_until?: number
    readonly scope: readonly string[]
    readonly audience: readonly string[]
    readonly roles: readonly string[]
  }
  readonly authentication: { readonly time: number; readonly acr?: string; readonly amr: readonly string[] }
}

/** Answer of `GET /session`. */
export type SessionAnswer =
  | { readonly authenticated: false; readonly last?: { readonly ended_by: string; readonly at: number } }
  | AuthenticatedAnswer

/** Answer of `POST /refresh`, and of `GET /session` while signed in. `now` is the server's clock. */
export interface AuthenticatedAnswer {
  readonly authenticated: true
  readonly session: WireSession
  readonly now: number
}

/** Answer of `POST /logout`. */
export interface LogoutAnswer {
  readonly end_session_url: string | null
}

/** Answer of `GET /token` (mediated mode only). */
export interface TokenAnswer {
  readonly access_token: string
  readonly expires_at: number
}

/** A problem (RFC 9457) as the BFF answers it. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail?: string
  readonly ended_by?: string
  readonly [member: string]: unknown
}

/** Whether `value` is an answer of `GET /session` or `POST /refresh`. */
export function isSessionAnswer(value: unknown): value is SessionAnswer {
  if (!isObject(value)) return false
  if (value['authenticated'] === false) return true
  return (
    value['authenticated'] === true && typeof value['now'] === 'number' && isWireSession(value['session'])
  )
}

/** Whether `value` is an answer of `POST /logout`. */
export function isLogoutAnswer(value: unknown): value is LogoutAnswer {
  return (
    isObject(value) && (value['end_session_url'] === null || typeof value['end_session_url'] === 'string')
  )
}

/** Whether `value` is an answer of `GET /token`. */
export function isTokenAnswer(value: unknown): value is TokenAnswer {
  return (
    isObject(value) && typeof value['access_token'] === 'string' && typeof value['expires_at'] === 'number'
  )
}

/** Whether `value` is a problem of the BFF. */
export function isProblem(value: unknown): value is Problem {
  return isObject(value) && typeof value['code'] === 'string' && typeof value['status'] === 'number'
}

function isWireSession(value: unknown): value is WireSession {
  return (
    isObject(value) &&
    typeof value['ref'] === 'string' &&
    has(value['user'], 'sub', 'string') &&
    has(value['app'], 'ends_at', 'number') &&
    has(value['idp'], 'status', 'string') &&
    has(value['access'], 'expires_at', 'number') &&
    has(value['authentication'], 'time', 'number')
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const has = (value: unknown, member: string, type: 'string' | 'number'): boolean =>
  isObject(value) && typeof value[member] === type

/** A session off the wire, in the names the app sees. Claims keep their own names. */
export function sessionFromWire({ user, ...rest }: WireSession) {
  const { app, idp, access, authentication } = rest
  return {
    ref: rest.ref,
    user,
    app: {
      startedAt: app.started_at,
      endsAt: app.ends_at,
      ...(app.idle_ends_at !== undefined && { idleEndsAt: app.idle_ends_at }),
    },
    idp: {
      status: idp.status,
      ...(idp.sid !== undefined && { sid: idp.sid }),
      ...(idp.ends_at !== undefined && { endsAt: idp.ends_at }),
      ...(idp.ended_by !== undefined && { endedBy: idp.ended_by }),
    },
    access: {
      expiresAt: access.expires_at,
      extendable: access.extendable,
      ...(access.extendable_until !== undefined && { extendableUntil: access.extendable_until }),
      scope: access.scope,
      audience: access.audience,
      roles: access.roles,
    },
    authentication,
  }
}

/** A session for the wire: the inverse of {@link sessionFromWire}. */
export function sessionToWire({ user, ...rest }: ReturnType<typeof sessionFromWire>): WireSession {
  const { app, idp, access, authentication } = rest
  return {
    ref: rest.ref,
    user,
    app: {
      started_at: app.startedAt,
      ends_at: app.endsAt,
      ...(app.idleEndsAt !== undefined && { idle_ends_at: app.idleEndsAt }),
    },
    idp: {
      status: idp.status,
      ...(idp.sid !== undefined && { sid: idp.sid }),
      ...(idp.endsAt !== undefined && { ends_at: idp.endsAt }),
      ...(idp.endedBy !== undefined && { ended_by: idp.endedBy }),
    },
    access: {
      expires_at: access.expiresAt,
      extendable: access.extendable,
      ...(access.extendableUntil !== undefined && { extendable_until: access.extendableUntil }),
      scope: access.scope,
      audience: access.audience,
      roles: access.roles,
    },
    authentication,
  }
}
