/** The sessions of a BFF: open, find, use, renew, end — over the store. */
import type { EndReason } from '../../errors.js'
import { createMac } from '../mac.js'
import type { SessionFilter, SessionRecord } from '../stores/store.js'
import type { SessionContent } from './content.js'
import { end, find, keyOf } from './lookup.js'
import type { EndedSession, Lookup, OpenSession, SessionParts } from './parts.js'
import { createRenewal } from './renewal.js'
import type { Renew } from './renewal.js'
import { begin, rewrite, use } from './writing.js'

/** Everything that is done with sessions. `request` is always the id of the request on whose behalf it is done. */
export interface Sessions {
  /** Begins a session for the user in `content`. */
  begin(content: SessionContent, userAgent: string): Promise<OpenSession>
  find(cookie: string | undefined, request: string): Promise<Lookup>
  /** The session was really used: its idle end moves. What became of it, where that was more. */
  use(open: OpenSession, request: string): Promise<Lookup | null>
  renew: Renew
  /** Replaces what an open session holds. */
  rewrite(
    open: OpenSession,
    change: (content: SessionContent) => SessionContent,
    request: string,
  ): Promise<Lookup>
  end(open: OpenSession, endedBy: EndReason, request: string): Promise<EndedSession>
  /** Ends the session under a key because `sub` signed in anew: `replaced` where it was theirs, else `user_changed`. */
  supersede(key: string, sub: string, request: string): Promise<void>
  /** For administrators: the live sessions of a user or an IDP session, newest first. */
  list(filter: UserFilter): Promise<SessionRecord[]>
  /** For administrators: ends all that match, and says how many they were. */
  endAll(filter: UserFilter | { readonly ref: string }, endedBy: EndReason, request: string): Promise<number>
}

/** Whose sessions: the user's, those of one session at the IDP, or both. */
export type UserFilter =
  { readonly sub: string; readonly sid?: string } | { readonly sub?: string; readonly sid: string }

/** Makes the sessions. */
export function createSessions(parts: SessionParts): Sessions {
  const { options, edges, log } = parts
  const { issuer } = options.idp
  const index = createMac(options.secrets, 'index')
  const subject = (sub: string): string => JSON.stringify(['sub', issuer, sub])
  const idpSession = (sid: string): string => JSON.stringify(['sid', issuer, sid])

  /** The store's filters for one of ours: one for every secret, for records keep the index they were written with. */
  const filters = async ({ sub, sid }: UserFilter): Promise<SessionFilter[]> => {
    const subjects = sub === undefined ? [] : await index.all(subject(sub))
    const idpSessions = sid === undefined ? [] : await index.all(idpSession(sid))
    return options.secrets.flatMap((_, i): SessionFilter[] => {
      const one = subjects[i]
      const other = idpSessions[i]
      if (one !== undefined) return [{ subject: one, ...(other !== undefined && { idpSession: other }) }]
      return other === undefined ? [] : [{ idpSession: other }]
    })
  }

  return {
    async begin(content, userAgent) {
      const { sid } = content.idp
      const open = await begin(parts, content, {
        subject: await index.of(subject(content.user.sub)),
        idpSession: sid === undefined ? null : await index.of(idpSession(sid)),
        userAgent,
      })
      log.info({ event: 'session_began', ref: open.record.ref, began: content.began }, 'A session began.')
      return open
    },
    find: (cookie, request) => find(parts, cookie, request),
    use: (open, request) => use(parts, open, request),
    renew: createRenewal(parts),
    rewrite: (open, change, request) => rewrite(parts, open, change, request),
    end: (open, endedBy, request) => end(parts, open, endedBy, request),
    async supersede(key, sub, request) {
      const store = await parts.store()
      const found = await store.get(key)
      if (found?.state !== 'live') return
      const { ref } = found.record
      const same = (await index.all(subject(sub))).includes(found.record.subject)
      const endedBy = same ? 'replaced' : 'user_changed'
      await store.delete(key, { endedBy, at: edges.now(), request })
      parts.vault.forget(key)
      log.info({ event: 'session_ended', ref, ended_by: endedBy, request }, 'A session ended.')
    },
    async list(filter) {
      const store = await parts.store()
      const now = edges.now()
      const found = await Promise.all((await filters(filter)).map((one) => store.list(one, now)))
      return found.flat().sort((a, b) => b.startedAt - a.startedAt)
    },
    async endAll(filter, endedBy, request) {
      const store = await parts.store()
      const tombstone = { endedBy, at: edges.now(), request }
      const all = 'ref' in filter ? [filter] : await filters(filter)
      const ended = (await Promise.all(all.map((one) => store.deleteWhere(one, tombstone)))).flat()
      for (const { key, ref } of ended) {
        parts.vault.forget(key)
        log.info({ event: 'session_ended', ref, ended_by: endedBy, request }, 'A session ended.')
      }
      return ended.length
    },
  }
}

export { keyOf }
