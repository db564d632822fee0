import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publicLocation, upstreamTarget } from '../../../src/bff/upstream/path.js'
import { worked } from '../../support/worked.js'

const base = new URL('http://127.0.0.1:4100/v1/')

describe('what may be asked', () => {
  it.each([
    ['', '/v1/'],
    ['42', '/v1/42'],
    ['42/items/', '/v1/42/items/'],
    ['a?b=c&d=/../e//f', '/v1/a?b=c&d=/../e//f'],
    ['?q=100%', '/v1/?q=100%'],
    ['?text=a%0D%0Ab%00%2F..%5C', '/v1/?text=a%0D%0Ab%00%2F..%5C'],
    ['?to=http://evil.example/', '/v1/?to=http://evil.example/'],
    ['caf%C3%A9/%E6%97%A5', '/v1/caf%C3%A9/%E6%97%A5'],
    ['a%20b', '/v1/a%20b'],
    ['100%25', '/v1/100%25'],
    ['100%25%20off', '/v1/100%25%20off'],
    ['alice@example.com', '/v1/alice@example.com'],
    ['users/@alice', '/v1/users/@alice'],
    ['urn:isbn:0451450523', '/v1/urn:isbn:0451450523'],
    ['file.tar.gz', '/v1/file.tar.gz'],
    ['.well-known/x', '/v1/.well-known/x'],
    ['a..b/c.', '/v1/a..b/c.'],
    ['a;v=1/b,c;d', '/v1/a;v=1/b,c;d'],
    ["~!$&'()*+,=", "/v1/~!$&'()*+,="],
  ])('%s goes out byte for byte', (path, target) => {
    expect(upstreamTarget(base, path)).toEqual({ target })
  })

  it.each([
    ['..', 'dot segment'],
    ['../admin', 'dot segment'],
    ['a/../../internal', 'dot segment'],
    ['./a', 'dot segment'],
    ['a/.', 'dot segment'],
    ['.../a', 'dot segment'],
    ['..;/admin', 'dot segment'],
    ['..;v=1/admin', 'dot segment'],
    ['..%20/admin', 'dot segment'],
    ['..%3b/admin', 'dot segment'],
    ['%EF%BC%8E%EF%BC%8E/admin', 'dot segment'],
    ['a%EF%BC%8F..%EF%BC%8Fb', 'dot segment'],
    ['%2e%2e/admin', 'encoded dot'],
    ['.%2E/admin', 'encoded dot'],
    ['..%2f..%2fadmin', 'dot, slash'],
    ['..%2Fadmin', 'slash'],
    ['a%2fb', 'slash'],
    ['a%5cb', 'backslash'],
    ['a\\b', 'backslash'],
    ['..%5cadmin', 'backslash'],
    ['a%00', 'control'],
    ['.%00./a', 'control'],
    ['a%0d%0aHost:evil', 'control'],
    ['a%7f', 'control'],
    ['%252e%252e/admin', 'encoded dot'],
    ['a%252fb', 'slash'],
    ['%25252e%25252e/a', 'encoded dot'],
    ['%252525252525252525252e', 'too often'],
    ['%c0%ae%c0%ae/admin', 'not UTF-8'],
    ['caf%e9', 'not UTF-8'],
    ['%zz', 'malformed'],
    ['a%', 'malformed'],
    ['/evil.example/x', 'empty segment'],
    ['a//b', 'empty segment'],
    ['//', 'empty segment'],
    ['http://evil.example/', 'empty segment'],
    ['http:/evil.example', 'address'],
    ['HTTPS:evil.example', 'address'],
    ['javascript:alert(1)', 'address'],
    ['@evil.example/', 'address'],
    ['%40evil.example/', 'address'],
    ['user:pass@evil.example/', 'address'],
    ['a b', 'ASCII'],
    ['a\r\nHost: evil', 'ASCII'],
    ['a\tb', 'ASCII'],
    ['caf\u00e9', 'ASCII'],
    ['a#b', 'ASCII'],
    ['?a#b', 'ASCII'],
    ['?a b', 'ASCII'],
  ])('%j is refused', (path, why) => {
    expect(upstreamTarget(base, path)).toEqual({ refused: expect.stringContaining(why) })
  })

  it('whatever passes stays under the upstream, as any parser reads it', () => {
    const pieces = fc.constantFrom(
      ...[
        '.',
        '..',
        '/',
        '\\',
        '%2e',
        '%2f',
        '%5c',
        '%25',
        '%00',
        ';',
        'a',
        'B9',
        '@',
        ':',
        '?',
        '#',
        '%c0%ae',
        ' ',
        '\u2025',
      ],
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 8 }), (parts) => {
        const result = upstreamTarget(base, parts.join(''))
        if ('refused' in result) return
        for (const read of [result.target, decodedOnce(result.target)]) {
          const url = new URL(read, base)
          expect(url.origin).toBe(base.origin)
          expect(url.pathname.startsWith(base.pathname)).toBe(true)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('takes linear time', () => {
    const paths = [
      'a/'.repeat(30_000) + '!',
      '-'.repeat(60_000) + '\\',
      '%25'.repeat(20_000),
      '..;'.repeat(20_000),
      ':'.repeat(60_000),
      ':'.repeat(60_000) + '%252525',
    ]
    expect(worked(() => paths.forEach((path) => upstreamTarget(base, path)))).toBeLessThan(1000)
  })
})

/** The path as a server sees it that decodes it once. */
function decodedOnce(target: string): string {
  const [path = '', ...query] = target.split('?')
  return [decodeURIComponent(path).replaceAll('?', '%3F').replaceAll('#', '%23'), ...query].join('?')
}

describe('where an answer may point', () => {
  const context = {
    requested: new URL('http://127.0.0.1:4100/v1/a/b?x=1'),
    base,
    mount: '/bff/api/orders/',
    origin: 'https://app.example.com',
  }
  it.each([
    ['/v1/42', '/bff/api/orders/42'],
    ['c', '/bff/api/orders/a/c'],
    ['../42?y=2#top', '/bff/api/orders/42?y=2#top'],
    ['?page=2', '/bff/api/orders/a/b?page=2'],
    ['http://127.0.0.1:4100/v1/42', '/bff/api/orders/42'],
    ['//127.0.0.1:4100/v1/42', '/bff/api/orders/42'],
    ['https://app.example.com/v1/42', '/bff/api/orders/42'],
    ['https://app.example.com/bff/api/orders/42', '/bff/api/orders/42'],
  ])('%s stays within', (location, seen) => {
    expect(publicLocation(location, context)).toBe(seen)
  })

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'https://127.0.0.1:4100/v1/42',
    'http://127.0.0.1:4101/v1/42',
    '//evil.example/v1/',
    '/admin',
    '../../admin',
    '/v1/%2e%2e%2fadmin',
    '/v1//evil.example',
    'http://user:pass@127.0.0.1:4100/v1/42',
    'https://app.example.com/logout',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://[',
  ])('%s is not passed on', (location) => {
    expect(publicLocation(location, context)).toBeNull()
  })
})
