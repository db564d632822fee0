import { describe, expect, it } from 'vitest'
import { staticFiles } from '../../../src/bff/static/validate.js'
import { checked } from '../../../src/bff/validate.js'

const env = { FOLDER: './from-env', MAPS: 'true' }
const check = (value: unknown) =>
  checked((given, _path, variables) => staticFiles(given, ['static'], variables), value, env)
const folder = './public'

describe('static', () => {
  it('is a folder, or an object with one', () => {
    expect(check('./public')).toBe('./public')
    expect(check('env:FOLDER')).toBe('./from-env')
    expect(
      check({
        folder: 'env:FOLDER',
        nonce: '__CSP_NONCE__',
        contentSecurityPolicy: {
          'img-src': "'self' https://img.example.com",
          'font-src': ["'self'"],
          'object-src': false,
          'upgrade-insecure-requests': true,
          sandbox: 'allow-scripts',
        },
        reportOnly: true,
        headers: { 'X-Frame-Options': false, 'Referrer-Policy': 'no-referrer' },
        immutable: ['/assets/'],
        sourceMaps: 'env:MAPS',
      }),
    ).toEqual({
      folder: './from-env',
      nonce: '__CSP_NONCE__',
      contentSecurityPolicy: {
        'img-src': ["'self'", 'https://img.example.com'],
        'font-src': ["'self'"],
        'object-src': false,
        'upgrade-insecure-requests': true,
        sandbox: ['allow-scripts'],
      },
      reportOnly: true,
      headers: { 'X-Frame-Options': false, 'Referrer-Policy': 'no-referrer' },
      immutable: ['/assets/'],
      sourceMaps: true,
    })
  })

  it('may be checked twice', () => {
    const once = check({ folder, contentSecurityPolicy: { 'img-src': "'self' data:" } })
    expect(check(once)).toEqual(once)
  })

  it.each([
    [true, /^static: is true, not a text\. Write the folder/],
    [{}, /^static\.folder: is missing/],
    [{ folder, nonse: 'x' }, /^static\.nonse: .*Did you mean "nonce"\?/],
    [{ folder, nonce: 'nonce' }, /^static\.nonce: is "nonce": it needs 8 to 64/],
    [{ folder, nonce: '"><script>' }, /^static\.nonce: /],
    [{ folder, contentSecurityPolicy: true }, /^static\.contentSecurityPolicy: is true\. Write an object/],
    [
      { folder, contentSecurityPolicy: { 'scritp-src': "'self'" } },
      /^static\.contentSecurityPolicy\.scritp-src: .*Did you mean "script-src"\?/,
    ],
    [
      { folder, contentSecurityPolicy: { 'script-src': 'self' } },
      /^static\.contentSecurityPolicy\.script-src: has self in it, .*single quotes/,
    ],
    [{ folder, contentSecurityPolicy: { 'script-src': "'none' 'self'" } }, /'none' beside other sources/],
    [{ folder, contentSecurityPolicy: { 'script-src': '' } }, /script-src: is empty/],
    [{ folder, contentSecurityPolicy: { 'script-src': true } }, /script-src: is true/],
    [{ folder, contentSecurityPolicy: { 'upgrade-insecure-requests': 'yes' } }, /Write true or false/],
    [{ folder, headers: { 'Refferer-Policy': 'no-referrer' } }, /Did you mean "Referrer-Policy"\?/],
    [{ folder, headers: { 'Referrer-Policy': 'none' } }, /^static\.headers\.Referrer-Policy: is "none"/],
    [{ folder, headers: { 'Strict-Transport-Security': '31536000' } }, /no value of Strict-Transport/],
    [{ folder, headers: { 'Permissions-Policy': 'a=()\r\nX: 1' } }, /no value of Permissions-Policy/],
    [{ folder, immutable: ['assets'] }, /^static\.immutable\[0\]: is "assets"/],
    [{ folder, immutable: ['/'] }, /index\.html is there/],
    [{ folder, contentSecurityPolicy: false, nonce: '__NONCE__' }, /^static\.nonce: has no policy/],
    [{ folder, contentSecurityPolicy: false, reportOnly: true }, /^static\.reportOnly: has no policy/],
    [
      { folder, contentSecurityPolicy: { 'script-src': false }, nonce: '__NONCE__' },
      /script-src: is left out, and the nonce/,
    ],
  ])('%j is refused', (value, says) => {
    expect(() => check(value)).toThrow(says)
  })

  it('names all that is wrong at once', () => {
    const wrong = {
      folder: '',
      contentSecurityPolicy: { 'img-scr': '*' },
      headers: { 'X-Frame-Option': 'DENY' },
    }
    expect(() => check(wrong)).toThrow(/folder[\s\S]*img-scr[\s\S]*X-Frame-Option/)
  })
})
