/** Where a Mosaic tenant answers, and what it calls itself: two different places. */
import type { Checks, MosaicFault } from './mosaic-faults.js'
import type { MosaicPlace, MosaicRegion } from './mosaic-options.js'

/** API hosts, and the issuers that are on none of them; `null`: not published. */
const regions: Readonly<Record<MosaicRegion, readonly [host: string, issuer: string | null]>> = {
  us: ['https://api.transmitsecurity.io', 'https://userid.security'],
  eu: ['https://api.eu.transmitsecurity.io', 'https://eu.userid.security'],
  ca: ['https://api.ca.transmitsecurity.io', 'https://ca.userid.security'],
  au: ['https://api.au.transmitsecurity.io', 'https://au.userid.security'],
  jp: ['https://api.gasne1-ts01.transmitsecurity.io', null],
  sandbox: ['https://api.sbx.transmitsecurity.io', null],
}

/** Where a tenant answers, and what it calls itself. */
export interface Place {
  readonly issuer: string
  /** Metadata is at `/.well-known/openid-configuration` below it. */
  readonly authority: string
  readonly discoveryUrl: string
  readonly isApiHost: boolean
}

/** The place, or why it cannot be told. */
export function placeOf({ region, baseUrl, customDomain, issuer: given }: MosaicPlace): Place | MosaicFault {
  const [first, second] = Object.entries({ region, baseUrl, customDomain }).filter(
    ([, value]) => value !== undefined,
  )
  if (first === undefined)
    return {
      option: 'region',
      message: 'is missing, and so are baseUrl and customDomain. Give one of them.',
    }
  const [option] = first
  if (second !== undefined)
    return {
      option: second[0],
      message: `says where the tenant is, and so does ${option}. Remove one of the two.`,
    }
  const found = hostOf(option, String(first[1]))
  if (typeof found === 'string') return { option, message: found }
  const [host, published] = found
  const isApiHost = customDomain === undefined
  const issuer = given ?? published
  if (issuer === null)
    return {
      option: 'issuer',
      message: `is not published for ${region}. Give the iss of your tenant’s tokens.`,
    }
  const authority = isApiHost ? `${host}/cis/oidc` : host
  return { issuer, authority, discoveryUrl: `${authority}/.well-known/openid-configuration`, isApiHost }
}

/** The check of an issuer that was given. */
export const issuerCheck: Checks<MosaicPlace> = {
  issuer: (issuer) =>
    isSecure(String(issuer)) || 'must be the iss of your tenant’s tokens, an https address.',
}

/** The origin that answers, and the issuer that goes with it; or what to write instead. */
function hostOf(name: string, value: string): readonly [host: string, issuer: string | null] | string {
  if (name === 'region')
    return (
      Object.entries(regions).find(([one]) => one === value)?.[1] ??
      `must be one of ${Object.keys(regions).join(', ')}, not "${value}".`
    )
  const isDomain = name === 'customDomain'
  const host = originOf(isDomain && !value.includes('://') ? `https://${value}` : value)
  if (host === null)
    return isDomain
      ? 'must be a domain, e.g. "login.example.com".'
      : 'must be the API host alone, an https address like https://api.transmitsecurity.io.'
  if (isDomain) return [host, host]
  const region = Object.values(regions).find(([one]) => one === host)
  return [host, region === undefined ? regions.us[1] : region[1]]
}

/** The origin that an address is, and nothing more; else `null`. */
function originOf(address: string): string | null {
  if (!isSecure(address)) return null
  const { origin, pathname, search, hash, username } = new URL(address)
  return pathname === '/' && search + hash + username === '' ? origin : null
}

/** Whether an address is https, or on this very machine. */
function isSecure(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  if (protocol === 'https:') return true
  return protocol === 'http:' && /^(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
}

/** Endpoints below an API host. */
export const endpointsAt = (authority: string) => ({
  authorization_endpoint: `${authority}/auth`,
  token_endpoint: `${authority}/token`,
  revocation_endpoint: `${authority}/token/revocation`,
  end_session_endpoint: `${authority}/session/end`,
  userinfo_endpoint: `${authority}/me`,
  jwks_uri: `${authority}/jwks`,
})
