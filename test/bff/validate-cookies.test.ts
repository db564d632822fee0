import { describe, expect, it, vi } from 'vitest'
import { validateConfiguration } from '../../src/bff/configuration.js'
import type { CookieOptions } from '../../src/bff/options.js'
import { validateOptions } from '../../src/bff/validate.js'

const base = {
  origin: 'http://localhost:3000',
  idp: { issuer: 'https://idp.example.com', clientId: 'bff', clientSecret: 'test-secret' },
  secrets: ['test-secret-of-thirty-two-letters'],
}
const withCookie = (cookie: CookieOptions, origin = base.origin) => ({ ...base, origin, session: { cookie } })
const dangerous = ['dangerouslySameSiteNone', 'dangerouslyPersistent', 'dangerouslyInsecure'] as const

describe('what is dangerous', () => {
  it.each(dangerous)('%s is there on localhost alone, and never in production', (option) => {
    const cookie = { [option]: true }
    expect(validateOptions(withCookie(cookie)).session.cookie).not.toEqual(
      validateOptions(base).session.cookie,
    )
    expect(() => validateOptions(withCookie(cookie, 'https://app.example.com'))).toThrow(
      `session.cookie.${option}: is for development, and app.example.com is not localhost. Remove it.`,
    )
    vi.stubEnv('NODE_ENV', 'production')
    const says = `session.cookie.${option}: is for development, and NODE_ENV is "production". Remove it.`
    expect(() => validateOptions(withCookie(cookie))).toThrow(says)
    vi.stubEnv('NODE_ENV', 'test')
    expect(() => validateConfiguration(withCookie(cookie), { NODE_ENV: 'production' })).toThrow(says)
    expect(validateConfiguration(withCookie(cookie), {}).session?.cookie).toEqual(cookie)
    // What is not asked for is not refused.
    expect(() =>
      validateConfiguration(withCookie({ [option]: false }), { NODE_ENV: 'production' }),
    ).not.toThrow()
  })

  it('all of it is named at once', () => {
    const cookie = Object.fromEntries(dangerous.map((option) => [option, true]))
    for (const option of dangerous)
      expect(() => validateOptions(withCookie(cookie, 'https://app.example.com'))).toThrow(
        `session.cookie.${option}: `,
      )
  })

  it.each([
    [{ dangerouslyInsecure: true }, 'https://localhost', /dangerouslyInsecure: gains nothing/],
    [{ dangerouslyInsecure: true, dangerouslySameSiteNone: true }, base.origin, /None: needs Secure/],
    [{ sameSite: 'lax', dangerouslySameSiteNone: true }, base.origin, /None: contradicts sameSite/],
  ] as const)('%j at %s is refused', (cookie, origin, says) =>
    expect(() => validateOptions(withCookie(cookie, origin))).toThrow(says),
  )

  it('is told whatever else is wrong, as far as that can be said', () => {
    const cookie = { dangerouslyInsecure: true, dangerouslySameSiteNone: true, sameSite: 'lax' }
    const options = { ...base, origin: 'nowhere', session: { cookie } }
    const told = (env: Record<string, string>): (string | undefined)[] => {
      try {
        validateConfiguration(options, env)
      } catch (error) {
        return error instanceof Error ? error.message.split('\n') : []
      }
      return []
    }
    expect(told({})).toEqual([
      expect.stringMatching(/^origin: /),
      expect.stringMatching(/^session\.cookie\.dangerouslySameSiteNone: needs Secure/),
      expect.stringMatching(/^session\.cookie\.dangerouslySameSiteNone: contradicts sameSite/),
    ])
    expect(told({ NODE_ENV: 'production' })).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^session\.cookie\.dangerouslySameSiteNone: is for development/),
        expect.stringMatching(/^session\.cookie\.dangerouslyInsecure: is for development/),
      ]),
    )
  })
})
