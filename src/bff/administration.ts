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

/** Makes the administration of `sessions`. Throws a `TypeError` for a filter that says more or less than whose sessions are meant. */
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
      if ('id' in filter) {
        only(filter, ['id'])
        return sessions.endAll({ ref: text('id', filter.id) }, 'revoked', request)
      }
      return sessions.endAll(checked(filter), 'revoked', request)
    },
  }
}

function checked(filter: UserFilter): UserFilter {
  only(filter, ['sub', 'sid'])
  const { sub, sid } = filter
  if (sub !== undefined) return { sub: text('sub', sub), ...(sid !== undefined && { sid: text('sid', sid) }) }
  if (sid !== undefined) return { sid: text('sid', sid) }
  throw new TypeError('Name the sessions by sub, sid or id.')
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${name} must be a text that is not empty.`)
}

/** A name that is not known would be left out of the filter, which would then match more than was meant. */
function only(filter: object, known: readonly string[]): void {
  const other = Object.keys(filter).find((name) => !known.includes(name))
  if (other !== undefined)
    throw new TypeError(
      `${other} cannot be filtered by. Name the sessions by sub, sid or both, or one by its id alone.`,
    )
}
