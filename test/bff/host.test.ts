import { describe, expect, it } from 'vitest'
import { addressAt, createRounds, isOwnHost, isThere } from '../../src/bff/host.js'
import { targetOf } from '../../src/bff/request.js'

const ORIGIN = 'https://app.test'

describe('isOwnHost', () => {
  it.each([
    ['https://app.test/x', {}, true],
    ['https://app.test', {}, true],
    ['https://app.test?x', {}, true],
    ['https://APP.test/x', {}, true],
    ['https://app.test:443/x', {}, true],
    ['http://app.test/x', {}, false],
    ['http://app.test/x', { 'x-forwarded-proto': 'https' }, true],
    ['http://app.test/x', { 'x-forwarded-proto': 'HTTPS, http' }, true],
    ['https://app.test/x', { 'x-forwarded-proto': 'http' }, false],
    ['https://app.test:8443/x', {}, false],
    ['https://127.0.0.1/x', {}, false],
    ['https://127.0.0.1/x', { 'x-forwarded-host': 'app.test', forwarded: 'host=app.test' }, false],
    ['https://evil.test/x', { host: 'app.test' }, false],
    ['https://app.test.evil/x', {}, false],
    ['https://app.test@evil/x', {}, false],
    ['https://evil@app.test/x', {}, false],
    ['https://evil/https://app.test/', {}, false],
    ['http://evil.test/x', { 'x-forwarded-proto': 'https://app.test/' }, false],
    ['http://evil.test/x', { 'x-forwarded-proto': 'https://app.test?' }, false],
    ['http://evil.test/x', { 'x-forwarded-proto': 'https://app.test#' }, false],
    ['http://evil.test/x', { 'x-forwarded-proto': 'https:app.test/' }, false],
    ['https://app.test\\.evil.test/x', {}, false],
    ['https://app.te\tst/x', {}, false],
  ])('%s with %j', (url, headers, expected) =>
    expect(isOwnHost({ method: 'GET', url, headers: new Headers(headers) }, ORIGIN)).toBe(expected),
  )
})

/** A visit that asked for `path` by another host, by what the browser says of it. */
const visit = (path: string, headers: Record<string, string>) => {
  const head = { method: 'GET', url: `http://backend:3000${path}`, headers: new Headers(headers) }
  return { head, target: targetOf(head.url) }
}
const tab = (site: string, referer?: string) => ({
  ...{ 'sec-fetch-site': site, 'sec-fetch-dest': 'document' },
  ...(referer !== undefined && { referer }),
})

describe('a visitor who asked by another host', () => {
  it.each([
    ['comes from a page of the origin', '/bff/login', tab('same-origin', `${ORIGIN}/orders`), true],
    ['was sent there before', '/bff/login?moved=1', tab('none'), true],
    ['was sent there before, from another site', '/bff/login?return_to=/x&moved=1', tab('cross-site'), true],
    ['comes from a page elsewhere', '/bff/login', tab('same-origin', 'http://127.0.0.1:3000/orders'), false],
    ['comes to one host from another', '/bff/login', tab('same-site', `${ORIGIN}/orders`), false],
    ['says nothing', '/bff/login?return_to=/moved=1', {}, false],
  ])('and %s', (_, path, headers, there) => {
    const { head, target } = visit(path, headers)
    expect(isThere(head, target, ORIGIN)).toBe(there)
  })

  it.each([
    [
      'comes from a page elsewhere',
      '/bff/login?a=b',
      tab('same-origin', 'http://127.0.0.1:3000/'),
      '/bff/login?a=b',
    ],
    ['is no browser', '/bff/login?a=b', { 'sec-fetch-mode': 'cors' }, '/bff/login?a=b'],
    ['may be there already', '/bff/login?a=b', tab('same-origin'), '/bff/login?a=b&moved=1'],
    ['typed the address', '/bff/login', tab('none'), '/bff/login?moved=1'],
    ['comes from a portal', '/bff/login', tab('cross-site', 'https://portal.test/'), '/bff/login?moved=1'],
    ['asks for what is no path', '//evil.test/x?y', tab('none'), '/?moved=1'],
  ])('and %s is sent to the origin, once', (_, path, headers, to) => {
    const { head, target } = visit(path, headers)
    expect(addressAt(ORIGIN, target, head, () => true)).toBe(ORIGIN + to)
    const plain = target.path.startsWith('//') ? '/' : path
    expect(addressAt(ORIGIN, target, head, () => false)).toBe(ORIGIN + plain)
  })
})

describe('an address that is asked for again and again', () => {
  const [ours, others] = ['http://backend:3000/bff/login', 'http://www.app.test/bff/login']

  it('is seen the third time within ten seconds', () => {
    let now = 1_700_000_000_000
    const again = createRounds(() => now)
    expect([ours, others, ours, others, ours, others, ours].map(again)).toEqual([
      ...[false, false, false, false, true, true, true],
    ])
    now += 10_001
    expect([ours, ours, ours].map(again)).toEqual([false, false, true])
    // The clock was put back.
    now -= 60_000
    expect(again(ours)).toBe(false)
  })

  it('is forgotten where there are many others', () => {
    const again = createRounds(() => 0)
    expect([ours, ours].map(again)).toEqual([false, false])
    for (let i = 0; i < 100; i++) again(`${others}?${i}`)
    expect([ours, ours, ours].map(again)).toEqual([false, false, true])
  })
})
