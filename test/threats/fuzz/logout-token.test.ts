import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LogoutTokenInvalid, readLogoutToken } from '../../../src/bff/logout-token.js'
import { holds, madeOf, PATIENT } from './fuzz.js'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const provider = {
  keys: async () => publicKey,
  metadata: { issuer: 'https://idp.test' },
}
const NOW = 1_800_000_000
const checks = {
  ...{ issuer: 'https://idp.test', clientId: 'bff', clockTolerance: 60, untypedLogoutTokens: false },
  now: NOW * 1000,
}
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (header: unknown, claims: unknown): string => {
  const text = `${encoded(header)}.${encoded(claims)}`
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
}

/** What it is read as; `null` where it is refused. Anything but a refusal of its own kind is a failure. */
async function read(token: string): Promise<object | null> {
  try {
    return (await readLogoutToken(token, provider, checks)).whose
  } catch (error) {
    if (error instanceof LogoutTokenInvalid) return null
    throw error
  }
}

const text = fc.constantFrom<unknown>('alice', 's1', '', 7, null, true, [], ['alice'], {}, undefined)
const mostly = <Value>(right: Value, ...wrong: unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<unknown>(right) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...wrong) },
  )
const time = (right: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<unknown>(right) },
    { weight: 2, arbitrary: fc.integer({ min: NOW - 900, max: NOW + 900 }) as fc.Arbitrary<unknown> },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(undefined, null, 'soon', '1800000000', {}, -1, 0) },
  )

const token = fc.record({
  header: fc.record({
    alg: mostly('EdDSA', 'none', 'HS256', 'ES256', 'eddsa', '', undefined, 7),
    typ: mostly('logout+jwt', 'application/logout+jwt', 'LOGOUT+JWT', 'JWT', 'at+jwt', '', undefined),
  }),
  claims: fc.record({
    iss: mostly(
      'https://idp.test',
      'https://idp.test/',
      'https://evil.test',
      undefined,
      ['https://idp.test'],
      7,
    ),
    aud: mostly('bff', ['bff'], ['x', 'bff'], 'x', [], undefined, { bff: 1 }, 'BFF'),
    iat: time(NOW),
    exp: time(NOW + 120),
    jti: mostly('j1', '', undefined, 7, null),
    events: mostly({ [EVENT]: {} }, { [EVENT]: null }, { [EVENT]: [] }, {}, [], EVENT, undefined, {
      [EVENT]: { x: 1 },
    }),
    sub: text,
    sid: text,
    nonce: mostly(undefined, 'n', '', null),
  }),
})

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** The rules once more, as a list (Back-Channel Logout 1.0 §2.4, §2.6). */
function isRight(header: { alg?: unknown; typ?: unknown }, claims: Record<string, unknown>): boolean {
  const { iss, aud, iat, exp, jti, events, sub, sid } = claims
  const number = (value: unknown): value is number => typeof value === 'number'
  return [
    header.alg === 'EdDSA',
    typeof header.typ === 'string' &&
      ['logout+jwt', 'application/logout+jwt'].includes(header.typ.toLowerCase()),
    iss === checks.issuer,
    aud === 'bff' || (Array.isArray(aud) && aud.includes('bff')),
    number(iat) && iat <= NOW + 60,
    number(exp) && exp > NOW - 60,
    number(iat) && number(exp) && exp > iat && exp - iat <= 600,
    isText(jti),
    isObject(events) && isObject((events as Record<string, unknown>)[EVENT]),
    [sub, sid].every((one) => one === undefined || isText(one)),
    isText(sub) || isText(sid),
    claims['nonce'] === undefined,
  ].every(Boolean)
}

it('T64 logout tokens: one that is signed is taken exactly where it keeps every rule', PATIENT, () =>
  holds(
    fc.asyncProperty(token, async ({ header, claims }) => {
      const whose = await read(signed(header, claims))
      const { sub, sid } = claims
      const told = { ...(isText(sub) && { sub }), ...(isText(sid) && { sid }) }
      expect(whose).toEqual(isRight(header, claims) ? told : null)
    }),
  ),
)

const whole = signed(
  { alg: 'EdDSA', typ: 'logout+jwt' },
  {
    iss: checks.issuer,
    aud: 'bff',
    iat: NOW,
    exp: NOW + 120,
    jti: 'j',
    events: { [EVENT]: {} },
    sub: 'alice',
  },
)

it('T64 logout tokens: one byte changed, taken away or put in, and it is refused', PATIENT, () =>
  holds(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.constantFrom('change', 'delete', 'insert'),
      fc.constantFrom(...'ABCabc019-_.=+/ \0'),
      async (at, how, byte) => {
        const rest = whole.slice(how === 'insert' ? at : at + 1)
        const other = whole.slice(0, at) + (how === 'delete' ? '' : byte) + rest
        // The last letter of a signature has bits that count for nothing.
        const same = Buffer.from(other.split('.')[2] ?? '', 'base64url').equals(
          Buffer.from(whole.split('.')[2] ?? '', 'base64url'),
        )
        if (other === whole || (same && other.slice(0, -1) === whole.slice(0, -1))) return
        if (await read(other)) expect(other.replace(/[^\w.-]/g, '')).toBe(whole)
      },
    ),
  ),
)

it('T66 logout tokens: no text at all that nobody signed is one', PATIENT, () =>
  holds(
    fc.asyncProperty(
      madeOf(
        [
          '.',
          'e30',
          'eyJhbGciOiJub25lIn0',
          'eyJhbGciOiJFZERTQSIsInR5cCI6ImxvZ291dCtqd3QifQ',
          'AAAA',
          '=',
          'null',
          ' ',
        ],
        8,
      ),
      async (given) => {
        expect(await read(given)).toBeNull()
      },
    ),
  ),
)
