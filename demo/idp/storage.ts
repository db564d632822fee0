import {
  errors,
  type Adapter,
  type AdapterFactory,
  type AdapterPayload,
  type ClientMetadata,
} from 'oidc-provider'

interface Entry {
  payload: AdapterPayload
  /** ms since epoch. */
  expiresAt: number
  /** When it was used first, ms since epoch. */
  usedAt?: number
}

/** The provider's memory: everything the library stores, findable by user. Lost when the process ends. */
export interface Storage {
  readonly adapter: AdapterFactory
  /** Ends the user's sessions; refresh tokens bound to them are refused from now on. Returns what they were. */
  endSessions(sub: string): AdapterPayload[]
  /** Forgets the user's refresh tokens, codes and grants, their sessions stay. Returns how many refresh tokens. */
  revokeGrants(sub: string): number
  /** Moves the end of a session to `seconds` from now. */
  extendSession(uid: string, seconds: number): void
  /** How many entries of one kind (`Session`, `RefreshToken` …) are good for use, of one user or of all. */
  count(kind: string, sub?: string): number
  /** The entries of one kind that are good for use, by their identifier. */
  select(kind: string, wanted: (payload: AdapterPayload) => boolean): [id: string, payload: AdapterPayload][]
  /** Forgets them. Returns how many there were. */
  remove(kind: string, wanted: (payload: AdapterPayload) => boolean): number
}

const GRANTED = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken'])

/**
 * @param clients the registered clients, read at each look-up
 * @param bound whether a stored token dies with the session it was issued in
 * @param reuseWindow for how long a used refresh token may be used once more, in seconds
 */
export const createStorage = (
  clients: Pick<ReadonlyMap<string, ClientMetadata>, 'get'>,
  bound: (token: AdapterPayload) => boolean,
  reuseWindow: () => number = () => 0,
): Storage => {
  const kinds = new Map<string, Map<string, Entry>>()
  const of = (kind: string): Map<string, Entry> => {
    const known = kinds.get(kind) ?? new Map<string, Entry>()
    kinds.set(kind, known)
    return known
  }
  const live = (kind: string, id: string): AdapterPayload | undefined => {
    const entry = of(kind).get(id)
    if (entry && entry.expiresAt > Date.now()) return entry.payload
    of(kind).delete(id)
    return undefined
  }
  const select = (kind: string, wanted: (payload: AdapterPayload) => boolean): [string, AdapterPayload][] =>
    [...of(kind).keys()].flatMap((id) => {
      const payload = live(kind, id)
      return payload && wanted(payload) ? [[id, payload] as [string, AdapterPayload]] : []
    })
  const remove = (kind: string, wanted: (payload: AdapterPayload) => boolean): number => {
    const found = select(kind, wanted)
    for (const [id] of found) of(kind).delete(id)
    return found.length
  }
  const sessionOf = (uid: string): [string, AdapterPayload] | undefined =>
    select('Session', (session) => session.uid === uid)[0]

  const isReusable = (kind: string, id: string): boolean =>
    kind === 'RefreshToken' && Date.now() < (of(kind).get(id)?.usedAt ?? -Infinity) + reuseWindow() * 1000

  const find = (kind: string, id: string): AdapterPayload | undefined => {
    if (kind === 'Client') return clients.get(id)
    const stored = live(kind, id)
    const payload = stored && isReusable(kind, id) ? { ...stored, consumed: undefined } : stored
    if (!payload || !GRANTED.has(kind) || !payload.sessionUid || !bound(payload)) return payload
    return sessionOf(payload.sessionUid)?.[1].accountId === payload.accountId ? payload : undefined
  }

  const adapter = (kind: string): Adapter => ({
    upsert: async (id, payload, seconds) => {
      const expiresAt = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000
      of(kind).set(id, { payload, expiresAt })
    },
    find: async (id) => find(kind, id),
    findByUid: async (uid) => sessionOf(uid)?.[1],
    findByUserCode: async (code) => select(kind, (payload) => payload.userCode === code)[0]?.[1],
    consume: async (id) => {
      const payload = live(kind, id)
      if (!payload || isReusable(kind, id)) return
      if (payload.consumed) {
        // Two uses at the same moment: the library has let both pass its own check.
        for (const granted of [...GRANTED, 'Grant'])
          remove(granted, (other) => other.grantId === payload.grantId || other.jti === payload.grantId)
        throw new errors.InvalidGrant('already used')
      }
      payload.consumed = Math.floor(Date.now() / 1000)
      Object.assign(of(kind).get(id) ?? {}, { usedAt: Date.now() })
    },
    destroy: async (id) => void of(kind).delete(id),
    revokeByGrantId: async (grantId) => void remove(kind, (payload) => payload.grantId === grantId),
  })

  return {
    adapter,
    endSessions: (sub) => {
      const ended = select('Session', (session) => session.accountId === sub)
      for (const [id] of ended) of('Session').delete(id)
      return ended.map(([, session]) => session)
    },
    revokeGrants: (sub) => {
      const ofUser = (payload: AdapterPayload): boolean => payload.accountId === sub
      for (const kind of ['AccessToken', 'AuthorizationCode', 'Grant']) remove(kind, ofUser)
      return remove('RefreshToken', ofUser)
    },
    extendSession: (uid, seconds) => {
      const id = sessionOf(uid)?.[0]
      const entry = id === undefined ? undefined : of('Session').get(id)
      if (!entry) return
      entry.expiresAt = Date.now() + seconds * 1000
      entry.payload.exp = Math.floor(entry.expiresAt / 1000)
    },
    select,
    remove,
    count: (kind, sub) =>
      select(kind, ({ accountId, consumed }) => !consumed && (sub === undefined || accountId === sub)).length,
  }
}
