/**
 * The BFF's cookies (DESIGN §6): read so that two of one name are seen, written with exactly the attributes each is due
 * (RFC 6265bis §4.1, RFC 10017 §6.1.3.2).
 */
import { cookieNames } from '../protocol.js'

/** One of our cookies. */
export type CookieName = keyof typeof cookieNames

/** Our cookies as a request carries them. */
export interface ReceivedCookies {
  readonly values: Partial<Readonly<Record<CookieName, string>>>
  /** Those that came more than once: somebody else set one of them (tossing), and order tells nothing. */
  readonly tossed: readonly CookieName[]
}

const names = Object.entries(cookieNames) as [CookieName, string][]
const byWireName = new Map(names.map(([name, wire]) => [wire, name]))

const attributes: Readonly<Record<CookieName, string>> = {
  session: 'Path=/; Secure; HttpOnly; SameSite=Strict',
  login: 'Path=/; Secure; HttpOnly; SameSite=Lax',
  csrf: 'Path=/; Secure; SameSite=Strict',
  hint: 'Path=/; Secure; SameSite=Lax',
}

/** Longest cookie a browser takes: name and value together, bytes (RFC 6265bis §5.6). */
export const MAX_COOKIE = 4096

/** Our cookies in a `Cookie` header. Names match exactly; all others are passed over. */
export function readCookies(header: string | null): ReceivedCookies {
  const values: Partial<Record<CookieName, string>> = {}
  const tossed = new Set<CookieName>()
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals === -1) continue
    const name = byWireName.get(trimmed(pair.slice(0, equals)))
    if (name === undefined) continue
    if (name in values) tossed.add(name)
    values[name] = trimmed(pair.slice(equals + 1))
  }
  return { values, tossed: [...tossed] }
}

// Blanks as browsers know them (RFC 6265bis §5.6), and no others: another one makes another name, which its prefix does not protect.
const trimmed = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '')

/** The `Set-Cookie` that sets a cookie. `maxAge` in seconds; without it the cookie ends with the browser's session. */
export function setCookie(name: CookieName, value: string, maxAge?: number): string {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`
  return `${cookieNames[name]}=${value}; ${attributes[name]}${age}`
}

/** The `Set-Cookie` that takes a cookie away. */
export const expireCookie = (name: CookieName): string => setCookie(name, '', 0)

/**
 * All `Set-Cookie`s that may take away a cookie somebody else set under a name of ours: for every path and domain that an
 * answer to `path` on `host` can reach. A browser that knows the prefix refuses most of them; it then also refused the toss.
 */
export function expireEverywhere(name: CookieName, host: string, path: string): string[] {
  const base = `${cookieNames[name]}=; Max-Age=0; Secure`
  const variants = pathsTo(path).flatMap((at) => [
    `${base}; Path=${at}`,
    ...domainsOf(host).map((domain) => `${base}; Path=${at}; Domain=${domain}`),
  ])
  return [expireCookie(name), ...variants.filter((variant) => variant !== `${base}; Path=/`)]
}

/** Every path a cookie sent to `path` may have. */
function pathsTo(path: string): string[] {
  const paths = new Set(['/'])
  for (let slash = path.indexOf('/', 1); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    paths.add(path.slice(0, slash)).add(path.slice(0, slash + 1))
  }
  // A path of our own making: what is not plain stays out of a header.
  return [...paths.add(path)].filter((one) => /^\/[\w./~-]*$/.test(one)).slice(0, 12)
}

/** Every domain a cookie sent to `host` may have. None for an address of numbers. */
function domainsOf(host: string): string[] {
  if (/^[\d.]+$|:/.test(host)) return []
  const labels = host.split('.')
  return labels
    .slice(0, Math.max(1, labels.length - 1))
    .map((_, i) => labels.slice(i).join('.'))
    .slice(0, 5)
}
