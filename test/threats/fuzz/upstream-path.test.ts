import { posix } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addressIn } from '../../../src/bff/addresses.js'
import { createConnections } from '../../../src/bff/connection.js'
import { publicLocation, upstreamTarget } from '../../../src/bff/upstream/path.js'
import { requestHeaders } from '../../../src/bff/upstream/request-headers.js'
import { tokenChallenges } from '../../../src/bff/upstream/response-headers.js'
import { holds, madeOf, PATIENT } from './fuzz.js'

const base = new URL('http://127.0.0.1:9/v1/')
const hostile = madeOf(
  [
    ...[
      '/',
      '//',
      '..',
      '.',
      '../',
      './',
      '%2e',
      '%2E%2e',
      '%252e',
      '%25252e',
      '%2f',
      '%252f',
      '%5c',
      '\\',
      ';',
      '..;',
    ],
    ...[
      '%00',
      '%0a',
      '\n',
      '\0',
      ' ',
      '@',
      'evil.example',
      'http:',
      ':',
      '?',
      '#',
      '%',
      '%c0%ae',
      '%ff',
      '\uff0e',
      '%ef%bc%8e',
    ],
    ...['a', 'b', '1', '~', '%20', '%C3%A9', '=', '&', '+', '%u002e', '\u2025', '%e2%80%a5'],
  ],
  10,
)

/** Everything a server may make of a path: decoded again and again, with blanks, controls and parameters cut off. */
function* readings(path: string): Generator<string> {
  let text = path
  for (let i = 0; i < 6; i++) {
    for (const one of [text, text.normalize('NFKC')])
      for (const two of [
        one,
        one.replaceAll('\\', '/'),
        one.replace(/;[^/]*/g, ''),
        one.replace(/[\s\0]/g, ''),
      ])
        yield two
    try {
      text = decodeURIComponent(text)
    } catch {
      // Some servers take the bytes one by one.
      text = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    }
  }
}

it(
  'T75 upstream path: what passes stays below the upstream, however a server reads it, and is sent as it came',
  PATIENT,
  () =>
    holds(
      fc.property(hostile, (path) => {
        const result = upstreamTarget(base, path)
        if ('refused' in result) return
        expect(result.target).toBe(base.pathname + path)
        expect(result.target).toMatch(/^[\x21-\x7e]*$/)
        const url = new URL(result.target, base)
        expect([url.origin, url.hash]).toEqual([base.origin, ''])
        expect(url.pathname + url.search).toBe(result.target.replace(/^([^?]*)\?$/, '$1'))
        for (const reading of readings(path.split('?', 1)[0] ?? '')) {
          const segments = reading.split('/')
          expect(segments.some((segment) => segment === '..' || segment === '.')).toBe(false)
          expect(posix.normalize(`/v1/${reading}`).startsWith('/v1/')).toBe(true)
        }
      }),
    ),
)

const segment = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_~!,=+'), minLength: 1, maxLength: 8 })

it('T97 upstream path: a plain path passes', PATIENT, () =>
  holds(
    fc.property(
      fc.array(segment, { maxLength: 6 }),
      fc.array(segment, { maxLength: 3 }),
      (segments, pairs) => {
        const path = `${segments.join('/')}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`
        expect(upstreamTarget(base, path)).toEqual({ target: `/v1/${path}` })
      },
    ),
  ),
)

it('T77 locations of an upstream: what passes is an address of the upstream, under the BFF', PATIENT, () =>
  holds(
    fc.property(
      fc.oneof(
        hostile,
        hostile.map((text) => `/v1/${text}`),
        hostile.map((text) => `http://127.0.0.1:9/${text}`),
      ),
      (location) => {
        const context = {
          requested: new URL('http://127.0.0.1:9/v1/1'),
          base,
          mount: '/bff/api/x/',
          origin: 'https://app.test',
        }
        const address = publicLocation(location, context)
        if (address === null) return
        expect(address.startsWith('/bff/api/x/')).toBe(true)
        expect(address).toMatch(/^[\x21-\x7e]*$/)
        const url = new URL(address, 'https://app.test/bff/api/x/1')
        expect(url.origin).toBe('https://app.test')
        expect(url.pathname.startsWith('/bff/api/x/')).toBe(true)
      },
    ),
  ),
)

const header = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      'Connection',
      'X-Own',
      'Cookie',
      'authorization',
      'X-Forwarded-For',
      'X_User',
      'Content-Type',
      'TE',
    ),
    fc.string({ unit: fc.constantFrom(...'abXY-_1'), minLength: 1, maxLength: 8 }),
  ),
  madeOf(['authorization', 'x-request-id', ',', ' ', 'close', 'x-own', '1', 'Bearer stolen'], 5),
)

it(
  'T82 headers for an upstream: one token, which is ours, and nobody’s word but ours on who calls',
  PATIENT,
  () =>
    holds(
      fc.property(fc.array(header, { maxLength: 8 }), (given) => {
        const call = {
          ...{ path: '1', accessToken: 'ours', requestId: 'our-id', clientAddress: '192.0.2.1' },
          upstream: { name: 'x', url: base, token: 'user', timeout: 1, methods: null, require: {} },
        } as const
        const flat = requestHeaders(given.flat(), call, 'https://app.test').map((one, i) =>
          i % 2 === 0 ? one.toLowerCase() : one,
        )
        const values = (name: string): string[] => flat.filter((_, i) => i % 2 === 1 && flat[i - 1] === name)
        expect(values('authorization')).toEqual(['Bearer ours'])
        expect(values('x-request-id')).toEqual(['our-id'])
        expect(values('x-forwarded-for')).toEqual(['192.0.2.1'])
        for (const name of flat.filter((_, i) => i % 2 === 0))
          expect(name).not.toMatch(/_|cookie|^(?:connection|te)$/)
      }),
    ),
)

it('T84 challenges of an upstream: only those an app can answer', PATIENT, () =>
  holds(
    fc.property(
      madeOf(['Bearer', 'Basic', 'DPoP', ' ', ',', '"', '\\', 'realm=', 'error=', 'x', '=', '=='], 10),
      (value) => {
        for (const scheme of tokenChallenges(value).match(/(?:^|, )(?:Basic|Digest|Negotiate)(?: |$)/gi) ??
          [])
          expect(scheme).toBe('never')
      },
    ),
  ),
)

const look = createConnections({
  trustedProxies: { ranges: ['10.0.0.0/8', '::1'], header: 'x-forwarded-for' },
})

it(
  'T108 forwarded addresses: the last that no trusted proxy wrote for itself; an address, always',
  PATIENT,
  () =>
    holds(
      fc.property(
        madeOf(
          [
            '10.0.0.1',
            '203.0.113.7',
            ',',
            ' ',
            'unknown',
            '::1',
            '[2001:db8::1]:443',
            ':80',
            '"',
            '_x',
            '1.2.3',
          ],
          8,
        ),
        fc.constantFrom('10.1.2.3', '198.51.100.1', '::1', '::ffff:10.0.0.9'),
        (value, peer) => {
          const { clientAddress, isProxied } = look(
            { headers: { get: (name) => (name === 'x-forwarded-for' ? value : null) } },
            { clientAddress: peer },
          )
          expect(addressIn(clientAddress ?? '')).not.toBeNull()
          if (peer === '198.51.100.1') expect([clientAddress, isProxied]).toEqual([peer, false])
        },
      ),
    ),
)
