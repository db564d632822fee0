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
  events: '/events',
  token: '/token',
  api: '/api/',
} as const

/** Doors for the IDP, which no page of the app calls. */
export const idpDoors = {
  backchannelLogout: '/backchannel-logout',
  frontchannelLogout: '/frontchannel-logout',
} as const

/** The path of a door, relative to the base path. */
export type Door = (typeof doors)[keyof typeof doors]

/** Carries the value of the readable CSRF cookie: it also says for which session a call was made. */
export const CSRF_HEADER = 'X-CSRF-Token'
/** On every answer the BFF itself gives, never on an upstream's. */
export const TANDEM_HEADER = 'X-Tandem'
/** On every answer: the BFF's own. */
export const REQUEST_ID_HEADER = 'X-Request-Id'
/** Appended to `return_to` when a login failed. */
export const LOGIN_ERROR_PARAM = 'login_error'

/** Readable: the value that unsafe calls must bring in a header. Names the session, and is no use without its cookie. */
export const CSRF_COOKIE = '__Host-csrf'
/** Readable: says that somebody is probably signed in. */
export const HINT_COOKIE = '__Host-hint'

/** Cookies of the BFF. `__Host-Http-` is the prefix RFC 10017 names. */
export const cookieNames = {
  session: '__Host-Http-session',
  login: '__Host-Http-login',
  csrf: CSRF_COOKIE,
  hint: HINT_COOKIE,
} as const

/** The same where they are set without `Secure`, which browsers tie the prefix to: for development over http alone. */
export const plainCookieNames = {
  session: 'tandem-session',
  login: 'tandem-login',
  csrf: 'tandem-csrf',
  hint: 'tandem-hint',
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

/**
 * Body of `POST /refresh`; no body asks for a renewal because the user stays, which also moves the idle end. A renewal that is one of the client's
 * timers, or a sign that the user is there, says so.
 */
export interface RefreshRequest {
  /** When access expires as far as the client knows, ms since the epoch: not renewed where it is valid and lasts longer by now. */
  readonly if_expires_at?: number
  /** Whether the user did something: moves the idle end. Alone, `true` renews nothing. */
  readonly active?: boolean
}

/** Answer of `POST /refresh`, and of `GET /session` while signed in. `now` is the server's clock. */
export interface AuthenticatedAnswer {
  readonly authenticated: true
  readonly session: WireSession
  readonly now: number
}

/** What `GET /events` tells (`text/event-stream`), by the name of the event; the data is JSON. */
export interface PushedEvents {
  /** How the session stands: at once, and after every change of it. */
  readonly session: AuthenticatedAnswer
  /** The session at the IDP is over, and the app relies on what it has: `until` then, ms since the epoch. A `session` that says so came before. */
  readonly idp_session_ended: { readonly ended_by: string; readonly until: number }
  /** The session is over, since `at` (ms since the epoch). Nothing comes after it. */
  readonly ended: { readonly ended_by: string; readonly at: number }
}

/**
 * Answer of `POST /logout`. `left`, only where something was: `access_token` and `refresh_token` that could not be revoked, `idp_session`
 * where it cannot be known now where to end that.
 */
export interface LogoutAnswer {
  readonly end_session_url: string | null
  readonly left?: readonly string[]
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
  if (!isLike(value, { authenticated: false })) return false
  return !value.authenticated || isLike(value, { now: 0, session: modelSession })
}

/** Whether `value` is an answer of `POST /logout`. */
export function isLogoutAnswer(value: unknown): value is LogoutAnswer {
  const { end_session_url: url, left = [] } = Object(value) as { readonly [name: string]: unknown }
  return (url === null || typeof url === 'string') && Array.isArray(left)
}

/** Whether `value` is an answer of `GET /token`. */
export function isTokenAnswer(value: unknown): value is TokenAnswer {
  return isLike(value, { access_token: '', expires_at: 0 })
}

/** Whether `value` is a problem of the BFF. */
export function isProblem(value: unknown): value is Problem {
  return isLike(value, { code: '', status: 0 })
}

/** What every session on the wire has. */
const modelSession = {
  ref: '',
  user: { sub: '' },
  app: { started_at: 0, ends_at: 0 },
  idp: { status: '' },
  access: { expires_at: 0, extendable: false, scope: [], audience: [], roles: [] },
  authentication: { time: 0, amr: [] },
}

/** Whether `value` has every member that `model` has, each of the same kind. */
function isLike<Model>(value: unknown, model: Model): value is Model {
  if (typeof value !== typeof model || value === null || Array.isArray(value) !== Array.isArray(model))
    return false
  const members = value as { readonly [name: string]: unknown }
  return Object.entries(Object(model)).every(([name, member]) => isLike(members[name], member))
}

type Camel<Name> = Name extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<Camel<Rest>>}` : Name
type Camelled<Part> = { readonly [Name in keyof Part as Camel<Name>]: Part[Name] }

/** A session in the names the app sees. Claims keep their own. */
export type NamedSession = {
  readonly [Part in keyof WireSession]: Part extends 'app' | 'idp' | 'access' | 'authentication'
    ? Camelled<WireSession[Part]>
    : WireSession[Part]
}

/** A session off the wire. */
export function sessionFromWire(wire: WireSession): NamedSession {
  return renamed(wire, (name) =>
    name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  ) as NamedSession
}

/** A session for the wire: the inverse of {@link sessionFromWire}. */
export function sessionToWire(session: NamedSession): WireSession {
  return renamed(session, (name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ) as WireSession
}

/** The session with the members of its parts renamed. */
function renamed(session: WireSession | NamedSession, rename: (name: string) => string): object {
  const part = (members: object): object =>
    Object.fromEntries(Object.entries(members).map(([name, value]) => [rename(name), value]))
  return { ...session, app: part(session.app), idp: part(session.idp), access: part(session.access) }
}
