/** The sessions of a BFF: open, find, use, renew, end — over the store. */
import type { EndReason } from '../../errors.js'
import type { Binding } from '../properties.js'
import type { SessionRecord } from '../stores/store.js'
import type { SessionContent } from './content.js'
import { createFiling } from './filing.js'
import type { UserFilter } from './filing.js'
import { createIdpLogouts } from './idp-logout.js'
import type { IdpLogouts, Since } from './idp-logout.js'
import { again, end, find, keyOf } from './lookup.js'
import type { EndedSession, LastUse, Lookup, OpenSession, SessionParts } from './parts.js'
import { createRenewal } from './renewal.js'
import type { Renew } from './renewal.js'
import { begin, rewrite, use } from './writing.js'

/** Everything that is done with sessions. `request` is always the id of the request on whose behalf it is done. */
export interface Sessions {
  /** Begins a session for the user in `content`; `null` where the IDP has told of a logout meanwhile: then it is over at once. */
  begin(content: SessionContent, birth: Birth): Promise<OpenSession | null>
  find(cookie: string | undefined, request: string): Promise<Lookup>
  /** What became of a session that was open before. */
  again(open: OpenSession, request: string): Promise<Lookup>
  /** The session was really used: its idle end moves. What became of it, where that was more. */
  use(open: OpenSession, request: string): Promise<Lookup | null>
  renew: Renew
  /** Replaces what an open session holds. */
  rewrite(
    open: OpenSession,
    change: (content: SessionContent) => SessionContent,
    request: string,
  ): Promise<Lookup>
  /** `first`: what its tokens are still needed for before they are revoked. */
  end(open: OpenSession, endedBy: EndReason, request: string, first?: LastUse): Promise<EndedSession>
  /** Ends the session under a key because `sub` signed in anew: `replaced` where it was theirs, else `user_changed`. */
  supersede(key: string, sub: string, request: string): Promise<void>
  /** For administrators: the live sessions of a user or an IDP session, newest first. */
  list(filter: UserFilter): Promise<SessionRecord[]>
  /** For administrators: ends all that match, and says how many they were. */
  endAll(filter: UserFilter | { readonly ref: string }, endedBy: EndReason, request: string): Promise<number>
  /** The IDP says that sessions of its own are over: by policy ours are, too, or rely on what they have. How many they were. */
  endAtIdp: IdpLogouts['apply']
  /** The same by a logout token; `null` where it was taken before. */
  takeLogout: IdpLogouts['take']
}

/** What is known of the login a session begins with. */
export interface Birth {
  readonly userAgent: string
  /** What else the session is bound to. */
  readonly boundTo?: Binding
  readonly since: Since
  readonly request: string
}

/** Makes the sessions. */
export function createSessions(parts: SessionParts): Sessions {
  const { options, edges, log } = parts
  const filing = createFiling(options)

  const endAll: Sessions['endAll'] = async (filter, endedBy, request) => {
    const store = await parts.store()
    const tombstone = { endedBy, at: edges.now(), request }
    const all = 'ref' in filter ? [filter] : await filing.filters(filter)
    const ended = (await Promise.all(all.map((one) => store.deleteWhere(one, tombstone)))).flat()
    for (const { key, ref } of ended) {
      parts.vault.forget(key)
      edges.metrics.sessionEnded(endedBy)
      log.info({ event: 'session_ended', ref, ended_by: endedBy, request }, 'A session ended.')
    }
    return ended.length
  }
  const logouts = createIdpLogouts(parts, filing, (filter, request) => endAll(filter, 'logout', request))

  return {
    async begin(given, { userAgent, boundTo, since, request }) {
      const content = boundTo === undefined ? given : { ...given, boundTo }
      const { sub } = content.user
      const open = await begin(parts, content, { ...(await filing.of(sub, content.idp.sid)), userAgent })
      const { ref } = open.record
      const bound = boundTo === undefined ? {} : { bound_to: Object.keys(boundTo).join(' ') }
      log.info({ event: 'session_began', ref, began: content.began, ...bound, request }, 'A session began.')
      if (!(await logouts.overtook(content, since))) return open
      await end(parts, open, 'logout', request)
      return null
    },
    find: (cookie, request) => find(parts, cookie, request),
    again: (open, request) => again(parts, open, request),
    use: (open, request) => use(parts, open, request),
    renew: createRenewal(parts),
    rewrite: (open, change, request) => rewrite(parts, open, change, request),
    end: (open, endedBy, request, first) => end(parts, open, endedBy, request, undefined, first),
    async supersede(key, sub, request) {
      const store = await parts.store()
      const found = await store.get(key)
      if (found?.state !== 'live') return
      const { ref } = found.record
      const endedBy = (await filing.belongs(found.record, sub)) ? 'replaced' : 'user_changed'
      const ended = await store.delete(key, { endedBy, at: edges.now(), request })
      if (ended !== null) edges.metrics.sessionEnded(endedBy)
      parts.vault.forget(key)
      log.info({ event: 'session_ended', ref, ended_by: endedBy, request }, 'A session ended.')
    },
    async list(filter) {
      const store = await parts.store()
      const now = edges.now()
      const found = await Promise.all((await filing.filters(filter)).map((one) => store.list(one, now)))
      return found.flat().sort((a, b) => b.startedAt - a.startedAt)
    },
    endAll,
    endAtIdp: logouts.apply,
    takeLogout: logouts.take,
  }
}

export { keyOf }
export type { UserFilter }
