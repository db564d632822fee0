import { describe, expect, it } from 'vitest'
import { validateConfiguration } from '../../../src/bff/configuration.js'
import { rateLimitOf } from '../../../src/bff/rate-limit/options.js'
import { validateOptions } from '../../../src/bff/validate.js'

const base = {
  origin: 'https://app.example.com',
  idp: { issuer: 'https://idp.example.com', clientId: 'app', clientSecret: 'x' },
  secrets: ['test-secret-of-thirty-two-letters'],
  store: 'memory:',
}

describe('the options of the rate limit', () => {
  it('have defaults, each of which can be changed or left out by itself', () => {
    const { login, address, session } = validateOptions(base).rateLimit
    expect([login, address, session]).toEqual([
      { burst: 300, perSecond: 20 },
      { burst: 1000, perSecond: 100 },
      { burst: 600, perSecond: 50 },
    ])
    expect(rateLimitOf(false)).toEqual({ login: null, address: null, session: null })
    expect(rateLimitOf({ login: { burst: 5 }, address: false })).toEqual({
      login: { burst: 5, perSecond: 20 },
      address: null,
      session: { burst: 600, perSecond: 50 },
    })
  })

  it('are read in a configuration file, out of the environment, too', () => {
    const given = { ...base, rateLimit: { login: { burst: 'env:BURST' }, session: false } }
    expect(validateConfiguration(given, { BURST: '50' }).rateLimit).toEqual({
      login: { burst: 50 },
      session: false,
    })
    expect(validateConfiguration({ ...base, rateLimit: 'env:LIMIT' }, { LIMIT: 'false' }).rateLimit).toBe(
      false,
    )
  })

  it.each([
    ['rateLimit', true],
    ['rateLimit.logins', { logins: false }],
    ['rateLimit.login.burst', { login: { burst: 0 } }],
    ['rateLimit.address.perSecond', { address: { perSecond: 0 } }],
    ['rateLimit.session', { session: 10 }],
  ])('that are wrong are named: %s', (option, rateLimit) => {
    expect(() => validateOptions({ ...base, rateLimit })).toThrow(`${option}: `)
  })
})
