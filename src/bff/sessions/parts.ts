/** What everything about sessions is made of, and what a session is once its cookie has opened it. */
import type { EndReason } from '../../errors.js'
import { endReasonOf, isExtendable, appEndsAt } from '../../session/session.js'
import type { IdpEndPolicy, Session } from '../../session/session.js'
import type { Edges } from '../edges.js'
import type { Idp } from '../idp/idp.js'
import type { TokenKind } from '../idp/revocation.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import type { SessionRecord, SessionStore } from '../stores/store.js'
import type { SessionContent } from './content.js'
import type { Vault } from './vault.js'

/** Shared by everything about sessions. */
export interface SessionParts {
  readonly options: ResolvedOptions
  readonly edges: Edges
  readonly log: Log
  readonly idp: Idp
  readonly vault: Vault
  /** When this process began to serve, ms since the epoch. */
  readonly upSince?: number
  /** Rejects where the store cannot be opened or reached. */
  store(): Promise<SessionStore>
  /** Lets work go on after the answer, and `close()` wait for it. */
  background(work: Promise<unknown>): void
}

/** A live session, opened by its cookie. */
export interface OpenSession {
  readonly cookie: string
  readonly record: SessionRecord
  readonly content: SessionContent
}

/** Tokens on their way to be revoked. */
export interface Revoking {
  /** Which kinds of them there are. */
  readonly kinds: readonly TokenKind[]
  /** Which kinds were left when each had been tried once. */
  readonly left: Promise<readonly TokenKind[]>
}

/** What is done with what a session held, before its tokens are revoked. Never rejects. */
export type LastUse = (content: SessionContent) => Promise<void>

/** A session that is over, as its holder may know it. */
export interface EndedSession {
  readonly state: 'ended'
  readonly endedBy: EndReason
  /** ms since the epoch */
  readonly at: number
  /** Its tokens are being revoked, where it was ended just now. */
  readonly revocation?: Revoking
}

/** What a session cookie leads to. `session` is how it stands now. */
export type Lookup =
  | { readonly state: 'live'; readonly open: OpenSession; readonly session: Session }
  | EndedSession
  /** A cookie without record or tombstone. `upSince`: sessions live no longer than the process, which is up since then (ms). */
  | { readonly state: 'unknown'; readonly upSince?: number }
  /** No cookie. */
  | { readonly state: 'none' }

/** Why a session is over at `now` (ms) and since when; `null` while it lives (DESIGN §3). */
export function whyOver(
  session: Session,
  policy: IdpEndPolicy,
  now: number,
): { readonly endedBy: EndReason; readonly at: number } | null {
  const { idp, access } = session
  const appEnd = appEndsAt(session)
  if (now >= appEnd) return { endedBy: 'app_session_over', at: appEnd }
  const endedBy = endReasonOf(idp.endedBy)
  if (idp.status === 'ended' && policy[idp.endedBy === 'logout' ? 'logout' : 'expired'] === 'end')
    return { endedBy, at: Math.min(now, idp.endsAt ?? now) }
  if (now < access.expiresAt || isExtendable(session, now)) return null
  // What was ended before its time has no cap to wait for.
  const isEndedEarly = idp.status === 'ended' && idp.endedBy !== 'expired'
  const extendableUntil = isEndedEarly
    ? Infinity
    : Math.min(idp.endsAt ?? Infinity, access.extendableUntil ?? Infinity)
  return {
    endedBy,
    at: extendableUntil > now ? access.expiresAt : Math.max(access.expiresAt, extendableUntil),
  }
}

/** When nothing of a session may be used any more: the store's `expiresAt`. */
export function recordEndsAt(
  { idle, absolute }: ResolvedOptions['session'],
  startedAt: number,
  usedAt: number,
): number {
  const absoluteEnd = startedAt + absolute * 1000
  return idle === 0 ? absoluteEnd : Math.min(usedAt + idle * 1000, absoluteEnd)
}
