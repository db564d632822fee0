/**
 * The rate limit of the doors (RFC 6585 §4): a flood is turned away before it costs the IDP, the store or anybody else anything. Proxied calls are not
 * counted: they are their upstream's to limit.
 */
import { doors, idpDoors } from '../../protocol.js'
import { addressIn, isIn, prefixOf, rangeIn } from '../addresses.js'
import type { Edges } from '../edges.js'
import { isNavigation } from '../guard.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import { busyPage } from '../pages.js'
import { tooMany } from '../problems.js'
import { isSafe } from '../request.js'
import { createSeldom } from '../seldom.js'
import { keyOf } from '../sessions/lookup.js'
import type { Visit } from '../visit.js'
import type { LimitName } from './options.js'
import { createMeter } from './rate.js'

/** The refusal of a request that is one too many, or `null`. `door`: its path below the base path. */
export type RateLimit = (visit: Visit, door: string) => Promise<Response | null>

/**
 * By which limits a door is counted. Logouts are not counted by session: whoever uses up what a session may ask for must not keep its owner from
 * leaving. `/backchannel-logout` is not counted: an IDP that ends many sessions tells of all of them at once, from one address, and few tell twice.
 */
const limitsOf: ReadonlyMap<string, readonly LimitName[]> = new Map([
  [doors.login, ['login']],
  [doors.callback, ['login']],
  [doors.session, ['address', 'session']],
  [doors.refresh, ['address', 'session']],
  [doors.token, ['address', 'session']],
  [doors.logout, ['address']],
  [idpDoors.frontchannelLogout, ['address']],
])

/** Doors that a tab goes to. */
const visited: ReadonlySet<string> = new Set([doors.login, doors.callback])

/** What an IDP's page sends by POST comes without the login's cookie, and goes on as GET: a login is counted there. */
const limitsFor = ({ head, cookies }: Visit, door: string): readonly LimitName[] =>
  door === doors.callback && head.method === 'POST' && cookies.login === undefined
    ? ['address']
    : (limitsOf.get(door) ?? [])

/** An IPv4 address, and the network that one customer of an IPv6 provider has at least. */
const CLIENT = { v4: 32, v6: 64 }
/** Of a client in a log. */
const NETWORK = { v4: 24, v6: 56 }
/** What a request counts as, where its address may be that of a proxy, and so of many users. */
const SHARED = 1 / 20
const passedOn = ['x-forwarded-for', 'x-forwarded-proto', 'forwarded', 'via']
/** How often one limit is told of in the log, ms. */
const TELL_EVERY = 60_000

/** Makes the limit of one instance. */
export function createRateLimit(
  { rateLimit, trustedProxies }: Pick<ResolvedOptions, 'rateLimit' | 'trustedProxies'>,
  { now, metrics }: Pick<Edges, 'now' | 'metrics'>,
  log: Log,
): RateLimit {
  const meters = new Map(
    Object.entries(rateLimit).flatMap(([name, rate]) =>
      rate === null ? [] : [[name, createMeter(rate, now)]],
    ),
  )
  const seldom = createSeldom({ now }, TELL_EVERY)

  const tell = (limit: LimitName, { id, connection }: Visit, door: string): void => {
    metrics.rateLimited(limit)
    const due = seldom(limit)
    if (due === null) return
    const address = addressIn(connection.clientAddress ?? '')
    log.warn(
      {
        event: 'rate_limited',
        limit,
        door,
        request: id,
        ...(address !== null && { network: prefixOf(address, NETWORK) }),
        ...due,
      },
      'Requests are refused: there are too many. Told once a minute; rateLimit sets how many there may be.',
    )
  }

  const keyFor = async (limit: LimitName, { connection, cookies }: Visit): Promise<string | null> => {
    if (limit === 'session') return cookies.session === undefined ? null : keyOf(cookies.session)
    const address = addressIn(connection.clientAddress ?? '')
    return address === null ? null : prefixOf(address, CLIENT)
  }
  const proxies = trustedProxies?.ranges.map(rangeIn).filter((range) => range !== null)
  const isShared = ({ head, connection }: Visit): boolean => {
    if (proxies === undefined) return passedOn.some((name) => head.headers.get(name) !== null)
    // A proxy that does not say for whom it asks.
    const address = addressIn(connection.clientAddress ?? '')
    return address !== null && proxies.some((range) => isIn(address, range))
  }

  return async (visit, door) => {
    for (const limit of limitsFor(visit, door)) {
      const key = await keyFor(limit, visit)
      const weight = limit !== 'session' && isShared(visit) ? SHARED : 1
      const wait = key === null ? 0 : (meters.get(limit)?.take(key, weight) ?? 0)
      if (wait === 0) continue
      tell(limit, visit, door)
      return refusal(visit, door, wait)
    }
    return null
  }
}

/** A tab is shown a page that goes on by itself; what it was sent with by POST cannot be sent again. */
function refusal({ head, target }: Visit, door: string, wait: number): Response {
  if (!visited.has(door) || !isNavigation(head)) return tooMany(wait)
  const address = target.path + target.query
  const isPlain = isSafe(head.method) && /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(address)
  return busyPage(isPlain ? address : '/', wait)
}
