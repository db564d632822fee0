/**
 * The BFF's cookies (DESIGN §6): read so that two of one name are seen, written with exactly the attributes each is due
 * (RFC 6265bis §4.1, RFC 10017 §6.1.3.2).
 */
import { cookieNames, plainCookieNames } from '../protocol.js'
import type { ResolvedOptions } from './options.js'

/** One of our cookies. */
export type CookieName = keyof typeof cookieNames

/** Our cookies as a request carries them. */
export interface ReceivedCookies {
  readonly values: Partial<Readonly<Record<CookieName, string>>>
  /** Those that came more than once: somebody else set one of them (tossing), and order tells nothing. */
  readonly tossed: readonly CookieName[]
}

/** The cookies of one BFF. */
export interface Cookies {
  readonly names: Readonly<Record<CookieName, string>>
  /** Our cookies in a `Cookie` header. Names match exactly; all others are passed over. */
  read(header: string | null): ReceivedCookies
  /** The `Set-Cookie` that sets a cookie. `maxAge` in seconds; by default the cookie ends with the browser's session. */
  set(name: CookieName, value: string, maxAge?: number): string
  /** The `Set-Cookie` that takes a cookie away: the one use of an expiry. */
  expire(name: CookieName): string
  /**
   * All `Set-Cookie`s that may take away a cookie somebody else set under a name of ours: for every path and domain that an
   * answer to `path` on `host` can reach. A browser that knows the prefix refuses most of them; it then also refused the toss.
   */
  expireEverywhere(name: CookieName, host: string, path: string): string[]
}

/** Longest cookie a browser takes: name and value together, bytes (RFC 6265bis §5.6). */
export const MAX_COOKIE = 4096

/** Makes the cookies. Hardened unless the options dangerously say otherwise (docs/cookies.md). */
export function createCookies({ sameSite, maxAge: lasts, isSecure }: CookieStyle): Cookies {
  const names = isSecure ? cookieNames : plainCookieNames
  const known = new Map<string, CookieName>(
    Object.entries(names).map(([name, wire]) => [wire, name as CookieName]),
  )
  const secure = isSecure ? '; Secure' : ''
  // What only scripts of the app read goes along with nothing, and what says no more than "perhaps" with visits from everywhere.
  const isNone = sameSite === 'None'
  const attributes: Readonly<Record<CookieName, string>> = {
    session: `Path=/${secure}; HttpOnly; SameSite=${sameSite}`,
    login: `Path=/${secure}; HttpOnly; SameSite=Lax`,
    csrf: `Path=/${secure}; SameSite=${isNone ? 'None' : 'Strict'}`,
    hint: `Path=/${secure}; SameSite=${isNone ? 'None' : 'Lax'}`,
  }

  const set: Cookies['set'] = (name, value, maxAge) => {
    const age = maxAge ?? (name === 'login' ? null : lasts)
    return `${names[name]}=${value}; ${attributes[name]}${age === null ? '' : `; Max-Age=${age}`}`
  }
  const expire = (name: CookieName): string => set(name, '', 0)

  return {
    names,
    read(header) {
      const values: Partial<Record<CookieName, string>> = {}
      const tossed = new Set<CookieName>()
      for (const pair of header?.split(';') ?? []) {
        const equals = pair.indexOf('=')
        if (equals === -1) continue
        const name = known.get(trimmed(pair.slice(0, equals)))
        if (name === undefined) continue
        if (name in values) tossed.add(name)
        values[name] = trimmed(pair.slice(equals + 1))
      }
      return { values, tossed: [...tossed] }
    },
    set,
    expire,
    expireEverywhere(name, host, path) {
      const base = `${names[name]}=; Max-Age=0${secure}`
      const variants = pathsTo(path).flatMap((at) => [
        `${base}; Path=${at}`,
        ...domainsOf(host).map((domain) => `${base}; Path=${at}; Domain=${domain}`),
      ])
      return [expire(name), ...variants.filter((variant) => variant !== `${base}; Path=/`)]
    },
  }
}

type CookieStyle = ResolvedOptions['session']['cookie']

// Blanks as browsers know them (RFC 6265bis §5.6), and no others: another one makes another name, which its prefix does not protect.
function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}
const isBlank = (code: number): boolean => code === 32 || code === 9

/** How many paths are tried, and of what length: browsers pass longer attributes over, bytes (RFC 6265bis §5.6). */
const MOST_PATHS = 12
const LONGEST_PATH = 1024

/** Every path a cookie sent to `path` may have: the shortest, for whoever sends a path of thousands of folders is not to be waited for. */
export function pathsTo(path: string): string[] {
  // A path of our own making: what is not plain stays out of a header.
  const [plain = '/'] = /^\/[\w./~-]*/.exec(path.slice(0, LONGEST_PATH)) ?? []
  const paths = new Set(['/'])
  for (let slash = plain.indexOf('/', 1); slash !== -1; slash = plain.indexOf('/', slash + 1)) {
    if (paths.size >= MOST_PATHS) break
    paths.add(plain.slice(0, slash)).add(plain.slice(0, slash + 1))
  }
  if (plain === path) paths.add(path)
  return [...paths].slice(0, MOST_PATHS)
}

/** Every domain a cookie sent to `host` may have. None for an address of numbers. */
export function domainsOf(host: string): string[] {
  if (/^[\d.]+$|:/.test(host)) return []
  const labels = host.split('.')
  return labels
    .slice(0, Math.max(1, labels.length - 1))
    .slice(0, 5)
    .map((_, i) => labels.slice(i).join('.'))
}
