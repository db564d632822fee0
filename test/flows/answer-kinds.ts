/** Which headers the kinds of answers have that keep a browser safe. */
import { expect } from 'vitest'
import type { WireAnswer } from '../threats/wire.js'

/** Values of headers by their names; `null`: none. */
export type Headers = Readonly<Record<string, string | RegExp | null>>

/** Of everything that the BFF itself says: nothing is loaded by it, framed, kept, guessed or told to others. */
export const OWN: Headers = {
  'x-tandem': '1',
  'x-request-id': /^[\w-]{8,}$/,
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'access-control-allow-origin': null,
}
/** Of its pages. */
export const PAGE: Headers = {
  ...OWN,
  'cross-origin-opener-policy': 'same-origin',
  'content-type': /^text\/html/,
}
/** Of its refusals. */
export const PROBLEM: Headers = { ...OWN, 'content-type': 'application/problem+json' }

const BESIDE: Headers = {
  'x-request-id': /^[\w-]{8,}$/,
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': /camera=\(\), .*microphone=\(\)/,
  // The origin of this table is not https.
  'strict-transport-security': null,
  'access-control-allow-origin': null,
  'x-tandem': null,
  'last-modified': null,
}
/** Of a file. */
export const FILE: Headers = {
  ...BESIDE,
  'content-security-policy': /^default-src 'self'; script-src 'self'; .*; frame-ancestors 'self'$/,
  'cache-control': 'no-cache',
}
/** Of what is said in place of one. */
export const NO_FILE: Headers = {
  ...BESIDE,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'content-type': 'text/plain; charset=utf-8',
  ...{ etag: null, 'content-encoding': null, 'accept-ranges': null },
}
/** Of an API, whatever that sends itself. */
export const PROXIED: Headers = {
  'x-tandem': null,
  'x-request-id': /^[\w-]{8,}$/,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  ...{ 'access-control-allow-origin': null, 'strict-transport-security': null, 'set-cookie': null },
}
/** Of what is no request. */
export const UNREAD: Headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  connection: 'close',
}

/** The answer has these headers, once each. */
export function expectHeaders(answer: WireAnswer, headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) {
    const sent = answer.all(name)
    if (value === null) expect([name, sent]).toEqual([name, []])
    else
      expect([name, sent]).toEqual([
        ...[name, [typeof value === 'string' ? value : expect.stringMatching(value)]],
      ])
  }
}
