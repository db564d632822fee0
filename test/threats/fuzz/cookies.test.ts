import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createCookies } from '../../../src/bff/cookies.js'
import type { CookieName } from '../../../src/bff/cookies.js'
import { createCsrf } from '../../../src/bff/csrf.js'
import { createMac } from '../../../src/bff/mac.js'
import { cookieNames } from '../../../src/protocol.js'
import { holds, madeOf, PATIENT } from './fuzz.js'

const jar = createCookies({ sameSite: 'Strict', maxAge: null, isSecure: true })
const ours = Object.entries(cookieNames) as [CookieName, string][]
const wireName = fc.constantFrom(...ours.map(([, wire]) => wire))
const other = fc.oneof(
  fc.constantFrom(
    'a',
    '',
    '__host-csrf',
    '__HOST-HTTP-SESSION',
    '$Version',
    'session',
    '__Host-csrf\u00a0',
    '"__Host-csrf"',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 8 }).map((text) => text.replace(/[=;\s]/g, '')),
)
const blank = fc.constantFrom('', '', ' ', '\t', ' \t ')
const value = fc.string({ unit: 'binary-ascii', maxLength: 12 }).map((text) => text.replace(/[;\s]/g, ''))
const pair = fc.record({ name: fc.oneof(wireName, other), value, before: blank, around: blank, after: blank })

it(
  'T15 cookies: what was written is read, two of one name are seen, all others are passed over',
  PATIENT,
  () =>
    holds(
      fc.property(fc.array(pair, { maxLength: 8 }), (pairs) => {
        const header = pairs
          .map(
            ({ name, value: text, before, around, after }) =>
              `${before}${name}${around}=${around}${text}${after}`,
          )
          .join(';')
        const { values, tossed } = jar.read(header)
        for (const [key, wire] of ours) {
          const there = pairs.filter(({ name }) => name === wire)
          expect(tossed.includes(key)).toBe(there.length > 1)
          expect(values[key]).toBe(there.at(-1)?.value)
        }
      }),
    ),
)

it(
  'T15 cookies: no header is too odd to be read, and nothing is read out of it that is not there',
  PATIENT,
  () =>
    holds(
      fc.property(
        madeOf([...ours.map(([, wire]) => wire), '=', ';', ' ', ',', '"', '\t', '=x', '; ', '\v']),
        (header) => {
          const { values, tossed } = jar.read(header)
          for (const [key, wire] of ours) {
            if (values[key] !== undefined) expect(header).toContain(values[key])
            const count = header.split(wire).length - 1
            if (values[key] !== undefined) expect(count).toBeGreaterThan(0)
            if (tossed.includes(key)) expect(count).toBeGreaterThan(1)
          }
        },
      ),
    ),
)

it(
  'T16 cookies: taking one away is a header of printable characters, whatever the host and the path',
  PATIENT,
  () =>
    holds(
      fc.property(
        fc.constantFrom(...ours.map(([key]) => key)),
        madeOf(['app', '.', 'example', '.com', '127.0.0.1', '[::1]', '\r\n', ';', ' ']),
        madeOf(['/', 'bff', 'session', '%0d', ';', '\r\n', ' ', '..', '"']),
        (name, host, path) => {
          for (const cookie of jar.expireEverywhere(name, host.replace(/[^\w.[\]:-]/g, ''), `/${path}`)) {
            expect(cookie).toMatch(/^[\x20-\x7e]*$/)
            expect(cookie.startsWith(`${cookieNames[name]}=;`)).toBe(true)
            expect(cookie).toContain('Max-Age=0')
          }
        },
      ),
    ),
)

const csrf = createCsrf(createMac(['test-secret-of-at-least-32-characters'], 'csrf'))
const ref = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-'), minLength: 1, maxLength: 30 })

it(
  'T63 tokens: only the one that was made for a session is genuine, and for that session alone',
  PATIENT,
  () =>
    holds(
      fc.asyncProperty(ref, ref, madeOf(['.', '1', 'a', '=', '-', '_'], 6), async (one, another, noise) => {
        const token = await csrf.tokenOf(one)
        expect(await csrf.read(token)).toEqual({ kind: 'genuine', ref: one })
        const changed = `${noise}${token}`
        if (noise !== '') expect((await csrf.read(changed)).kind).toBe('forged')
        if (another !== one)
          expect((await csrf.read(`${another}${token.slice(token.indexOf('.'))}`)).kind).toBe('forged')
        expect(['forged', 'constant']).toContain((await csrf.read(noise)).kind)
      }),
    ),
)
