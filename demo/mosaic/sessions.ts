import { randomUUID } from 'node:crypto'

/** One authentication of a user in one browser, and how long it is good for. */
export interface MosaicSession {
  readonly id: string
  readonly userId: string
  /** The client it was started through, whose `session_expiration` it has. */
  readonly clientId: string
  /** The library's identifier of the browser's session. */
  readonly browser: string
  /** Applications that have got tokens in it. */
  readonly apps: Set<string>
  /** `acr_values` it satisfies beside `mfa`, which `amr` tells. */
  readonly methods: ReadonlySet<string>
  readonly amr: readonly string[]
  /** ms since epoch. */
  readonly startedAt: number
  expiresAt: number
  /** Seconds it lasts anew each time it is extended. */
  readonly lifetime: number
  ended: boolean
  /** The grant of the authorization that started it: its code exchange extends nothing. */
  firstGrant: string | null
}

/** What a session is started with. */
export type SessionStart = Pick<
  MosaicSession,
  'userId' | 'clientId' | 'browser' | 'methods' | 'amr' | 'lifetime'
>

/** All sessions of the tenant, ended and expired ones too, so that tokens can be asked whose they were. */
export interface Sessions {
  /** Every interactive authentication starts one; the browser's earlier ones go on until they end. */
  start(details: SessionStart): MosaicSession
  /** The live session a browser is in. */
  ofBrowser(browser: string): MosaicSession | undefined
  /** The session in which a grant was made, live or not. */
  ofGrant(grantId: string | undefined): MosaicSession | undefined
  /** Remembers in which session a grant was made. */
  bind(grantId: string, session: MosaicSession, appId: string): void
  isLive(session: MosaicSession | undefined): session is MosaicSession
  /** Lets a live session last its lifetime from now on; never shortens it. */
  extend(session: MosaicSession): void
  /** The live sessions that are wanted, oldest first. */
  live(wanted: (session: MosaicSession) => boolean): MosaicSession[]
  get(id: string): MosaicSession | undefined
  end(sessions: readonly MosaicSession[]): void
}

/** No sessions yet. Time is `Date.now()`. */
export const createSessions = (): Sessions => {
  const all = new Map<string, MosaicSession>()
  const current = new Map<string, MosaicSession>()
  const grants = new Map<string, MosaicSession>()
  const isLive = (session: MosaicSession | undefined): session is MosaicSession =>
    session !== undefined && !session.ended && session.expiresAt > Date.now()

  return {
    start: (details) => {
      const startedAt = Date.now()
      const session: MosaicSession = {
        ...details,
        id: randomUUID(),
        apps: new Set(),
        startedAt,
        expiresAt: startedAt + details.lifetime * 1000,
        ended: false,
        firstGrant: null,
      }
      all.set(session.id, session)
      current.set(details.browser, session)
      return session
    },
    ofBrowser: (browser) => {
      const session = current.get(browser)
      return isLive(session) ? session : undefined
    },
    ofGrant: (grantId) => (grantId === undefined ? undefined : grants.get(grantId)),
    bind: (grantId, session, appId) => {
      grants.set(grantId, session)
      session.firstGrant ??= grantId
      session.apps.add(appId)
    },
    isLive,
    extend: (session) => {
      if (isLive(session))
        session.expiresAt = Math.max(session.expiresAt, Date.now() + session.lifetime * 1000)
    },
    live: (wanted) => [...all.values()].filter((session) => isLive(session) && wanted(session)),
    get: (id) => all.get(id),
    end: (sessions) => {
      for (const session of sessions) session.ended = true
    },
  }
}
