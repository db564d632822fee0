import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loginParameters } from '../../../src/bff/login/parameters.js'
import { checkReturnTo, withLoginError } from '../../../src/bff/return-to.js'
import { holds, madeOf, PATIENT } from './fuzz.js'

const hostile = madeOf(
  [
    ...[
      '/',
      '//',
      '\\',
      '.',
      '..',
      'evil.example',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      '%5c',
      '%2e',
      '%09',
      '%0d%0a',
      '%00',
    ],
    ...[
      '\t',
      '\n',
      '\r',
      ' ',
      '\u200b',
      '\u2028',
      '\ufeff',
      '\uff0f',
      '\u2215',
      '\u3002',
      '[::1]',
      'https:',
      'javascript:',
    ],
    ...['/bff', '/bff/', '/%62ff/', '/BFF', 'a', 'b/c', '&', '=', ';', '%', '\ud800', 'http://app.test'],
  ],
  10,
)
const path = fc.oneof(
  { weight: 3, arbitrary: hostile.map((text) => `/${text}`) },
  { weight: 1, arbitrary: hostile },
)

/** What a browser makes of a `Location`. */
function leadsHome(location: string): void {
  expect(location).toMatch(/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/)
  for (const origin of ['https://app.test', 'http://localhost:3000']) {
    const url = new URL(location, `${origin}/bff/callback?x`)
    expect(url.origin).toBe(origin)
    expect([url.username, url.password]).toEqual(['', ''])
  }
}

it('T21 return_to: what passes is a path of the app as every browser reads it, and no door', PATIENT, () =>
  holds(
    fc.property(path, (given) => {
      const address = checkReturnTo(given, '/bff')
      if (address === null) return
      leadsHome(address)
      expect(address.length).toBeLessThanOrEqual(2048)
      expect(decodeURIComponent(new URL(address, 'https://app.test').pathname).toLowerCase()).not.toMatch(
        /^\/bff(?:\/|$)/,
      )
      expect(checkReturnTo(address, '/bff')).toBe(address)
      leadsHome(withLoginError(address, 'a&b#c'))
    }),
  ),
)

const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_~'), minLength: 1, maxLength: 8 })

it('T21 return_to: a plain address of the app passes, and stays as it is', PATIENT, () =>
  holds(
    fc.property(fc.array(word, { maxLength: 5 }), fc.array(word, { maxLength: 3 }), (segments, pairs) => {
      fc.pre(segments[0] !== 'bff')
      const query =
        pairs.length === 0 ? '' : `?${pairs.map((pair) => `${pair}=${pair}`).join('&')}#${pairs[0]}`
      const address = `/${segments.join('/')}${query}`
      expect(checkReturnTo(address, '/bff')).toBe(address)
    }),
  ),
)

const parameter = fc.tuple(
  fc.constantFrom(
    'return_to',
    'prompt',
    'login_hint',
    'max_age',
    'acr_values',
    'ui_locales',
    'resource',
    'x',
    'scope',
  ),
  fc.oneof(
    hostile,
    fc.constantFrom('login', 'none', 'login none', '0', '-1', '1e9', 'urn:x', 'https://api.test/'),
  ),
)

it(
  'T29 parameters of /login: what is passed on is short, free of controls, and among those that are known',
  PATIENT,
  () =>
    holds(
      fc.property(fc.array(parameter, { maxLength: 6 }), fc.boolean(), (given, encoded) => {
        const query = encoded
          ? `?${new URLSearchParams(given)}`
          : `?${given.map((one) => one.join('=')).join('&')}`
        const read = loginParameters(query, '/bff')
        if ('fix' in read) return
        leadsHome(read.returnTo)
        expect(
          Object.keys(read.passed).every((name) => ['login_hint', 'acr_values', 'ui_locales'].includes(name)),
        ).toBe(true)
        for (const text of Object.values(read.passed)) {
          expect(text.length).toBeLessThanOrEqual(512)
          expect(text).not.toMatch(/\p{Cc}/u)
        }
        for (const one of read.resources) expect(new URL(one).hash).toBe('')
        if (read.prompt.includes('none')) expect(read.prompt).toEqual(['none'])
      }),
    ),
)
