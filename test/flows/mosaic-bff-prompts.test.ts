/** The BFF, configured by the preset alone, in front of the emulator, whose issuer is on another host than its endpoints. */
import { describe, expect, it } from 'vitest'
import { problemOf } from '../bff/bench.js'
import { WEB_CLIENT_ID } from '../support/mosaic.js'
import { ORIGIN, startMosaicWorld } from './mosaic-world.js'

describe('a step-up', () => {
  it('to mfa is met by acr and amr, and renews nobody’s session for less', async () => {
    const { browser } = await startMosaicWorld()
    await browser.login('alice')
    const refused = await browser.fetch('/bff/api/strict/1')
    expect(refused.status).toBe(401)
    expect(await problemOf(refused)).toMatchObject({ code: 'criteria_unmet', acr_values: 'mfa' })
    await browser.login('alice', '/bff/login?return_to=/app&acr_values=mfa')
    expect(await browser.signedIn()).toMatchObject({
      authentication: { acr: 'mfa' },
      access: { extendable: true },
    })
    expect((await browser.fetch('/bff/api/strict/1')).status).toBe(200)
  })

  it('that is asked for silently and cannot be comes back as mfa_required, and the session stays', async () => {
    const { browser } = await startMosaicWorld()
    await browser.login('alice')
    const at = await browser.login('alice', '/bff/login?return_to=/app&prompt=none&acr_values=mfa')
    expect(at.href).toBe(`${ORIGIN}/app?login_error=mfa_required`)
    expect(await browser.signedIn()).toMatchObject({ user: { sub: 'alice' } })
  })
})

describe('a client that does not allow every prompt', () => {
  it('is never asked silently: as if nobody were signed in', async () => {
    const { mosaic, browser, ask } = await startMosaicWorld({ supportedPrompts: ['login', 'consent'] })
    mosaic.clients.update(WEB_CLIENT_ID, { supported_prompts: ['login', 'consent'] })
    await browser.login('alice')
    expect((await ask('prompt=none&return_to=/app')).href).toBe(`${ORIGIN}/app?login_error=login_required`)
  })

  it('without login, has an authentication forced by its age', async () => {
    const { mosaic, browser, ask } = await startMosaicWorld({ supportedPrompts: ['consent'] })
    mosaic.clients.update(WEB_CLIENT_ID, { supported_prompts: ['consent'] })
    const { searchParams } = await ask('prompt=login')
    expect([searchParams.get('prompt'), searchParams.get('max_age')]).toEqual(['consent', '0'])
    await browser.login('alice')
    const before = await browser.signedIn()
    mosaic.clock.advance(120_000)
    const { url } = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app&prompt=login`)
    expect(url.origin).toBe(mosaic.baseUrl)
    await browser.agent.login('alice')
    const after = await browser.signedIn()
    expect(after.authentication.time).toBeGreaterThan(before.authentication.time)
    expect(after.access.extendable).toBe(true)
  })

  it('without consent, works without a refresh token', async () => {
    const { mosaic, browser } = await startMosaicWorld({ supportedPrompts: ['login', 'none'] })
    mosaic.clients.update(WEB_CLIENT_ID, { supported_prompts: ['login', 'none'] })
    await browser.login('alice')
    expect((await browser.signedIn()).access.extendable).toBe(false)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
  })
})
