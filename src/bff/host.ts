/** Whether a request was meant for the configured origin: its host and scheme, and nothing a client may add to them. */
import { isFrom } from './guard.js'
import type { RequestHead, Target } from './request.js'

/**
 * Whether a request came to `origin`. The scheme is what `X-Forwarded-Proto` says where a proxy ends TLS and is `believed`, else the
 * address's own; no other forwarded header counts.
 */
export function isOwnHost({ url, headers }: RequestHead, origin: string, believed = true): boolean {
  const told = believed ? headers.get('x-forwarded-proto') : null
  const forwarded = told?.split(',')[0]?.trim().toLowerCase()
  const authority = url.indexOf('//') + 2
  const path = url.slice(authority).search(/[/?#]/)
  const host = path === -1 ? url.slice(authority) : url.slice(authority, authority + path)
  const scheme = forwarded ?? url.slice(0, authority - 3).toLowerCase()
  const asked = `${scheme}://${host}`
  if (asked === origin) return true
  // Neither may bring along what makes a URL parser read the host elsewhere: a scheme alone is one, and a host has nothing before or behind it.
  if (!/^https?$/.test(scheme) || /[@\\\s]/.test(host)) return false
  return URL.canParse(asked) && new URL(asked).origin === origin
}

/** In the query of an address on `origin` that a visitor was sent to. */
const MOVED = 'moved=1'

/**
 * Whether a visitor who asked by another host or scheme than `origin`'s is at `origin` all the same, so that a proxy in between
 * changed what was asked for: sent there, they would come back here for ever. By the page they come from, or because they were
 * sent there before.
 */
export const isThere = (head: RequestHead, { query }: Target, origin: string): boolean =>
  query.slice(1).split('&').includes(MOVED) || (isSameOrigin(head) && isFrom(head, origin))

/**
 * The same address on `origin`; where it is asked for `again` and again, and nothing says that the visitor is elsewhere now, with the note that they
 * were sent there.
 */
export function addressAt(
  origin: string,
  { path, query }: Target,
  head: RequestHead,
  again: (url: string) => boolean,
): string {
  const target = /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(path + query) ? path + query : '/'
  const isElsewhere = isSameOrigin(head) && head.headers.get('referer') !== null
  // What is no browser gives up by itself.
  if (isElsewhere || head.headers.get('sec-fetch-dest') === null || !again(head.url)) return origin + target
  return `${origin}${target}${target.includes('?') ? '&' : '?'}${MOVED}`
}

/** How often an address is asked for, within how long (ms), by whoever goes in circles; far fewer times than a browser goes along with. */
const ROUNDS = 3
const ROUNDS_TAKE = 10_000
/** Of how many addresses that is known. */
const REMEMBERED = 100

/** Makes the memory of what is asked for again and again. What it is told of is asked for now. */
export function createRounds(now: () => number): (url: string) => boolean {
  const rounds = new Map<string, { readonly since: number; readonly times: number }>()
  return (url) => {
    const { since, times } = rounds.get(url) ?? { since: -Infinity, times: 0 }
    const isOne = Math.abs(now() - since) <= ROUNDS_TAKE
    const round = isOne ? { since, times: times + 1 } : { since: now(), times: 1 }
    // The oldest come first.
    rounds.delete(url)
    rounds.set(url, round)
    for (const oldest of rounds.keys()) {
      if (rounds.size <= REMEMBERED) break
      rounds.delete(oldest)
    }
    return round.times >= ROUNDS
  }
}

const isSameOrigin = ({ headers }: RequestHead): boolean => headers.get('sec-fetch-site') === 'same-origin'
