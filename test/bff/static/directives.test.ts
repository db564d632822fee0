import { describe, expect, it } from 'vitest'
import { tokenFault } from '../../../src/bff/static/directives.js'

describe('a token of a directive', () => {
  it.each([
    ['script-src', "'self'"],
    ['script-src', "'sha256-abcDEF0123+/='"],
    ['script-src', "'strict-dynamic'"],
    ['connect-src', 'https://api.example.com:8443/v1/'],
    ['connect-src', 'wss://*.example.com'],
    ['img-src', 'data:'],
    ['img-src', '*'],
    ['sandbox', 'allow-scripts'],
    ['report-to', 'csp'],
    ['trusted-types', 'dompurify'],
    ['trusted-types', "'allow-duplicates'"],
    ['require-trusted-types-for', "'script'"],
  ] as const)('%s %s', (directive, token) => {
    expect(tokenFault(directive, token)).toBeNull()
  })

  it.each([
    ['script-src', 'self', /single quotes: 'self'/],
    ['script-src', 'UNSAFE-INLINE', /single quotes/],
    ['script-src', 'nonce-abc', /single quotes/],
    ['script-src', "'slef'", /no keyword/],
    ['script-src', "'self", /quotes go around the whole/],
    ['script-src', "'nonce-abc'", /the same for everybody/],
    ['img-src', 'https://a.example;script-src', /ends the directive/],
    ['img-src', 'https://a.example,', /ends the directive/],
    ['img-src', 'a\r\nSet-Cookie:x=1', /ends the directive/],
    ['img-src', 'https://bücher.example', /encoded/],
    ['require-trusted-types-for', 'script', /single quotes/],
    ['require-trusted-types-for', "'style'", /no keyword/],
  ] as const)('%s %s is wrong', (directive, token, says) => {
    expect(tokenFault(directive, token)).toMatch(says)
  })
})
