/**
 * Calls that come again: a page asks several things at once, with the same cookies and headers. What was decided about the first of them holds for the
 * others, while nothing it was decided by has changed: what was read of the request, the session in the store, the time.
 */
import { doors } from '../protocol.js'
import { callOf } from './admission.js'
import type { Admitted } from './admission.js'
import type { House } from './house.js'
import type { Peer } from './node/core.js'
import type { RequestHead } from './request.js'
import type { Found, SessionStore } from './stores/store.js'
import type { AdmittedCall, ResolvedUpstream } from './upstream/call.js'
import { requestId } from './visit.js'
import type { Visit } from './visit.js'

/** How many `Cookie` headers are remembered, and how many kinds of calls with each. */
const BROWSERS = 1000
const CALLS = 8
/** What may be remembered of one call's headers, characters: nobody is to fill the memory with cookies of their own making. */
const LONGEST = 4096

/** Remembers who was let in. */
export interface Regulars {
  /** The call, where it is let in like one before; `null` where that is to be decided. Asks nobody but the store. */
  again(head: RequestHead, peer: Peer): AdmittedCall | null | Promise<AdmittedCall | null>
  /** This visit was let in; `read` is everything that was read of its headers for that. */
  note(visit: Visit, peer: Peer, read: HeadersRead, admitted: Admitted): Promise<void>
}

/** Names of headers, lower case, and what was read there. */
export type HeadersRead = ReadonlyMap<string, string | null>

/** The same head, and what is read of its headers from now on. */
export function watched(head: RequestHead): { readonly head: RequestHead; readonly read: HeadersRead } {
  const read = new Map<string, string | null>()
  const { method, url, headers } = head
  const get = (name: string): string | null => {
    const value = headers.get(name)
    read.set(name.toLowerCase(), value)
    return value
  }
  return { head: { method, url, headers: { get } }, read }
}

/** A call that was let in. The token is not in it: it is where the session is, and goes with it. */
interface Known {
  readonly method: string
  /** Scheme, host and path up to where the upstream's own begins. */
  readonly start: string
  readonly peerAddress: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
  readonly upstream: ResolvedUpstream
  readonly clientAddress: string | null
  readonly store: SessionStore
  readonly key: string
  readonly version: number
  /** ms since the epoch; from then on, time itself may decide otherwise. */
  readonly until: number
}

/** Makes the memory of one house. */
export function createRegulars(house: House): Regulars {
  const { options, edges, vault } = house
  const byCookie = new Map<string, readonly Known[]>()

  const isLike = (known: Known, { method, url, headers }: RequestHead, peer: Peer): boolean =>
    known.method === method &&
    known.peerAddress === peer.clientAddress &&
    url.startsWith(known.start) &&
    known.headers.every(([name, value]) => headers.get(name) === value)

  const judged = (known: Known, found: Found | null, url: string): AdmittedCall | null => {
    if (found?.state !== 'live' || found.record.version !== known.version) return null
    const content = edges.now() < known.until ? vault.known(found.record) : null
    if (content === null) return null
    const { upstream, start, clientAddress } = known
    return callOf(options, {
      upstream,
      path: url.slice(start.length),
      content,
      id: requestId(edges),
      clientAddress,
    })
  }

  return {
    again(head, peer) {
      const cookie = head.headers.get('cookie')
      const known = cookie === null ? undefined : byCookie.get(cookie)?.find((one) => isLike(one, head, peer))
      if (known === undefined) return null
      const { store, key } = known
      // What the store cannot tell now, the long way finds out, and says why.
      try {
        if (store.peek !== undefined) return judged(known, store.peek(key), head.url)
      } catch {
        return null
      }
      return store.get(key).then(
        (found) => judged(known, found, head.url),
        () => null,
      )
    },
    async note({ head, connection }, { clientAddress: peerAddress }, read, { call, open, holdsUntil }) {
      const cookie = read.get('cookie')
      if (cookie == null || holdsUntil <= edges.now()) return
      if ([...read.values()].reduce((sum, value) => sum + (value?.length ?? 0), 0) > LONGEST) return
      const { upstream } = call
      const start = head.url.slice(0, head.url.indexOf('/', head.url.indexOf('//') + 2))
      const known: Known = {
        method: head.method,
        start: `${start}${options.basePath}${doors.api}${upstream.name}/`,
        peerAddress,
        headers: [...read],
        upstream,
        clientAddress: connection.clientAddress,
        store: await house.store(),
        key: open.record.key,
        version: open.record.version,
        until: holdsUntil,
      }
      const others = (byCookie.get(cookie) ?? []).filter(
        (one) =>
          one.key === known.key &&
          one.version === known.version &&
          !isLike(one, head, { clientAddress: peerAddress }),
      )
      byCookie.delete(cookie)
      byCookie.set(cookie, [known, ...others].slice(0, CALLS))
      for (const oldest of byCookie.keys()) {
        if (byCookie.size <= BROWSERS) break
        byCookie.delete(oldest)
      }
    },
  }
}
