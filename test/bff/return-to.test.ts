import { describe, expect, it } from 'vitest'
import { checkReturnTo, MAX_RETURN_TO, withLoginError } from '../../src/bff/return-to.js'
import { worked } from '../support/worked.js'

const ORIGIN = 'https://app.test'

/** SPECS c.1, threat 21: each is refused, or stays on the origin. */
const corpus = [
  '//evil',
  '/\\evil',
  '/\\/evil',
  '\\\\evil',
  '/%2f%2fevil',
  '%2f%2fevil',
  '/%5cevil',
  '/a/%5c%5cevil',
  '///evil',
  '/.//evil',
  '/..//evil',
  '/;//evil',
  '/a/..//evil',
  '/%2e//evil',
  'https:evil',
  'https:/evil',
  'https://evil',
  'http://app@evil',
  '//app%40evil',
  'javascript:alert(1)',
  'data:text/html,x',
  '/\tevil',
  '/\t/evil',
  '/%09/evil',
  '/%0d%0aLocation:evil',
  '/\r\nLocation:evil',
  '/ /evil',
  ' /evil',
  '/\u2215evil',
  '/\uff0fevil',
  '\uff0f\uff0fevil',
  '/\u3002evil',
  '//xn--evil.test',
  '//[::1]',
  '[::1]',
  '/\u0000',
  '/\u200bx',
  '',
  'app',
  '?x',
  '#x',
]

describe('checkReturnTo', () => {
  it.each(corpus)('keeps %j on the origin, or refuses it', (value) => {
    const path = checkReturnTo(value, '/bff')
    if (path === null) return
    expect(new URL(path, ORIGIN).origin).toBe(ORIGIN)
    expect(path).toMatch(/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/)
  })

  it.each(['//evil', '/\\evil', '/%2f%2fevil', '/.//evil', 'https://evil', '/%0d%0aX:y', '/\tx', '', 'app'])(
    'refuses %j',
    (value) => expect(checkReturnTo(value, '/bff')).toBeNull(),
  )

  it.each([
    ['/', '/'],
    ['/orders/42?x=1&y=%0A#top', '/orders/42?x=1&y=%0A#top'],
    ['/ümlaut?q=ß', '/%C3%BCmlaut?q=%C3%9F'],
    ['/a/../b', '/b'],
    ['/a/%2Fb', '/a/%2Fb'],
    ['/bffx', '/bffx'],
  ])('lets %j through as %j', (value, path) => expect(checkReturnTo(value, '/bff')).toBe(path))

  it.each([
    '/bff',
    '/bff/',
    '/bff/login',
    '/bff/api/x',
    '/BFF/logout',
    '/%62ff/login',
    '/x/../bff/logout',
    '/bff/%zz',
  ])('refuses the door %j', (value) => expect(checkReturnTo(value, '/bff')).toBeNull())

  it('takes 2048 bytes and not one more, counted as they are sent', () => {
    expect(checkReturnTo('/'.padEnd(MAX_RETURN_TO, 'a'), '/bff')).toHaveLength(MAX_RETURN_TO)
    expect(checkReturnTo('/'.padEnd(MAX_RETURN_TO + 1, 'a'), '/bff')).toBeNull()
    expect(checkReturnTo('/'.padEnd(MAX_RETURN_TO / 2, 'ü'), '/bff')).toBeNull()
  })

  it('is quick with what is long', () => {
    const check = (): void => {
      for (const filler of ['/', '%', 'ü', ' ', '..', '%5c'])
        checkReturnTo('/'.padEnd(1_000_000, filler), '/bff')
    }
    expect(worked(check)).toBeLessThan(500)
  })
})

describe('withLoginError', () => {
  it.each([
    ['/', '/?login_error=x'],
    ['/a?b=c%20d&flag', '/a?b=c%20d&flag&login_error=x'],
    ['/a#top', '/a?login_error=x#top'],
    ['/a?login_error=old&b=1', '/a?b=1&login_error=x'],
    ['/a?#', '/a?login_error=x#'],
  ])('adds to %j', (returnTo, expected) => expect(withLoginError(returnTo, 'x')).toBe(expected))

  it('encodes the code', () => expect(withLoginError('/', 'a&b=#')).toBe('/?login_error=a%26b%3D%23'))
})
