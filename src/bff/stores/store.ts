/**
 * What a store of sessions has to do (DESIGN §8.5). Every write of a record is a compare-and-swap, so that *an end wins
 * over every concurrent write*: a late request cannot bring back a session that was ended, and two instances cannot both
 * hold the lease of a renewal. One contract suite tests every store.
 */
import type { EndReason } from '../../errors.js'
import type { IdpEnd } from '../../session/session.js'

/** A live session as it is stored. It opens nothing without the cookie whose SHA-256 is `key`. Times are ms since the epoch. */
export interface SessionRecord {
  /** SHA-256 of the session cookie's value, base64url. */
  readonly key: string
  /** Counts the writes; the store sets it to 1 at `create` and adds 1 at every `replace`. */
  readonly version: number
  /** The session's public reference. */
  readonly ref: string
  /** HMAC of `iss` and `sub`: the index for an end by user. */
  readonly subject: string
  /** HMAC of `iss` and `sid`, where the IDP tells one: the index for an end by IDP session. */
  readonly idpSession: string | null
  /** User-agent family and platform, for an administrator's list. */
  readonly userAgent: string
  readonly startedAt: number
  readonly usedAt: number
  /** When nothing of it may be used any more: the earlier of idle and absolute end. */
  readonly expiresAt: number
  /** Who renews access right now, and until when nobody else may. */
  readonly lease: { readonly holder: string; readonly until: number } | null
  /** How the session at the IDP ended, where that was learnt without the cookie that opens the rest; else `null`. */
  readonly idpEnded: IdpEnd | null
  /** Tokens, claims and the rest: AES-GCM, key derived from a server secret and the cookie. Opaque to the store. */
  readonly sealed: string
}

/** What is left of an ended session for 24 h: who ended it and when. Says nothing about the user. */
export interface Tombstone {
  readonly endedBy: EndReason
  /** ms since the epoch */
  readonly at: number
  /** The `X-Request-Id` of the request that ended it. */
  readonly request: string
}

/** What a key leads to. */
export type Found =
  | { readonly state: 'live'; readonly record: SessionRecord }
  | { readonly state: 'ended'; readonly tombstone: Tombstone }

/** Which sessions an end is meant for: all given members must match. */
export type SessionFilter =
  | { readonly subject: string; readonly idpSession?: string }
  | { readonly subject?: string; readonly idpSession: string }
  | { readonly ref: string }

/** How long a tombstone is kept, ms. */
export const TOMBSTONE_LIFETIME = 24 * 60 * 60 * 1000

/** Takes what other instances of the BFF did. */
export interface NewsListener {
  /** The session under this key was changed or ended. */
  told(key: string): void
  /** Something may have happened that was not told: what matters has to be read again. Also called once listening has begun. */
  missed(): void
}

/** News that a store tells. */
export interface News {
  /** Whether they come in now. While they do not, only asking helps. */
  readonly live: boolean
  stop(): void
}

/**
 * A store of sessions. Methods reject only when the store cannot be reached; the BFF then answers 503 and ends nothing.
 * `Date.now` is never read: the caller says what time it is.
 */
export interface SessionStore {
  /** Stores a new record with version 1. False where the key is taken, by a record or a tombstone. */
  create(record: SessionRecord): Promise<boolean>
  /** What is there under `key`, whatever its age. */
  get(key: string): Promise<Found | null>
  /** The same at once, where the store need not be waited for. Throws where it cannot be reached. */
  peek?(key: string): Found | null
  /**
   * Replaces the record under `record.key` if it is live and has `version`; it then has `version + 1`.
   * False, and nothing written, where it was changed, ended or deleted meanwhile.
   */
  replace(record: SessionRecord, version: number): Promise<boolean>
  /** Ends the session under `key`: leaves the tombstone, deletes the rest. The record that was live, or null. */
  delete(key: string, tombstone: Tombstone): Promise<SessionRecord | null>
  /** Ends every live session that matches. The records that were live. */
  deleteWhere(filter: SessionFilter, tombstone: Tombstone): Promise<SessionRecord[]>
  /** The live sessions that match and have not expired at `now` (ms), newest first. */
  list(filter: SessionFilter, now: number): Promise<SessionRecord[]>
  /** Keeps `id` in mind until `until` (ms since the epoch), or for longer where it is kept longer already. Whether it is new. */
  remember(id: string, until: number): Promise<boolean>
  /** Until when `id` is kept in mind, ms since the epoch; `null` where it is not. What is past may still be told. */
  remembered(id: string): Promise<number | null>
  /**
   * Removes a bounded number of what is past: live records whose `expiresAt` is over at `now` become tombstones
   * (`app_session_over`, at their `expiresAt`), tombstones older than {@link TOMBSTONE_LIFETIME} go, and so does what was to be
   * kept in mind until `now`. How many were removed.
   */
  deleteExpired(now: number): Promise<number>
  /** Resolves when the store answers and takes writes, as of a second ago at most; rejects when it does not. For `/readyz`. */
  ping(): Promise<void>
  /** What whoever runs the store should change, as sentences; rejects where it does not answer. For `/readyz`. */
  warnings?(): Promise<readonly string[]>
  close(): Promise<void>
  /** Who shares what is stored: nobody but this process, all processes of this machine, or all instances. Not known where it is not said. */
  readonly sharedBy?: 'process' | 'machine' | 'network'
  /** Tells of what others wrote as it happens, where the store can. Needs no connection to begin with. */
  news?(listener: NewsListener): News
}
