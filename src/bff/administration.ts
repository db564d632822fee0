/** Sessions as an administrator sees and ends them. Tokens and claims stay sealed: there is no cookie to open them with. */
import { toBase64Url } from './bytes.js'
import type { Edges } from './edges.js'
import type { Sessions, UserFilter } from './sessions/sessions.js'

/** A live session, as far as it may be shown. Times are ms since the epoch. */
export interface SessionSummary {
  /** Names it for {@link Administration.end}: its public reference. */
  readonly id: string
  /** The same, under the name sessions have it by. */
  readonly ref: string
  readonly startedAt: number
  readonly usedAt: number
  readonly expiresAt: number
  /** Brand and platform of the browser, e.g. `Firefox on Linux`. */
  readonly userAgent: string
}

/** Lists and ends sessions, whoever holds their cookies. */
export interface Administration {
  /** The live sessions of a user, of a session at the IDP, or of both, newest first. */
  list(filter: UserFilter): Promise<SessionSummary[]>
  /** Ends all that match, at once and on every instance (`revoked`). How many they were. */
  end(filter: UserFilter | { readonly id: string }): Promise<number>
}

/** Makes the administration of `sessions`. Throws a `TypeError` for a filter that would match everybody. */
export function createAdministration(sessions: Sessions, { random }: Pick<Edges, 'random'>): Administration {
  return {
    async list(filter) {
      const records = await sessions.list(checked(filter))
      return records.map(({ ref, startedAt, usedAt, expiresAt, userAgent }) => ({
        id: ref,
        ref,
        startedAt,
        usedAt,
        expiresAt,
        userAgent,
      }))
    },
    async end(filter) {
      const request = toBase64Url(random(16))
      if ('id' in filter) return sessions.endAll({ ref: text('id', filter.id) }, 'revoked', request)
      return sessions.endAll(checked(filter), 'revoked', request)
    },
  }
}

function checked({ sub, sid }: UserFilter): UserFilter {
  if (sub !== undefined) return { sub: text('sub', sub), ...(sid !== undefined && { sid: text('sid', sid) }) }
  if (sid !== undefined) return { sid: text('sid', sid) }
  throw new TypeError('Name the sessions by sub, sid or id.')
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${name} must be a text that is not empty.`)
}
