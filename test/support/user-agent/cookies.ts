import { sameSite, siteOf, trustworthy } from './site.js'

/** A stored cookie (RFC 6265bis §5.7). */
export interface StoredCookie {
  name: string
  value: string
  /** Without a leading dot. */
  domain: string
  hostOnly: boolean
  path: string
  secure: boolean
  httpOnly: boolean
  sameSite: 'strict' | 'lax' | 'none'
  /** ms since epoch; null ends with the browser. */
  expiresAt: number | null
}

/** What decides whether a cookie goes along with a request. */
export interface CookieContext {
  url: URL
  method: string
  /** Who started the request; null is the user. */
  initiator: URL | null
  /** A navigation of the whole tab, not of a frame and not a fetch. */
  topLevel: boolean
}

export interface CookieJar {
  /** Takes a `Set-Cookie` of an answer, or of a script with `fromScript`. Returns why it was refused, or null. */
  set(url: URL, header: string, fromScript?: boolean): string | null
  /** The `Cookie` header of a request, or null. */
  header(context: CookieContext): string | null
  /** `document.cookie` on a page: what scripts can read. */
  readable(url: URL): string
  /** What the jar holds for an address, whatever SameSite says; without one, all of it. */
  all(url?: URL | string): StoredCookie[]
  get(url: URL | string, name: string): StoredCookie | undefined
  delete(url: URL | string, name: string): void
  /** The browser is closed: what has no expiry is gone. */
  close(): void
  clear(): void
}

const PREFIXES: [prefix: string, broken: (cookie: StoredCookie, fromScript: boolean) => boolean][] = [
  ['__host-http-', (cookie, fromScript) => !hostBound(cookie) || !cookie.httpOnly || fromScript],
  ['__http-', (cookie, fromScript) => !cookie.secure || !cookie.httpOnly || fromScript],
  ['__host-', (cookie) => !hostBound(cookie)],
  ['__secure-', (cookie) => !cookie.secure],
]

const hostBound = ({ secure, hostOnly, path }: StoredCookie): boolean => secure && hostOnly && path === '/'

const pathMatches = (path: string, cookiePath: string): boolean =>
  path === cookiePath ||
  (path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/'))

const defaultPath = ({ pathname }: URL): string => pathname.slice(0, pathname.lastIndexOf('/')) || '/'

const domainMatches = (host: string, { domain, hostOnly }: StoredCookie): boolean =>
  host === domain || (!hostOnly && host.endsWith(`.${domain}`))

const parse = (url: URL, header: string, now: number): StoredCookie | string => {
  const [pair = '', ...rest] = header.split(';').map((part) => part.trim())
  const at = pair.indexOf('=')
  const [name, value] = at < 0 ? ['', pair] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
  if (name === '' && value === '') return 'empty'
  if (name.length + value.length > 4096) return 'larger than 4096 octets'
  const attributes = new Map(
    rest.map((part) => {
      const [key = '', ...words] = part.split('=')
      return [key.trim().toLowerCase(), words.join('=').trim()] as const
    }),
  )
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase() ?? ''
  if (domain !== '' && domain !== url.hostname && !url.hostname.endsWith(`.${domain}`))
    return 'foreign domain'
  if (
    domain !== '' &&
    domain !== url.hostname &&
    siteOf(new URL(`${url.protocol}//${domain}`)) !== siteOf(url)
  )
    return 'domain is a public suffix'
  const maxAge = attributes.get('max-age')
  const expires = attributes.get('expires')
  const told = attributes.get('samesite')?.toLowerCase()
  const path = attributes.get('path') ?? ''
  return {
    name,
    value,
    domain: domain || url.hostname,
    hostOnly: domain === '',
    path: path.startsWith('/') ? path : defaultPath(url),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: told === 'strict' || told === 'none' ? told : 'lax',
    expiresAt:
      maxAge !== undefined && /^-?\d+$/.test(maxAge)
        ? now + Number(maxAge) * 1000
        : expires !== undefined && !Number.isNaN(Date.parse(expires))
          ? Date.parse(expires)
          : null,
  }
}

const refusal = (url: URL, cookie: StoredCookie, fromScript: boolean): string | null => {
  if (cookie.secure && !trustworthy(url)) return 'Secure, from an insecure origin'
  if (cookie.sameSite === 'none' && !cookie.secure) return 'SameSite=None without Secure'
  if (fromScript && cookie.httpOnly) return 'HttpOnly, from a script'
  const name = cookie.name.toLowerCase()
  const prefix = PREFIXES.find(([known]) => name.startsWith(known))
  return prefix?.[1](cookie, fromScript) ? `breaks the rules of ${prefix[0]}` : null
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

const allowedBySameSite = (cookie: StoredCookie, context: CookieContext): boolean => {
  const { initiator, method, topLevel, url } = context
  if (cookie.sameSite === 'none' || initiator === null || sameSite(initiator, url)) return true
  return cookie.sameSite === 'lax' && topLevel && SAFE.has(method)
}

/** An empty jar. `now` is ms since epoch. */
export const createCookieJar = (now: () => number = Date.now): CookieJar => {
  let stored: StoredCookie[] = []
  const live = (): StoredCookie[] => {
    stored = stored.filter(({ expiresAt }) => expiresAt === null || expiresAt > now())
    return stored
  }
  const at = (url: URL): StoredCookie[] =>
    live()
      .filter((cookie) => domainMatches(url.hostname, cookie) && pathMatches(url.pathname, cookie.path))
      .filter((cookie) => !cookie.secure || trustworthy(url))
      .toSorted((one, other) => other.path.length - one.path.length)
  const text = (cookies: StoredCookie[]): string =>
    cookies.map(({ name, value }) => (name === '' ? value : `${name}=${value}`)).join('; ')
  const same = (one: StoredCookie, other: StoredCookie): boolean =>
    one.name === other.name &&
    one.domain === other.domain &&
    one.hostOnly === other.hostOnly &&
    one.path === other.path

  return {
    set: (url, header, fromScript = false) => {
      const cookie = parse(url, header, now())
      if (typeof cookie === 'string') return cookie
      const refused = refusal(url, cookie, fromScript)
      if (refused !== null) return refused
      const old = live().find((known) => same(known, cookie))
      if (old?.httpOnly && fromScript) return 'a script cannot replace an HttpOnly cookie'
      stored = old ? stored.map((known) => (known === old ? cookie : known)) : [...stored, cookie]
      live()
      return null
    },
    header: (context) => text(at(context.url).filter((cookie) => allowedBySameSite(cookie, context))) || null,
    readable: (url) => text(at(url).filter(({ httpOnly }) => !httpOnly)),
    all: (url) => (url === undefined ? [...live()] : at(new URL(url))),
    get: (url, name) => at(new URL(url)).find((cookie) => cookie.name === name),
    delete: (url, name) => {
      const gone = new Set(at(new URL(url)).filter((cookie) => cookie.name === name))
      stored = stored.filter((cookie) => !gone.has(cookie))
    },
    close: () => {
      stored = stored.filter(({ expiresAt }) => expiresAt !== null)
    },
    clear: () => {
      stored = []
    },
  }
}
