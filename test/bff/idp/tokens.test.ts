import { describe, expect, it } from 'vitest'
import { startOddBench } from '../bench.js'

describe('a provider with', () => {
  it.each([
    [undefined, 300],
    [null, 300],
    [0, 300],
    [-5, 300],
    ['600', 600],
    ['soon', 300],
    [1e12, 365 * 24 * 3600],
  ])('expires_in %j: access lasts for %d s', async (expiresIn, seconds) => {
    const { browser } = await startOddBench({ expiresIn })
    await browser.login()
    const { access } = await browser.signedIn()
    expect(Math.abs(access.expires_at - Date.now() - seconds * 1000)).toBeLessThan(20_000)
  })

  it.each(['Bearer', 'bearer', 'BEARER', ''])('token_type %j works', async (tokenType) => {
    const { browser } = await startOddBench({ tokenType })
    await browser.login()
    expect((await browser.session()).authenticated).toBe(true)
  })

  it.each(['DPoP', 'dpop'])(
    'tokens of type %s, which no API would take as they are sent: no login',
    async (tokenType) => {
      const { browser, log } = await startOddBench({ tokenType })
      expect((await browser.login()).search).toBe('?login_error=callback_invalid')
      expect(log).toMatchObject([{ event: 'login_failed', cause: 'token_type_not_bearer' }])
      expect((await browser.session()).authenticated).toBe(false)
    },
  )

  it('tokens of another type all at once: the session keeps what it has', async () => {
    const { browser, idp } = await startOddBench()
    await browser.login()
    idp.traits.tokenType = 'DPoP'
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
  })

  it('an access token that is opaque and does not say how long it lives: five minutes', async () => {
    const { browser } = await startOddBench({ expiresIn: undefined, accessToken: 'opaque' })
    await browser.login()
    const { access } = await browser.signedIn()
    expect(Math.abs(access.expires_at - Date.now() - 300_000)).toBeLessThan(20_000)
    expect(access).toMatchObject({ audience: [], scope: ['openid', 'profile', 'offline_access'] })
  })
})
