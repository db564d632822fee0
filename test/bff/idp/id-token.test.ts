import { describe, expect, it } from 'vitest'
import { checkAge } from '../../../src/bff/idp/id-token.js'
import { answerFor } from '../arrival.js'
import { ORIGIN, startOddBench } from '../bench.js'
import type { Browser } from '../bench.js'

const arrive = async (browser: Browser, url: URL): Promise<string> => {
  const page = await browser.agent.navigate(url, { from: 'http://localhost' })
  return page.url.href.slice(ORIGIN.length)
}

describe('a login that fails', () => {
  it.each([
    ...([
      'wrong_iss',
      'wrong_aud',
      'many_aud',
      'wrong_azp',
      'expired',
      'no_exp',
      'future_iat',
      'no_iat',
    ] as const),
    ...(['wrong_nonce', 'no_nonce', 'wrong_at_hash', 'no_sub', 'bad_signature', 'alg_none'] as const),
    ...(['alg_hs256', 'unknown_key', 'garbage'] as const),
  ])('by an ID token with %s goes back with why', async (flaw) => {
    const { browser } = await startOddBench({ idTokenFlaws: [flaw], clientSecret: 'test-secret' })
    expect(await arrive(browser, await answerFor(browser))).toBe('/app?login_error=id_token_invalid')
    expect(await browser.session()).toEqual({ authenticated: false })
  })

  it('because the authentication is older than was asked goes back with why', async () => {
    const { browser } = await startOddBench({ authTime: Math.floor(Date.now() / 1000) - 1000 })
    expect(await arrive(browser, await answerFor(browser, 'return_to=/app&max_age=300'))).toBe(
      '/app?login_error=id_token_invalid',
    )
    expect(await arrive(browser, await answerFor(browser, 'return_to=/app&max_age=2000'))).toBe('/app')
  })

  it('because the authentication is older than a new one may be, though by less than clocks may differ', async () => {
    const { browser, idp } = await startOddBench({ authTime: Math.floor(Date.now() / 1000) - 5 })
    const asked = 'return_to=/app&max_age=0'
    expect(await arrive(browser, await answerFor(browser, asked))).toBe('/app?login_error=id_token_invalid')
    idp.traits.authTime = Math.floor(Date.now() / 1000)
    expect(await arrive(browser, await answerFor(browser, asked))).toBe('/app')
  })
})

describe('checkAge', () => {
  it.each([
    // iat, auth_time, max_age s, how long the login took ms
    [1000, 1000, 0, 0],
    [1000, 999, 0, 200],
    [1000, 970, 0, 29_000],
    [1000, 690, 300, 9_000],
    // The IDP's clock tells of itself alone.
    [999_000, 999_000, 0, 100],
  ])('takes an authentication as new: %i, %i, %i, %i', (iat, auth_time, maxAge, took) =>
    expect(() => checkAge({ iat, auth_time }, { maxAge, took })).not.toThrow(),
  )

  it.each([
    [1000, 995, 0, 200],
    [1000, 968, 0, 30_000],
    [1000, 690, 300, 8_000],
    [1000, undefined, 0, 200],
    [undefined, 1000, 0, 200],
    ['1000', '1000', 0, 200],
  ])('does not: %s, %s, %i, %i', (iat, auth_time, maxAge, took) =>
    expect(() => checkAge({ iat, auth_time }, { maxAge, took })).toThrow('longer ago than was asked'),
  )
})

describe('a provider with', () => {
  it('an ID token that is wrong at a refresh: nothing of the answer is used, and nothing ends by it', async () => {
    for (const flaw of ['wrong_iss', 'wrong_aud', 'bad_signature', 'expired'] as const) {
      const { browser } = await startOddBench({ idTokenFlaws: [flaw], flawsIn: 'refresh' })
      await browser.login()
      const { access } = await browser.signedIn()
      expect((await browser.post('/bff/refresh')).status).toBe(503)
      expect((await browser.signedIn()).access.expires_at).toBe(access.expires_at)
    }
  })
})
