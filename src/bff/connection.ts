/**
 * Where a request comes from, past the proxies that are trusted. What a request says of itself counts only as far as proxies
 * that were configured wrote it down; without any, nothing but the connection's other end counts. No proxy is ever guessed.
 */
import { addressIn, isIn, rangeIn } from './addresses.js'
import type { Address } from './addresses.js'
import type { ResolvedOptions } from './options.js'
import { partsOf } from './quoted.js'
import type { Peer } from './node/core.js'
import type { RequestHead } from './request.js'

/** What is known of the way a request took. */
export interface Connection {
  /** Where the client is: the other end, or what trusted proxies say is theirs. `null` where it is not known. */
  readonly clientAddress: string | null
  /** Whether a trusted proxy is at the other end; `null` where none were configured, so that nobody can tell. */
  readonly isProxied: boolean | null
}

/** Looks at the connection a request came in on. */
export type LookAt = (head: Pick<RequestHead, 'headers'>, peer: Peer) => Connection

/** Makes the look for these proxies. */
export function createConnections({ trustedProxies }: Pick<ResolvedOptions, 'trustedProxies'>): LookAt {
  if (trustedProxies === null) return (_, { clientAddress }) => ({ clientAddress, isProxied: null })
  const ranges = trustedProxies.ranges.map(rangeIn).filter((range) => range !== null)
  const isTrusted = (address: Address): boolean => ranges.some((range) => isIn(address, range))
  const { header } = trustedProxies
  const hopsIn = header === 'forwarded' ? forwardedFor : listed

  return ({ headers }, peer) => {
    let address = peer.clientAddress === null ? null : hostIn(peer.clientAddress)
    if (address === null) return { clientAddress: null, isProxied: false }
    const isProxied = isTrusted(address)
    if (!isProxied) return { clientAddress: address.toString(), isProxied }
    // The one nearest to us wrote last. Whatever stands before an address that is not trusted, anybody may have written.
    for (const hop of hopsIn(headers.get(header) ?? '')) {
      const before = hostIn(hop)
      // A trusted proxy that does not know, or does not say (RFC 7239 §6.2, §6.3): it is as far as one can see.
      if (before === null) break
      address = before
      if (!isTrusted(address)) break
    }
    return { clientAddress: address.toString(), isProxied }
  }
}

/** The elements of a list (RFC 9110 §5.6.1), the last first; empty ones count for nothing. */
const listed = (value: string): string[] =>
  value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '')
    .toReversed()

/** The `for` of every hop in a `Forwarded` header (RFC 7239 §4), the last first; a hop without one is one that does not say. */
const forwardedFor = (value: string): string[] =>
  partsOf(value, ',')
    .filter((element) => element.trim() !== '')
    .map((element) => {
      const told = partsOf(element, ';').map((pair) => /^\s*for=(?:"(.*)"|([^\s"]*))\s*$/is.exec(pair))
      const [, quoted, token] = told.find((pair) => pair !== null) ?? []
      return quoted?.replace(/\\(.)/g, '$1') ?? token ?? 'unknown'
    })

/** The address in a hop, with or without a port: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`. */
function hostIn(hop: string): Address | null {
  const [, inBrackets, withPort] = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)$/.exec(hop) ?? []
  return addressIn(inBrackets ?? withPort ?? hop)
}
