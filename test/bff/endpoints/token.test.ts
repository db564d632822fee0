import { describe, expect, it } from 'vitest'
import { startOddBench } from '../bench.js'

describe('doors', () => {
  it('give out the access token in mediated mode alone', async () => {
    const { browser, clock, idp } = await startOddBench(
      {},
      { bff: (base) => ({ ...base, mediateTokens: true }) },
    )
    expect((await browser.fetch('/bff/token')).status).toBe(401)
    await browser.login()
    const first = (await (await browser.fetch('/bff/token')).json()) as {
      access_token: string
      expires_at: number
    }
    expect(first).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      expires_at: (await browser.signedIn()).access.expires_at,
    })
    clock.advance(301)
    const second = (await (await browser.fetch('/bff/token')).json()) as typeof first
    expect(second.access_token).not.toBe(first.access_token)
    expect(idp.tokenCalls).toHaveLength(2)
    expect((await browser.fetch('/bff/token', { csrf: '1' })).status).toBe(403)
  })
})
