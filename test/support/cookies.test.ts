import { describe, expect, it } from 'vitest'
import { createCookieJar, type CookieContext } from './user-agent/cookies.js'

const APP = new URL('https://app.test/some/page')
const NAVIGATION = { method: 'GET', initiator: null, topLevel: true }
const ask = (url: string, rest: Partial<CookieContext> = {}): CookieContext => ({
  ...NAVIGATION,
  ...rest,
  url: new URL(url),
})

describe('scope', () => {
  it('a cookie without Domain is for its host alone, with Domain for those below', () => {
    const jar = createCookieJar()
    jar.set(APP, 'host=1; Path=/')
    jar.set(APP, 'domain=1; Path=/; Domain=app.test')
    expect(jar.header(ask('https://app.test/'))).toBe('host=1; domain=1')
    expect(jar.header(ask('https://api.app.test/'))).toBe('domain=1')
    expect(jar.header(ask('https://other.test/'))).toBeNull()
  })

  it.each([
    ['foreign', 'a=1; Domain=other.test'],
    ['a sub-domain', 'a=1; Domain=api.app.test'],
    ['a public suffix', 'a=1; Domain=test'],
  ])('refuses the Domain of %s', (_, header) => {
    const jar = createCookieJar()
    expect(jar.set(APP, header)).toMatch(/domain/)
    expect(jar.all()).toEqual([])
  })

  it('the path decides, and defaults to the directory; the longest comes first', () => {
    const jar = createCookieJar()
    jar.set(APP, 'root=1; Path=/')
    jar.set(APP, 'near=1')
    expect(jar.header(ask('https://app.test/some/other'))).toBe('near=1; root=1')
    expect(jar.header(ask('https://app.test/something'))).toBe('root=1')
  })

  it('the port does not', () => {
    const jar = createCookieJar()
    jar.set(new URL('http://localhost:3000/'), 'a=1')
    expect(jar.header(ask('http://localhost:4000/'))).toBe('a=1')
  })

  it('Secure: set and sent over https and to this machine only', () => {
    const jar = createCookieJar()
    expect(jar.set(new URL('http://app.test/'), 'a=1; Secure')).toMatch(/insecure/)
    expect(jar.set(APP, 'a=1; Secure; Path=/')).toBeNull()
    expect(jar.set(new URL('http://localhost:3000/'), 'b=1; Secure')).toBeNull()
    expect(jar.header(ask('http://app.test/'))).toBeNull()
    expect(jar.header(ask('http://localhost:3000/'))).toBe('b=1')
  })
})

describe('prefixes', () => {
  it.each([
    ['__Host-a=1; Secure; Path=/', null],
    ['__Host-a=1; Path=/', 'breaks the rules of __host-'],
    ['__Host-a=1; Secure', 'breaks the rules of __host-'],
    ['__Host-a=1; Secure; Path=/; Domain=app.test', 'breaks the rules of __host-'],
    ['__Host-Http-a=1; Secure; Path=/; HttpOnly', null],
    ['__Host-Http-a=1; Secure; Path=/', 'breaks the rules of __host-http-'],
    ['__Http-a=1; Secure; HttpOnly', null],
    ['__Http-a=1; Secure', 'breaks the rules of __http-'],
    ['__Secure-a=1; Secure', null],
    ['__Secure-a=1', 'breaks the rules of __secure-'],
    ['a=1; SameSite=None', 'SameSite=None without Secure'],
  ])('%s', (header, problem) => {
    expect(createCookieJar().set(APP, header)).toBe(problem)
  })
})

describe('life', () => {
  it('Max-Age goes before Expires, and both end a cookie', () => {
    let now = Date.parse('2026-01-01T00:00:00Z')
    const jar = createCookieJar(() => now)
    jar.set(APP, 'long=1; Path=/; Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT')
    jar.set(APP, 'short=1; Path=/; Expires=Thu, 01 Jan 2026 00:00:10 GMT')
    jar.set(APP, 'session=1; Path=/')
    expect(jar.header(ask('https://app.test/'))).toBe('long=1; short=1; session=1')
    now += 11_000
    expect(jar.header(ask('https://app.test/'))).toBe('long=1; session=1')
    jar.close()
    expect(jar.header(ask('https://app.test/'))).toBe('long=1')
  })

  it('is replaced in place, and deleted by an end in the past', () => {
    const jar = createCookieJar()
    jar.set(APP, 'a=1; Path=/')
    jar.set(APP, 'a=2; Path=/')
    expect(jar.header(ask('https://app.test/'))).toBe('a=2')
    jar.set(APP, 'a=; Path=/some; Max-Age=0')
    expect(jar.get(APP, 'a')?.value).toBe('2')
    jar.set(APP, 'a=; Path=/; Max-Age=0')
    expect(jar.all()).toEqual([])
  })

  it('is no larger than 4096 octets', () => {
    expect(createCookieJar().set(APP, `a=${'x'.repeat(4096)}`)).toMatch(/4096/)
  })
})

describe('SameSite', () => {
  const jar = createCookieJar()
  jar.set(APP, 'strict=1; Path=/; Secure; SameSite=Strict')
  jar.set(APP, 'lax=1; Path=/; Secure; SameSite=Lax')
  jar.set(APP, 'none=1; Path=/; Secure; SameSite=None')
  jar.set(APP, 'unsaid=1; Path=/; Secure')

  it.each([
    ['the user types', {}, 'strict lax none unsaid'],
    ['a link on the same site', { initiator: new URL('https://www.app.test') }, 'strict lax none unsaid'],
    ['a link on another site', { initiator: new URL('https://idp.other') }, 'lax none unsaid'],
    ['the same host without TLS', { initiator: new URL('http://app.test') }, 'lax none unsaid'],
    ['a form on another site', { initiator: new URL('https://idp.other'), method: 'POST' }, 'none'],
    ['a frame on another site', { initiator: new URL('https://idp.other'), topLevel: false }, 'none'],
  ])('%s', (_, context, sent) => {
    const names = jar.header(ask('https://app.test/', context))?.replaceAll('=1', '').replaceAll(';', '')
    expect(names).toBe(sent)
  })
})

describe('scripts', () => {
  it('see what is not HttpOnly, and cannot touch what is', () => {
    const jar = createCookieJar()
    jar.set(APP, 'hidden=1; Path=/; HttpOnly')
    jar.set(APP, 'shown=1; Path=/')
    expect(jar.readable(APP)).toBe('shown=1')
    expect(jar.set(APP, 'hidden=2; Path=/', true)).toMatch(/HttpOnly/)
    expect(jar.set(APP, 'own=1; HttpOnly', true)).toMatch(/HttpOnly/)
    expect(jar.set(APP, '__Host-Http-a=1; Secure; Path=/', true)).toMatch(/__host-http-/)
    expect(jar.set(APP, 'shown=2; Path=/', true)).toBeNull()
    expect(jar.header(ask('https://app.test/'))).toBe('hidden=1; shown=2')
  })

  it('can toss: the same name at another path is a second cookie', () => {
    const jar = createCookieJar()
    jar.set(APP, 'a=good; Path=/; HttpOnly')
    expect(jar.set(APP, 'a=tossed; Path=/bff', true)).toBeNull()
    expect(jar.header(ask('https://app.test/bff/session'))).toBe('a=tossed; a=good')
  })
})
