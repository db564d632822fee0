/** Internet addresses: read strictly, held against ranges, and cut to a prefix. */
import ipaddr from 'ipaddr.js'

/** An address. An IPv4 address on a dual-stack socket (RFC 4291 §2.5.5.2) is the IPv4 one. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6

/** A range: its first address, and how many bits all of its addresses have in common. */
export type Range = readonly [Address, number]

/** How many bits of an address are looked at. */
export interface PrefixLengths {
  readonly v4: number
  readonly v6: number
}

/** The address a text is, or `null`. Four decimal parts and no other spelling of IPv4; the zone of an IPv6 address is left out. */
export function addressIn(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  const plain = text.split('%', 1)[0] ?? ''
  return plain.includes(':') && ipaddr.IPv6.isValid(plain) ? ipaddr.process(plain) : null
}

/** The range a text is in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3); an address is a range of one. `null` where it is neither. */
export function rangeIn(text: string): Range | null {
  const address = addressIn(text)
  if (address !== null) return [address, bitsOf(address)]
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return ipaddr.IPv4.parseCIDR(text)
  return ipaddr.IPv6.isValidCIDR(text) ? ipaddr.IPv6.parseCIDR(text) : null
}

/** Whether an address is in a range: never, where one is IPv4 and the other IPv6. */
export const isIn = (address: Address, [first, bits]: Range): boolean =>
  address.kind() === first.kind() && address.match([first, bits])

/** The range of all addresses that begin as this one does, e.g. `203.0.113.0/24`: what is left out is nowhere in it. */
export function prefixOf(address: Address, lengths: PrefixLengths): string {
  const bits = address.kind() === 'ipv4' ? lengths.v4 : lengths.v6
  const bytes = address.toByteArray().map((byte, i) => byte & maskOf(bits - i * 8))
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`
}

/** The mask of a byte of which `bits` count. */
const maskOf = (bits: number): number => (bits >= 8 ? 255 : bits <= 0 ? 0 : (255 << (8 - bits)) & 255)

const bitsOf = (address: Address): number => (address.kind() === 'ipv4' ? 32 : 128)
