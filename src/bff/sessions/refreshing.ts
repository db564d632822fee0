/** One token request under a lease, and what its outcome makes of the session. */
import type { IdpEnd } from '../../session/session.js'
import { sleep } from '../edges.js'
import { NoAnswer, OtherUser, Refused } from '../idp/failures.js'
import type { Tokens } from '../idp/tokens.js'
import { errorEntry } from '../log.js'
import { grantedFor, renewed, withoutIdp } from './content.js'
import type { SessionContent } from './content.js'
import { holds } from './lease.js'
import type { Lease } from './lease.js'
import { again, end, judged } from './lookup.js'
import type { Lookup, OpenSession, SessionParts } from './parts.js'

/** How often, and after how long each time (ms), it is tried to keep what the IDP answered: for longer than a store takes to restart. */
const WRITE_ATTEMPTS = 100
const WRITE_AGAIN = 200

/** What to ask for. */
export interface RefreshRequest {
  readonly resource: string | null
  readonly refreshToken: string
  /** Somebody may have used the refresh token before, and died. */
  readonly abandoned: boolean
  readonly request: string
}

/**
 * Asks the IDP, and writes what it answered. Resolves with what became of the session, with the {@link NoAnswer} where there was
 * none (the session is kept), `overtaken` where another instance has taken the lease meanwhile, or
 * `unasked` where the lease had run out before the IDP was asked.
 */
export async function askIdp(
  parts: SessionParts,
  open: OpenSession,
  lease: Lease,
  wanted: RefreshRequest,
): Promise<Lookup | NoAnswer | 'overtaken' | 'unasked'> {
  try {
    return await ask(parts, open, lease, wanted)
  } finally {
    // Until what was answered is kept, nobody else may ask.
    await lease.stop()
  }
}

async function ask(
  parts: SessionParts,
  open: OpenSession,
  lease: Lease,
  { resource, refreshToken, abandoned, request }: RefreshRequest,
): Promise<Lookup | NoAnswer | 'overtaken' | 'unasked'> {
  const { idp, log, edges, options } = parts
  const asked = resource ?? open.content.resource ?? undefined
  const unsure = abandoned || open.content.unanswered
  // Who holds the lease now may have used the refresh token: sent once more, it costs the session its tokens where reuse is watched for (RFC 9700 §4.14.2).
  if (lease.isOver()) return 'unasked'
  let tokens: Tokens
  try {
    const { user, access } = open.content
    const before = grantedFor(open.content, resource)
    tokens = await idp.refresh(refreshToken, user.sub, asked, access.dpopKey, before)
  } catch (error) {
    if (error instanceof OtherUser) {
      edges.metrics.refresh('user_changed')
      const ended = await end(parts, open, 'user_changed', request)
      if (error.refreshToken !== null) parts.background(idp.revoke(error.refreshToken))
      return ended
    }
    const failure = asFailure(error, resource)
    edges.metrics.refresh(failure instanceof NoAnswer ? 'no_answer' : 'refused')
    log.warn(
      { event: 'refresh_failed', ref: open.record.ref, request, ...errorEntry(failure) },
      'Access was not renewed.',
    )
    if (failure instanceof NoAnswer) {
      const unanswered = unsure || failure.lost
      const written = await write(parts, open, lease, (content) => ({ ...content, unanswered }), request)
      return written === 'overtaken' || written.state !== 'live' ? written : failure
    }
    const endedBy: IdpEnd = unsure ? 'refresh_lost' : 'unknown'
    return write(parts, open, lease, (content) => withoutIdp(content, endedBy), request)
  }
  edges.metrics.refresh('renewed')
  const { idpLifetime } = options.session
  const change = (content: SessionContent): SessionContent =>
    isOver(content) ? content : renewed(content, tokens, { resource, idpLifetime, now: edges.now() })
  const written = await write(parts, open, lease, change, request)
  // Ended while the IDP was asked, here or there: what it issued must not outlive the session.
  const ended = written !== 'overtaken' && (written.state !== 'live' || isOver(written.open.content))
  if (ended && tokens.refreshToken !== null) parts.background(idp.revoke(tokens.refreshToken))
  return written
}

const isOver = ({ idp }: SessionContent): boolean => idp.status === 'ended'

/** A refusal is one of the session, unless it is about the resource that was asked for (RFC 8707 §2). */
function asFailure(error: unknown, resource: string | null): NoAnswer | Refused {
  if (error instanceof NoAnswer) return error
  if (!(error instanceof Refused)) return new NoAnswer('The refresh failed.', { lost: true, cause: error })
  return error.error === 'invalid_target' && resource !== null
    ? // Some have used up the refresh token before they look at the resource.
      new NoAnswer(`The IDP issues no token for ${resource}.`, { lost: true, error: error.error })
    : error
}

/**
 * Gives the lease back together with the change; nothing is written where the lease is no longer ours. Tries again where the store fails: what the IDP
 * rotated would be lost with the answer.
 */
async function write(
  parts: SessionParts,
  open: OpenSession,
  lease: Lease,
  change: (content: SessionContent) => SessionContent,
  request: string,
): Promise<Lookup | 'overtaken'> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeOnce(parts, open, lease, change, request)
    } catch (error) {
      if (attempt === WRITE_ATTEMPTS) throw error
      await sleep(parts.edges, WRITE_AGAIN)
    }
  }
}

async function writeOnce(
  parts: SessionParts,
  open: OpenSession,
  lease: Lease,
  change: (content: SessionContent) => SessionContent,
  request: string,
): Promise<Lookup | 'overtaken'> {
  const store = await parts.store()
  const { cookie } = open
  for (;;) {
    const found = await store.get(open.record.key)
    if (found?.state !== 'live') return again(parts, open, request)
    if (!holds(found, lease.holder)) return 'overtaken'
    const { record } = found
    const content = await parts.vault.open(record, cookie)
    if (content === null) return { state: 'unknown' }
    const next = change(content)
    const sealed = await parts.vault.seal(next, record.key, cookie)
    const settled = { ...record, lease: null, sealed }
    if (await store.replace(settled, record.version))
      return judged(
        parts,
        { cookie, record: { ...settled, version: record.version + 1 }, content: next },
        request,
      )
  }
}
