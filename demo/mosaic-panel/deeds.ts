import { ORDERS_RESOURCE, TWO_WEEKS, type Mosaic, type SessionRecord } from '../mosaic/index.js'
import { signInElsewhere } from './elsewhere.js'

/** What the panel asked for cannot be done; `message` says why. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** What a deed is told, as the page sent it. */
export type Told = Readonly<Record<string, unknown>>

/** Does it at Mosaic, and says in a sentence what Mosaic answered. */
export type Deed = (told: Told) => Promise<string>

/** How far the clock goes in one step at most, s: a year. */
const FARTHEST = 365 * 24 * 60 * 60

/** A chain that is capped so is at its end when it is used the next time. s. */
const RUN_OUT = 0

const counted = (count: unknown): string => `${String(count)} ${count === 1 ? 'session' : 'sessions'}`

/** Ends the sessions of a user in the app. */
export type EndInApp = (sub: string) => Promise<unknown>

/** What can be done to a running tenant, by name, and how far the clock was moved by it, ms. */
export const createDeeds = (
  mosaic: Mosaic,
  endInApp: EndInApp,
): { readonly deeds: Readonly<Record<string, Deed>>; ahead(): number } => {
  let ahead = 0
  const userIn = ({ sub }: Told): string => {
    if (typeof sub === 'string' && mosaic.idp.users.has(sub)) return sub
    throw new Refused('There is no such user.')
  }
  const call = async (method: string, path: string, token: string): Promise<Record<string, unknown>> => {
    const answer = await fetch(mosaic.baseUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
    })
    const body: Record<string, unknown> = await answer.json()
    if (!answer.ok) throw new Error(`Mosaic answered ${answer.status}: ${String(body['message'])}`)
    return body
  }
  /** The resource whose cap has been taken away, until a refresh token has met it. */
  let restore: (() => void) | null = null
  mosaic.idp.provider.on('grant.error', () => restore?.())
  // Whoever logs in meanwhile begins with the cap that the resource has.
  mosaic.idp.provider.on('authorization.success', () => restore?.())

  /** Whether a session was begun or renewed while the clock was ahead: in the time that is right it would last longer than any. */
  const lastsTooLong = ({ client_id: client, expiration_time: end }: SessionRecord): boolean => {
    const lifetime = mosaic.clients.get(client)?.session_expiration ?? TWO_WEEKS
    return Date.parse(end) > Date.now() - ahead + lifetime * 1000
  }
  /** Ends what lasts too long, and what this user has in the app; resolves with whose. */
  const endTooLong = async (here: unknown): Promise<string[]> => {
    const users = [...mosaic.idp.users.keys()].filter(
      (sub) => sub === here || mosaic.sessions(sub).some(lastsTooLong),
    )
    for (const sub of users) {
      await endInApp(sub)
      await mosaic.endSessions(sub)
    }
    return users
  }

  const deeds: Record<string, Deed> = {
    'logout-elsewhere': async (told) => {
      const sub = userIn(told)
      const username = mosaic.idp.users.get(sub)?.username ?? sub
      const token = await signInElsewhere(mosaic, username)
      const { sessions_count: count } = await call('POST', '/cis/v1/auth/logout', token)
      return `Another browser signed in and logged out: Mosaic ended ${counted(count)}.`
    },
    revoke: async (told) => {
      const path = `/cis/v1/sessions/${encodeURIComponent(userIn(told))}`
      const { result } = await call('DELETE', path, await mosaic.clientToken())
      const { deleted_count: count } = Object(result) as Record<string, unknown>
      return `Mosaic deleted ${counted(count)}, and revoked the refresh tokens.`
    },
    cap: async () => {
      const resource = mosaic.resources.get(ORDERS_RESOURCE)
      if (!resource) throw new Refused('The tenant has no such resource.')
      if (restore === null) {
        const { max_refresh_rotate: before } = resource
        restore = () => {
          restore = null
          if (before === undefined) delete resource.max_refresh_rotate
          else resource.max_refresh_rotate = before
        }
        resource.max_refresh_rotate = RUN_OUT
      }
      return 'The refresh token has been rotated for as long as it may be: the next renewal is refused.'
    },
    clock: async ({ seconds }) => {
      if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds < 1 || seconds > FARTHEST)
        throw new Refused(`"seconds" is a whole number from 1 to ${FARTHEST}.`)
      mosaic.clock.advance(seconds * 1000)
      ahead += seconds * 1000
      return 'The clock of provider, BFF and API was moved.'
    },
    'clock-back': async ({ sub }) => {
      const users = ahead === 0 ? [] : await endTooLong(sub)
      mosaic.clock.reset()
      ahead = 0
      const right = 'The clock is right again.'
      return users.length === 0
        ? right
        : `${right} What ${users.join(' and ')} had would last too long now, and was ended: log in anew.`
    },
  }
  return { deeds, ahead: () => ahead }
}
