import { describe, expect, it } from 'vitest'
import { pathOf, returnPath } from '../../src/client/return-to.js'

const here = new URL('https://app.test/orders/7?tab=lines#total')

describe('the address to come back to', () => {
  it.each<[string | undefined, string]>([
    [undefined, '/orders/7?tab=lines#total'],
    ['https://app.test/a/b?c=d#e', '/a/b?c=d#e'],
    ['/a?b=%2Fc%20d', '/a?b=%2Fc%20d'],
    ['/a?b=c d', '/a?b=c%20d'],
    ['?x=1', '/orders/7?x=1'],
    ['#end', '/orders/7?tab=lines#end'],
    ['other', '/orders/other'],
    ['/ümlaut', '/%C3%BCmlaut'],
    ['/a?b&login_error=login_loop&c=', '/a?b=&c='],
    ['https://app.test//evil.example', '/evil.example'],
  ])('%s → %s', (returnTo, path) => expect(returnPath(returnTo, here)).toBe(path))

  it.each([
    'https://evil.example/',
    'http://app.test/',
    'https://app.test:444/',
    '//evil.example/a',
    '/\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'blob:https://app.test/1-2',
    'https://app.test@evil.example/',
    'https://user@app.test/',
  ])('%s is refused', (returnTo) => expect(() => returnPath(returnTo, here)).toThrow(TypeError))

  it('names the origin it must be of', () => {
    expect(() => returnPath('https://evil.example/', here)).toThrow('https://app.test')
  })
})

describe('a path', () => {
  it('keeps a query that holds no login error as it was written', () => {
    expect(pathOf(new URL('https://app.test/?a=%20b&c'))).toBe('/?a=%20b&c')
  })
})
