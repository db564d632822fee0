/**
 * Where the name of an upstream leads. Never to where a machine keeps its own credentials: a name that was made to point there
 * (DNS rebinding) would hand them to whoever is signed in. An address that is configured as numbers is not looked up.
 */
import dns from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { BlockList } from 'node:net'

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

/** Whether no upstream is ever asked there. */
export const isForbidden = ({ address, family }: LookupAddress): boolean =>
  never.check(address, family === 6 ? 'ipv6' : 'ipv4')

/**
 * `dns.lookup` for connections to upstreams (`net.connect`'s `lookup`). Fails with `EACCES` where one of the addresses is forbidden, whatever
 * the others are.
 */
export function lookupUpstream(
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
): void {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, [])
    if (addresses.some(isForbidden)) {
      const why = `The name of the upstream, ${hostname}, leads to an address of this machine's own network. Correct its DNS entry.`
      return callback(Object.assign(new Error(why), { code: 'EACCES' }), [])
    }
    const [first] = addresses
    if (options.all === true || first === undefined) return callback(null, addresses)
    callback(null, first.address, first.family)
  })
}
