/** From a session cookie to the session, as it stands now. */
import type { EndReason } from '../../errors.js'
import { sha256 } from '../bytes.js'
import { TOMBSTONE_LIFETIME } from '../stores/store.js'
import type { TokenKind } from '../idp/revocation.js'
import { sessionOf } from './content.js'
import type { SessionContent } from './content.js'
import { whyOver } from './parts.js'
import type { EndedSession, LastUse, Lookup, OpenSession, Revoking, SessionParts } from './parts.js'

/** A session cookie's value: 256 bits, base64url. */
const SHAPE = /^[\w-]{43}$/

/** The store's key of a session cookie; `null` where its value is none of ours. */
export const keyOf = async (cookie: string): Promise<string | null> =>
  SHAPE.test(cookie) ? sha256(cookie) : null

/** What a session cookie leads to; `request` is the id of the request that asks. Ends a session that is over. */
export async function find(
  parts: SessionParts,
  cookie: string | undefined,
  request: string,
): Promise<Lookup> {
  if (cookie === undefined) return { state: 'none' }
  const key = await keyOf(cookie)
  return key === null ? { state: 'unknown' } : look(parts, key, cookie, request)
}

/** The same once more, for a session that was open before: whatever became of it meanwhile. */
export const again = (
  parts: SessionParts,
  { cookie, record }: OpenSession,
  request: string,
): Promise<Lookup> => look(parts, record.key, cookie, request)

async function look(parts: SessionParts, key: string, cookie: string, request: string): Promise<Lookup> {
  const { edges, vault, log, upSince } = parts
  const store = await parts.store()
  const found = await store.get(key)
  if (found === null)
    return { state: 'unknown', ...(store.sharedBy === 'process' && upSince !== undefined && { upSince }) }
  if (found.state === 'ended') {
    const { endedBy, at } = found.tombstone
    return at + TOMBSTONE_LIFETIME > edges.now() ? { state: 'ended', endedBy, at } : { state: 'unknown' }
  }
  const { record } = found
  const content = await vault.open(record, cookie)
  if (content === null) {
    log.warn(
      { event: 'session_sealed', ref: record.ref },
      'A session cannot be opened with the secrets there are.',
    )
    return { state: 'unknown' }
  }
  return judged(parts, { cookie, record, content }, request)
}

/** An open session as it stands now; ends it where it is over. */
export async function judged(parts: SessionParts, open: OpenSession, request: string): Promise<Lookup> {
  const { options, edges } = parts
  const now = edges.now()
  const session = sessionOf(open.record, open.content, options.session, now)
  const over = whyOver(session, options.session.whenIdpSessionEnds, now)
  return over === null ? { state: 'live', open, session } : end(parts, open, over.endedBy, request, over.at)
}

/**
 * Ends a session: leaves a tombstone, deletes the rest, and revokes its tokens afterwards: those it had at its end, for it may have been renewed
 * since it was opened. Another end that came first stays the reason. `at`: since when it is over, ms; default now. `first`: what they are still needed
 * for, when the session is over and before they are revoked.
 */
export async function end(
  parts: SessionParts,
  open: OpenSession,
  endedBy: EndReason,
  request: string,
  at: number = parts.edges.now(),
  first?: LastUse,
): Promise<EndedSession> {
  const { record, cookie } = open
  const store = await parts.store()
  const ended = await store.delete(record.key, { endedBy, at, request })
  const content = ended && (await parts.vault.open(ended, cookie))
  parts.vault.forget(record.key)
  if (ended === null) {
    const found = await store.get(record.key)
    if (found?.state === 'ended')
      return { state: 'ended', endedBy: found.tombstone.endedBy, at: found.tombstone.at }
    return { state: 'ended', endedBy, at }
  }
  parts.edges.metrics.sessionEnded(endedBy)
  parts.log.info({ event: 'session_ended', ref: record.ref, ended_by: endedBy, request }, 'A session ended.')
  const revocation = content && revoke(parts, content, first?.(content))
  return { state: 'ended', endedBy, at, ...(revocation && { revocation }) }
}

/** Revokes what a session holds, where there is something. An access token that a browser brought is the browser's to revoke. */
function revoke(
  { idp, options, edges, background }: SessionParts,
  { access, resources, refreshToken, began }: SessionContent,
  used: Promise<void> = Promise.resolve(),
): Revoking | null {
  const isOurs = options.idp.revokeAccessToken && began === 'login'
  const held = isOurs ? [access, ...Object.values(resources)] : []
  const tokens: [token: string, kind: TokenKind][] = held
    .filter(({ expiresAt }) => edges.now() < expiresAt)
    .map(({ value }) => [value, 'access_token'])
  if (refreshToken) tokens.push([refreshToken, 'refresh_token'])
  if (tokens.length === 0) {
    background(used)
    return null
  }
  const kinds = (some: typeof tokens): TokenKind[] => [...new Set(some.map(([, kind]) => kind))]
  const left = used
    .then(() => Promise.all(tokens.map(([token, kind]) => idp.revoke(token, kind))))
    .then((done) => kinds(tokens.filter((_, index) => done[index] === false)))
  background(left)
  return { kinds: kinds(tokens), left }
}
