import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readResponse, stateOf } from '../../../src/bff/idp/authorization-response.js'
import { CallbackError } from '../../../src/errors.js'
import { holds, madeOf, PATIENT } from './fuzz.js'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const provider = { keys: async () => publicKey }
const NOW = 1_800_000_000
const checks = { issuer: 'https://idp.test', clientId: 'bff', clockTolerance: 60, now: NOW * 1000 }

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (header: unknown, claims: unknown): string => {
  const text = `${encoded(header)}.${encoded(claims)}`
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
}

/** What it is read as; `null` where it is refused. Anything but a refusal of its own kind is a failure. */
async function read(answer: URLSearchParams): Promise<URLSearchParams | null> {
  try {
    return await readResponse(answer, provider, checks)
  } catch (error) {
    if (error instanceof CallbackError) return null
    throw error
  }
}

const mostly = <Value>(right: Value, ...wrong: unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<unknown>(right) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(...wrong) },
  )

const answer = fc.record({
  header: fc.record({ alg: mostly('EdDSA', 'none', 'HS256', 'ES256', 'eddsa', '', undefined, 7) }),
  claims: fc.record({
    iss: mostly(checks.issuer, `${checks.issuer}/`, 'https://evil.test', undefined, [checks.issuer], 7),
    aud: mostly('bff', ['bff'], ['x', 'bff'], 'x', [], undefined, { bff: 1 }, 'BFF'),
    exp: mostly(NOW + 600, NOW - 59, NOW - 60, NOW - 61, undefined, null, 'soon', {}, 0),
    code: mostly('a-code', '', undefined, 7, ['a-code'], { a: 1 }),
    state: mostly('a-state', '', undefined, 7, ['a-state']),
    nonce: mostly(undefined, 'n', '', null),
    events: mostly(undefined, {}, null),
    sub: mostly(undefined, 'alice', ''),
  }),
  beside: mostly(
    '',
    'code=x',
    'state=a-state',
    'iss=https://idp.test',
    'error=',
    'response=x',
    'session_state=x',
    'x=y',
  ),
})

/** The rules once more, as a list (JARM §2.4). */
function isRight(header: { alg?: unknown }, claims: Record<string, unknown>, beside: unknown): boolean {
  const { iss, aud, exp } = claims
  return [
    header.alg === 'EdDSA',
    iss === checks.issuer,
    aud === 'bff' || (Array.isArray(aud) && aud.includes('bff')),
    typeof exp === 'number' && exp > NOW - 60,
    ['nonce', 'events', 'sub'].every((name) => claims[name] === undefined),
    !/^(?:code|state|iss|error|response)=/.test(String(beside)),
  ].every(Boolean)
}

it(
  'T31 signed answers: one is taken exactly where it keeps every rule, and says what is in it',
  PATIENT,
  () =>
    holds(
      fc.asyncProperty(answer, async ({ header, claims, beside }) => {
        const response = signed(header, claims)
        const params = new URLSearchParams(`response=${response}&${String(beside)}`)
        const told = await read(params)
        expect(told !== null).toBe(isRight(header, claims, beside))
        if (told === null) return
        expect(told.get('code')).toBe(typeof claims.code === 'string' ? claims.code : null)
        expect(told.get('state')).toBe(typeof claims.state === 'string' ? claims.state : null)
        // The login it was looked up for is the one it is of.
        expect(stateOf(params, 'jwt')).toBe(told.get('state'))
      }),
    ),
)

const piece = [
  'response=',
  'state=',
  'code=',
  '&',
  '.',
  'e30',
  'eyJzdGF0ZSI6ImEifQ',
  '=',
  '%',
  '%00',
  'a.b.c',
  'e30.e30.',
  '..',
]

it('T31 signed answers: anything else is refused, and breaks nothing', PATIENT, () =>
  holds(
    fc.asyncProperty(madeOf(piece), async (query) => {
      const params = new URLSearchParams(query)
      expect(await read(params)).toBeNull()
      expect(['object', 'string']).toContain(typeof stateOf(params, 'form_post.jwt'))
    }),
  ),
)
