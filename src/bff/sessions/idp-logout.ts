/**
 * Logouts at the IDP, as it tells them server to server or through the browser: what they do to the sessions there are, and the memory of them
 * that stops a login which is still on its way (OpenID Connect Back-Channel Logout 1.0 §2.7).
 */
import { sha256 } from '../bytes.js'
import type { LogoutToken } from '../logout-token.js'
import type { SessionRecord } from '../stores/store.js'
import type { SessionContent } from './content.js'
import type { Filing, IndexFilter, UserFilter } from './filing.js'
import type { SessionParts } from './parts.js'

/** What the IDP says about sessions of its own that are over. */
export interface IdpLogouts {
  /** A session at the IDP is over, as a browser says that it was told. How many of ours it was. */
  apply(filter: UserFilter, request: string): Promise<number>
  /** The same by a logout token, which counts once, and also for logins on their way: `null` where it was taken before. */
  take(token: LogoutToken, request: string): Promise<number | null>
  /** Whether the session at the IDP that a new one of ours belongs to was ended since. */
  overtook(content: SessionContent, since: Since): Promise<boolean>
}

/**
 * How old a logout may be to count against a login, ms since the epoch. A session at the IDP is one of this login: what ended it since the login
 * began counts. A user may sign in again after a logout: only what came after the IDP was asked for tokens counts.
 */
export interface Since {
  readonly began: number
  readonly asked: number
}

/** How long a logout is kept in mind, ms: longer than any login, or any access token that a browser may bring, takes. */
const MEMORY = 24 * 60 * 60 * 1000

/** Makes the logouts of one issuer. `end` ends all sessions that match, as `logout`. */
export function createIdpLogouts(
  parts: SessionParts,
  filing: Filing,
  end: (filter: UserFilter | { readonly ref: string }, request: string) => Promise<number>,
): IdpLogouts {
  const { options, edges, log } = parts

  const listed = async (filter: UserFilter): Promise<SessionRecord[]> => {
    const store = await parts.store()
    const filters = await filing.filters(filter)
    return (await Promise.all(filters.map((one) => store.list(one, edges.now())))).flat()
  }

  const apply: IdpLogouts['apply'] = async (filter, request) => {
    const { sub, sid } = filter
    // A session of the user that was told no sid may be the one that is meant: without it there is no telling them apart.
    const vague =
      sub === undefined || sid === undefined
        ? []
        : (await listed({ sub })).filter(({ idpSession }) => idpSession === null)
    if (options.session.whenIdpSessionEnds.logout === 'end') {
      const filters = [filter, ...vague.map(({ ref }) => ({ ref }))]
      const ended = await Promise.all(filters.map((one) => end(one, request)))
      return ended.reduce((sum, one) => sum + one, 0)
    }
    const records = [...(await listed(filter)), ...vague]
    const marked = await Promise.all(records.map((record) => mark(record, request)))
    return marked.filter(Boolean).length
  }

  /** The app relies on what it has. The record cannot be opened here, so it is written on the outside. */
  async function mark(given: SessionRecord, request: string): Promise<boolean> {
    const store = await parts.store()
    for (let record = given; ;) {
      if (record.idpEnded !== null) return false
      if (await store.replace({ ...record, idpEnded: 'logout' }, record.version)) {
        log.info({ event: 'idp_session_ended', ref: record.ref, request }, 'A session at the IDP ended.')
        return true
      }
      const found = await store.get(record.key)
      if (found?.state !== 'live') return false
      record = found.record
    }
  }

  const notedAt = async (filter: UserFilter, note = noteOf): Promise<number> => {
    const store = await parts.store()
    const until = await Promise.all((await filing.filters(filter)).map((one) => store.remembered(note(one))))
    return Math.max(...until.map((one) => (one ?? -Infinity) - MEMORY))
  }

  return {
    apply,
    async take(token, request) {
      const store = await parts.store()
      const id = `jti:${await sha256(JSON.stringify([options.idp.issuer, token.jti]))}`
      if ((await store.remembered(id)) !== null) return null
      // Noted first: a session that begins meanwhile is either there to be ended, or finds the note.
      for (const one of await filing.filters(token.whose))
        for (const note of [noteOf(one), ...(one.subject && one.idpSession ? [someNoteOf(one)] : [])])
          await store.remember(note, edges.now() + MEMORY)
      const ended = await apply(token.whose, request)
      // Only now: a token whose work could not be done may be sent again.
      return (await store.remember(id, token.until)) ? ended : null
    },
    async overtook({ user: { sub }, idp: { sid } }, { began, asked }) {
      if ((await notedAt({ sub })) >= asked) return true
      if (sid === undefined) return (await notedAt({ sub }, someNoteOf)) >= asked
      return (await notedAt({ sid })) >= began || (await notedAt({ sub, sid })) >= began
    },
  }
}

const noteOf = (filter: IndexFilter): string => `logout:${filter.subject ?? ''}:${filter.idpSession ?? ''}`

/** Some session of the user, whichever: what counts for one that has no sid. */
const someNoteOf = ({ subject = '' }: IndexFilter): string => `logout:${subject}:?`
