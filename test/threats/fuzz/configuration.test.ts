import fc from 'fast-check'
import { expect, it } from 'vitest'
import { validateConfiguration } from '../../../src/bff/configuration.js'
import { ConfigurationError } from '../../../src/errors.js'
import { clientKeys } from '../../support/client-keys.js'
import { holds, PATIENT } from './fuzz.js'

const SECRET = 'hunter-test-secret-of-more-than-32-characters'

const { jwk: KEY } = clientKeys()

/** A configuration that is right. */
const right = (): Record<string, unknown> => ({
  listen: { host: '127.0.0.1', port: 3000 },
  origin: 'http://localhost:3000',
  basePath: '/bff',
  idp: {
    ...{ issuer: 'https://idp.example.com', clientId: 'bff', clientSecret: SECRET, scope: 'openid profile' },
    authorizationParams: { prompt: 'consent' },
    privateKey: { ...KEY },
    responseMode: 'form_post.jwt',
  },
  secrets: [SECRET],
  store: 'memory:',
  session: { idle: 1800, absolute: 43_200, whenIdpSessionEnds: { logout: 'end', expired: 'rely' } },
  upstreams: {
    orders: {
      url: 'http://127.0.0.1:4100/',
      token: 'user',
      timeout: 30,
      require: { acr: 'mfa', maxAge: 300 },
    },
  },
})

/** All places in it. */
function places(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([name, one]) => places(one, [...at, name]))]
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    '',
    ' ',
    '\0',
    'env:NOT_THERE',
    'env:',
    'env:NUMBER',
    [],
    {},
    [null],
  ),
  fc.constantFrom<unknown>(
    'javascript:x',
    'http://user:pw@x/',
    'https://x/?q',
    '//x',
    '../..',
    'sqlite:',
    'redis://:@',
    '*',
  ),
  fc.constantFrom<unknown>(
    JSON.parse('{"__proto__":{"x":1}}'),
    { constructor: 1 },
    { toString: null },
    'x'.repeat(5000),
  ),
  fc.jsonValue({ maxDepth: 3 }),
)

/** The configuration with one thing changed, added or taken away. */
function changed(at: readonly string[], what: unknown, how: 'set' | 'add' | 'delete'): unknown {
  const whole = right()
  const last = at.at(-1)
  if (last === undefined) return how === 'set' ? what : whole
  let parent: unknown = whole
  for (const name of at.slice(0, -1)) parent = Reflect.get(Object(parent), name)
  if (how === 'delete') Reflect.deleteProperty(Object(parent), last)
  else if (how === 'set')
    Object.defineProperty(parent, last, { value: what, enumerable: true, configurable: true })
  else Object.defineProperty(parent, `${last}x`, { value: what, enumerable: true, configurable: true })
  return whole
}

it(
  'T105 configuration: it is accepted, or refused with what to do; it never breaks, and no secret is repeated',
  PATIENT,
  () =>
    holds(
      fc.property(
        fc.constantFrom(...places(right())),
        odd,
        fc.constantFrom('set' as const, 'set' as const, 'add' as const, 'delete' as const),
        (at, what, how) => {
          const given = changed(at, what, how)
          try {
            const read = validateConfiguration(given, { NUMBER: '7' })
            expect(read.origin).toMatch(/^http/)
            if (how === 'add' && at.length > 0)
              expect(at.join('.')).toMatch(
                /^(?:upstreams|idp\.authorizationParams|idp\.privateKey\.|secrets)/,
              )
          } catch (error) {
            if (!(error instanceof ConfigurationError)) throw error
            expect(error.message).not.toContain(SECRET)
            expect(error.message).not.toContain(KEY.d)
            expect(error.message.length).toBeGreaterThan(10)
            expect(error.message.length).toBeLessThan(5000)
            expect(error.option).not.toBe('')
          }
          expect('x' in {}).toBe(false)
        },
      ),
    ),
)

it('T105 configuration: anything at all in its place is refused, and not by accident', PATIENT, () =>
  holds(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (given) => {
      expect(() => validateConfiguration(given, {})).toThrow(ConfigurationError)
    }),
  ),
)
