/** Changes of a live session. Each is a compare-and-swap: an end wins over every one of them (DESIGN §8.5). */
import { toBase64Url, sha256 } from '../bytes.js'
import type { SessionRecord } from '../stores/store.js'
import type { SessionContent } from './content.js'
import { again } from './lookup.js'
import { recordEndsAt } from './parts.js'
import type { Lookup, OpenSession, SessionParts } from './parts.js'

/** What is written on the outside of a new session. */
export type Label = Pick<SessionRecord, 'subject' | 'idpSession' | 'userAgent'>

const COOKIE_BYTES = 32
const REF_BYTES = 16
/** How often the use of a session is written down at most, ms: with an idle limit that others see moving, and without one. */
const THROTTLE = 1_000
const THROTTLE_WITHOUT_LIMIT = 60_000

/** Begins a session: new cookie, new reference. */
export async function begin(
  parts: SessionParts,
  content: SessionContent,
  label: Label,
): Promise<OpenSession> {
  const { edges, options, vault } = parts
  const cookie = toBase64Url(edges.random(COOKIE_BYTES))
  const key = await sha256(cookie)
  const now = edges.now()
  const record: SessionRecord = {
    ...label,
    key,
    version: 1,
    ref: toBase64Url(edges.random(REF_BYTES)),
    startedAt: now,
    usedAt: now,
    expiresAt: recordEndsAt(options.session, now, now),
    lease: null,
    idpEnded: null,
    sealed: await vault.seal(content, key, cookie),
  }
  if (!(await (await parts.store()).create(record)))
    throw new Error('The store has a session under a new key.')
  return { cookie, record, content }
}

/** Until when the use of a session need not be written down again, ms since the epoch. */
export const restsUntil = (
  { idle }: SessionParts['options']['session'],
  { usedAt }: Pick<SessionRecord, 'usedAt'>,
): number => usedAt + (idle === 0 ? THROTTLE_WITHOUT_LIMIT : Math.min(THROTTLE, (idle * 1000) / 10))

/**
 * Marks a session as used now, so that its idle end moves. Written once a second at most, for a busy session is used much more often.
 * What became of the session, where that was more than being used.
 */
export async function use(parts: SessionParts, open: OpenSession, request: string): Promise<Lookup | null> {
  const { edges, options } = parts
  const now = edges.now()
  const store = await parts.store()
  for (let current = open; ;) {
    const { record } = current
    if (now <= restsUntil(options.session, record)) return null
    const expiresAt = recordEndsAt(options.session, record.startedAt, now)
    if (await store.replace({ ...record, usedAt: now, expiresAt }, record.version)) return null
    const lookup = await again(parts, current, request)
    if (lookup.state !== 'live') return lookup
    current = lookup.open
  }
}

/** Replaces the content of a session. What became of it. */
export async function rewrite(
  parts: SessionParts,
  open: OpenSession,
  change: (content: SessionContent) => SessionContent,
  request: string,
): Promise<Lookup> {
  const store = await parts.store()
  for (let current = open; ;) {
    const { record, cookie } = current
    const sealed = await parts.vault.seal(change(current.content), record.key, cookie)
    const written = await store.replace({ ...record, sealed }, record.version)
    const lookup = await again(parts, current, request)
    if (written || lookup.state !== 'live') return lookup
    current = lookup.open
  }
}
