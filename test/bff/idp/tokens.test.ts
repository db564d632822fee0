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

  it('an access token that is opaque and does not say how long it lives: five minutes', async () => {
    const { browser } = await startOddBench({ expiresIn: undefined, accessToken: 'opaque' })
    await browser.login()
    const { access } = await browser.signedIn()
    expect(Math.abs(access.expires_at - Date.now() - 300_000)).toBeLessThan(20_000)
    expect(access).toMatchObject({ audience: [], scope: ['openid', 'profile', 'offline_access'] })
  })
})
