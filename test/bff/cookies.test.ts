import { describe, expect, it } from 'vitest'
import { createCookies } from '../../src/bff/cookies.js'
import { cookieNames } from '../../src/protocol.js'
import { worked } from '../support/worked.js'

const hardened = { sameSite: 'Strict', maxAge: null, isSecure: true } as const
const { read, set, expire, expireEverywhere } = createCookies(hardened)

describe('reading', () => {
  it.each([
    ['nothing', null, {}],
    ['ours among others', 'a=b; __Host-Http-session=S; __Host-csrf=r.m; c', { session: 'S', csrf: 'r.m' }],
    ['values with an equals sign', '__Host-hint=a=b', { hint: 'a=b' }],
    ['an empty value', '__Host-hint=', { hint: '' }],
    ['a name in another case', '__HOST-HTTP-SESSION=x', {}],
    ['a name in quotes', '"__Host-Http-session"=x', {}],
    ['a nameless cookie that looks like ours', '=__Host-Http-session=x; __Host-Http-session', {}],
    ['blanks around a name', 'a=b;\t__Host-hint =1\t', { hint: '1' }],
    [
      'names that other blanks make look like ours',
      '\u00a0__Host-hint=1; \v__Host-csrf=2; \u2000__Host-hint=3; \f__Host-Http-session=4',
      {},
    ],
    ['a longer name', 'x__Host-Http-session=x; __Host-Http-session.0=y', {}],
    ['$Version', '$Version=1; $Path=/', {}],
  ])('reads %s', (_, header, values) => expect(read(header)).toEqual({ values, tossed: [] }))

  it.each(Object.entries(cookieNames))('sees that %s came twice, in either order', (name, wire) => {
    expect(read(`${wire}=a; x=y; ${wire}=b`).tossed).toEqual([name])
    expect(read(`${wire}=b;${wire}=b`).tossed).toEqual([name])
  })

  it('names every one that came twice, once', () => {
    const header = '__Host-hint=1; __Host-csrf=2; __Host-hint=3; __Host-csrf=4; __Host-hint=5'
    expect(read(header).tossed).toEqual(['hint', 'csrf'])
  })
})

describe('setting', () => {
  it.each([
    ['session', '__Host-Http-session=v; Path=/; Secure; HttpOnly; SameSite=Strict'],
    ['login', '__Host-Http-login=v; Path=/; Secure; HttpOnly; SameSite=Lax'],
    ['csrf', '__Host-csrf=v; Path=/; Secure; SameSite=Strict'],
    ['hint', '__Host-hint=v; Path=/; Secure; SameSite=Lax'],
  ] as const)('gives %s its attributes, and no others', (name, expected) =>
    expect(set(name, 'v')).toBe(expected),
  )

  it('limits a lifetime only where asked', () => {
    expect(set('login', 'v', 600)).toMatch(/; Max-Age=600$/)
    expect(expire('session')).toBe(
      '__Host-Http-session=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0',
    )
  })
})

describe('cookies that are not hardened', () => {
  const all = (style: Partial<Parameters<typeof createCookies>[0]>) => {
    const { set } = createCookies({ ...hardened, ...style })
    return (['session', 'login', 'csrf', 'hint'] as const).map((name) => set(name, 'v'))
  }

  it('Lax: the session comes along when a tab is sent here', () =>
    expect(all({ sameSite: 'Lax' })).toEqual([
      '__Host-Http-session=v; Path=/; Secure; HttpOnly; SameSite=Lax',
      ...all({}).slice(1),
    ]))

  it('None: what belongs to a session comes along everywhere; a login never does', () =>
    expect(all({ sameSite: 'None' })).toEqual([
      '__Host-Http-session=v; Path=/; Secure; HttpOnly; SameSite=None',
      '__Host-Http-login=v; Path=/; Secure; HttpOnly; SameSite=Lax',
      '__Host-csrf=v; Path=/; Secure; SameSite=None',
      '__Host-hint=v; Path=/; Secure; SameSite=None',
    ]))

  it('persistent: as long as the session may last, and taken away all the same', () => {
    expect(all({ maxAge: 43_200 }).map((one) => /; Max-Age=(\d+)$/.exec(one)?.[1])).toEqual([
      '43200',
      undefined,
      '43200',
      '43200',
    ])
    const { expire, set } = createCookies({ ...hardened, maxAge: 43_200 })
    expect(expire('session')).toMatch(/; Max-Age=0$/)
    expect(set('login', 'v', 600)).toMatch(/; Max-Age=600$/)
  })

  it('insecure: no Secure, and no name that promises it', () => {
    expect(all({ isSecure: false })).toEqual([
      'tandem-session=v; Path=/; HttpOnly; SameSite=Strict',
      'tandem-login=v; Path=/; HttpOnly; SameSite=Lax',
      'tandem-csrf=v; Path=/; SameSite=Strict',
      'tandem-hint=v; Path=/; SameSite=Lax',
    ])
    const { read, expireEverywhere } = createCookies({ ...hardened, isSecure: false })
    expect(read('tandem-session=a; __Host-Http-session=b')).toEqual({ values: { session: 'a' }, tossed: [] })
    expect(expireEverywhere('session', 'localhost', '/').join()).not.toContain('Secure')
  })
})

describe('expiring everywhere', () => {
  const reach = (host: string, path: string) =>
    expireEverywhere('session', host, path)
      .slice(1)
      .map((cookie) => cookie.replace('__Host-Http-session=; Max-Age=0; Secure; ', ''))

  it('begins with the plain one', () =>
    expect(expireEverywhere('hint', 'app.test', '/')[0]).toBe(expire('hint')))

  it('reaches every path above, and every domain above', () => {
    expect(reach('www.app.example.com', '/bff/session')).toEqual([
      'Path=/; Domain=www.app.example.com',
      'Path=/; Domain=app.example.com',
      'Path=/; Domain=example.com',
      ...['/bff', '/bff/', '/bff/session'].flatMap((path) => [
        `Path=${path}`,
        `Path=${path}; Domain=www.app.example.com`,
        `Path=${path}; Domain=app.example.com`,
        `Path=${path}; Domain=example.com`,
      ]),
    ])
  })

  it('tries the shortest paths and the longest domains alone, however deep and long they are', () => {
    const all = (): void => {
      const deep = reach('app.example.com', '/a'.repeat(30_000))
      expect(deep.filter((cookie) => !cookie.includes('Domain')).length).toBe(11)
      expect(reach('app.test', `/${'a'.repeat(2000)}`)).toEqual(['Path=/; Domain=app.test'])
      expect(reach(`${'a.'.repeat(30_000)}test`, '/').length).toBe(5)
    }
    expect(worked(all)).toBeLessThan(1000)
  })

  it('names no domain for an address, and lets nothing odd into a header', () => {
    expect(reach('127.0.0.1', '/a')).toEqual(['Path=/a'])
    expect(reach('[::1]', '/')).toEqual([])
    expect(reach('localhost', '/a;b/%0d\r\nx/')).toEqual(['Path=/; Domain=localhost'])
  })
})
