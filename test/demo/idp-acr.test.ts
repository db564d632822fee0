import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { satisfies } from '../../demo/idp/acr.js'
import { startTestIdp, type Idp } from '../support/idp.js'
import { createRelyingParty, type RelyingParty } from '../support/relying-party.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

let idp: Idp
let rp: RelyingParty
let agent: UserAgent

beforeEach(async () => {
  idp = await startTestIdp()
  rp = await createRelyingParty(idp.issuer)
  agent = createUserAgent()
})
afterEach(() => idp.close())

describe('acr_values', () => {
  it('a login with mfa asks for the additional factor and says so in both tokens', async () => {
    await rp.start(agent, { acr_values: 'mfa' })
    await agent.login('alice')
    expect(agent.page?.visited.some(({ pathname }) => pathname.endsWith('/factor'))).toBe(true)
    const tokens = await rp.finish(agent)
    expect(tokens.claims()).toMatchObject({ acr: 'mfa', amr: ['pwd', 'mfa'] })
    expect(decodeJwt(tokens.access_token)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'mfa'] })
  })

  it('a session without mfa is asked for the factor alone, and stays the same session', async () => {
    const first = await rp.signIn(agent, 'alice')
    await rp.start(agent, { acr_values: 'mfa' })
    expect(agent.page?.text).toContain('Confirm that it is you')
    expect(agent.page?.text).not.toContain('type="password"')
    await agent.login('alice')
    const second = await rp.finish(agent)
    expect(second.claims()).toMatchObject({ acr: 'mfa', sid: first.claims()?.sid })
  })

  it('a session that has it is not asked', async () => {
    await rp.signIn(agent, 'alice', { acr_values: 'mfa' })
    await rp.start(agent, { acr_values: 'mfa', prompt: 'none' })
    expect((await rp.finish(agent)).claims()?.acr).toBe('mfa')
  })

  it('a weak session cannot step up silently', async () => {
    await rp.signIn(agent, 'alice')
    await rp.start(agent, { acr_values: 'mfa', prompt: 'none' })
    expect(agent.page?.url.searchParams.get('error')).toBe('login_required')
  })

  it('whoever goes on without the factor gets tokens that say so, and no loop', async () => {
    await rp.start(agent, { acr_values: 'mfa' })
    await agent.login('alice', { acr: 'pwd' })
    expect((await rp.finish(agent)).claims()).toMatchObject({ acr: 'pwd', amr: ['pwd'] })
  })

  it('the factor cannot be given before a user is known', async () => {
    await rp.start(agent, { acr_values: 'mfa' })
    const action = `${agent.page?.url.pathname}/factor`
    await agent.navigate(action, { method: 'POST', body: new URLSearchParams({ acr: 'mfa' }) })
    expect(agent.page?.status).toBe(400)
    expect(idp.live('Session', 'alice')).toBe(0)
  })

  it('a refresh keeps the class of the login', async () => {
    const tokens = await rp.signIn(agent, 'alice', { acr_values: 'mfa' })
    const renewed = await rp.refresh(tokens.refresh_token)
    expect(decodeJwt(renewed.access_token).acr).toBe('mfa')
    expect(renewed.claims()).toMatchObject({ acr: 'mfa', auth_time: tokens.claims()?.auth_time })
  })

  it.each([
    ['pwd', 'mfa', false],
    ['mfa', 'mfa', true],
    ['phr', 'mfa', true],
    ['mfa', 'pwd', true],
    ['pwd', 'mfa pwd', true],
    ['pwd', 'urn:unknown', true],
    ['pwd', 'urn:unknown mfa', false],
    [undefined, 'pwd', false],
    ['pwd', undefined, true],
  ])('%s against %s: %s', (acr, values, expected) => {
    expect(satisfies(acr, values)).toBe(expected)
  })
})

describe('max_age', () => {
  it('is met by a recent login, and 0 by none but a new one', async () => {
    const first = await rp.signIn(agent, 'alice')
    await rp.start(agent, { max_age: '1000' })
    expect((await rp.finish(agent)).claims()?.auth_time).toBe(first.claims()?.auth_time)
    await rp.start(agent, { max_age: '0', prompt: 'none' })
    expect(agent.page?.url.searchParams.get('error')).toBe('login_required')
    await rp.start(agent, { max_age: '0' })
    expect(agent.page?.url.origin).toBe(idp.origin)
    await agent.login('alice')
    expect((await rp.finish(agent)).claims()?.sub).toBe('alice')
  })
})
