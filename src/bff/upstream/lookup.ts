/**
 * Where the name of an upstream leads. Never to where a machine keeps its own credentials: a name that was made to point there
 * (DNS rebinding) would hand them to whoever is signed in. An address that is configured as numbers is not looked up.
 */
import dns from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { BlockList } from 'node:net'
import { addressIn, isIn, rangeIn } from '../addresses.js'

// Link-local, where clouds answer about a machine (RFC 3927, RFC 4291 §2.5.6), their addresses elsewhere, and what is no host at all.
const never = new BlockList()
for (const [net, prefix] of [
  ['169.254.0.0', 16],
  ['0.0.0.0', 8],
  ['224.0.0.0', 4],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
] as const)
  never.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
  ['::', 128],
] as const)
  never.addSubnet(net, prefix, 'ipv6')

/** Looks a name up for `net.connect`. */
export type Lookup = (
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
) => void

/** Whether no upstream is ever asked there. */
export const isForbidden = ({ address, family }: LookupAddress): boolean =>
  never.check(address, family === 6 ? 'ipv6' : 'ipv4')

/**
 * `dns.lookup` for connections to an upstream (`net.connect`'s `lookup`). Fails with `FORBIDDEN_ADDRESS` where one of the addresses is, with `OUTSIDE_NETWORKS`
 * where one is in none of the `networks` (CIDR), where such are given, whatever the others are.
 */
export function lookupWithin(networks?: readonly string[]): Lookup {
  const ranges = networks?.map(rangeIn).filter((range) => range !== null)
  const isOutside = ({ address: text }: LookupAddress): boolean => {
    const address = addressIn(text)
    return ranges !== undefined && !(address !== null && ranges.some((range) => isIn(address, range)))
  }
  return (hostname, options, callback) =>
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const [code, why] = addresses.some(isForbidden)
        ? ['FORBIDDEN_ADDRESS', "leads to an address of this machine's own network"]
        : addresses.some(isOutside)
          ? ['OUTSIDE_NETWORKS', 'leads out of its networks']
          : []
      if (code !== undefined) {
        const refusal = new Error(`The name of the upstream, ${hostname}, ${why}. Correct its DNS entry.`)
        return callback(Object.assign(refusal, { code }), [])
      }
      const [first] = addresses
      if (options.all === true || first === undefined) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
}
