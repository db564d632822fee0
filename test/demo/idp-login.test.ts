import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { APP_ORIGIN, DEMO_RESOURCE, SPA_CLIENT_ID, startTestIdp, type Idp } from '../support/idp.js'
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

const errorAtApp = (): string | null => {
  expect(agent.page?.url.origin).toBe(APP_ORIGIN)
  return agent.page?.url.searchParams.get('error') ?? null
}

describe('a login', () => {
  it('gives the confidential client tokens of the user, bound to session and resource', async () => {
    const tokens = await rp.signIn(agent, 'alice')
    expect(agent.page?.url.searchParams.get('iss')).toBe(idp.issuer)
    expect(tokens.claims()).toMatchObject({
      sub: 'alice',
      name: 'Alice Andersson',
      email: 'alice@example.com',
      preferred_username: 'alice',
      roles: ['customer', 'admin'],
      acr: 'pwd',
      amr: ['pwd'],
      sid: expect.any(String),
      auth_time: expect.any(Number),
    })
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: idp.issuer,
      sub: 'alice',
      aud: DEMO_RESOURCE,
      roles: ['customer', 'admin'],
      acr: 'pwd',
      auth_time: tokens.claims()?.auth_time,
      scope: expect.stringContaining('orders:read'),
    })
    expect(tokens.refresh_token).toEqual(expect.any(String))
    expect(tokens.expires_in).toBe(300)
  })

  it('gives the public client tokens too', async () => {
    const spa = await createRelyingParty(idp.issuer, {
      clientId: SPA_CLIENT_ID,
      clientSecret: null,
      redirectUri: `${APP_ORIGIN}/callback.html`,
    })
    const tokens = await spa.signIn(agent, 'bob')
    expect(tokens.claims()).toMatchObject({ sub: 'bob', aud: SPA_CLIENT_ID })
    expect(tokens.refresh_token).toEqual(expect.any(String))
    expect(idp.tokenRequests).toMatchObject([
      { grant_type: 'authorization_code', client_id: SPA_CLIENT_ID, status: 200, error: null },
    ])
  })

  it('is remembered: the next one asks nothing, also silently, and has the same sid', async () => {
    const first = await rp.signIn(agent, 'alice')
    await rp.start(agent, { prompt: 'none' })
    const second = await rp.finish(agent)
    expect(second.claims()?.sid).toBe(first.claims()?.sid)
    expect(second.claims()?.auth_time).toBe(first.claims()?.auth_time)
  })

  it('takes name and password, and only the password that is set', async () => {
    idp.settings.password = 'open sesame'
    await rp.start(agent)
    await agent.login('alice', { password: 'guess' })
    expect(agent.page?.status).toBe(400)
    expect(agent.page?.text).toContain('role="alert"')
    await agent.login('alice', { password: 'open sesame' })
    expect((await rp.finish(agent)).claims()?.sub).toBe('alice')
  })

  it('can be cancelled: access_denied', async () => {
    await rp.start(agent)
    await agent.cancelLogin()
    expect(errorAtApp()).toBe('access_denied')
    expect(agent.page?.url.searchParams.get('iss')).toBe(idp.issuer)
  })

  it('is over once finished: the page opened again says so', async () => {
    await rp.start(agent)
    const { url } = agent.page ?? {}
    await agent.login('alice')
    await agent.navigate(url ?? '')
    expect(agent.page?.status).toBe(400)
    expect(agent.page?.text).toContain('This sign-in is over')
  })

  it('without a session fails when it must be silent', async () => {
    await rp.start(agent, { prompt: 'none' })
    expect(errorAtApp()).toBe('login_required')
  })

  it('needs PKCE, of the confidential client as well', async () => {
    await rp.start(agent, { code_challenge: '', code_challenge_method: '' })
    expect(errorAtApp()).toBe('invalid_request')
  })

  it('refuses an unknown resource, and an unregistered address shows a page', async () => {
    await rp.start(agent, { resource: 'urn:other' })
    expect(errorAtApp()).toBe('invalid_target')
    await rp.start(agent, { redirect_uri: 'https://evil.example/' })
    expect(agent.page?.url.origin).toBe(idp.origin)
    expect(agent.page?.status).toBe(400)
    expect(agent.page?.text).toContain('This request cannot be answered')
  })
})

describe('the login page', () => {
  it('shows what is asked for, escaped, and both users', async () => {
    await rp.start(agent, { login_hint: '"><b>bob', max_age: '60', acr_values: 'mfa', ui_locales: 'de' })
    const { text = '', headers } = agent.page ?? {}
    for (const shown of ['tandem-bff', 'orders:read', DEMO_RESOURCE, '60', 'mfa', 'Alice', 'Bob', 'de'])
      expect(text).toContain(shown)
    expect(text).toContain('&quot;&gt;&lt;b&gt;bob')
    expect(text).not.toContain('<b>bob')
    expect(headers?.get('content-security-policy')).toContain("frame-ancestors 'none'")
  })

  it('marks the user of the login_hint', async () => {
    await rp.start(agent, { login_hint: 'bob@example.com' })
    expect(agent.page?.text).toMatch(/value="bob" class="hinted"/)
  })

  it('comes again for prompt=login, for max_age and for select_account', async () => {
    const first = await rp.signIn(agent, 'alice')
    for (const params of [{ prompt: 'login' }, { prompt: 'select_account' }] as Record<string, string>[]) {
      await rp.start(agent, params)
      expect(agent.page?.url.origin).toBe(idp.origin)
      await agent.login('alice')
      expect((await rp.finish(agent)).claims()?.sid).toBe(first.claims()?.sid)
    }
  })

  it('says why somebody who is signed in is asked again, and tells a stranger nothing of that', async () => {
    const asked = { max_age: '0' }
    await rp.start(agent, asked)
    expect(agent.page?.text).toContain('Choose a user')
    expect(agent.page?.text).not.toMatch(/too long ago|again|stronger/)
    await agent.login('alice')
    await rp.start(agent, asked)
    expect(agent.page?.text).toContain('asks you to sign in again')
  })

  it('is skipped for prompt=consent, the clients being first parties', async () => {
    await rp.signIn(agent, 'alice')
    await rp.start(agent, { prompt: 'consent' })
    expect(errorAtApp()).toBeNull()
  })

  it('can change the user, which is a new session', async () => {
    const first = await rp.signIn(agent, 'alice')
    const second = await rp.signIn(agent, 'bob', { prompt: 'select_account' })
    expect(second.claims()?.sub).toBe('bob')
    expect(second.claims()?.sid).not.toBe(first.claims()?.sid)
    expect(idp.live('Session', 'alice')).toBe(0)
  })
})

describe('settings', () => {
  it('sid off: no sid', async () => {
    idp.settings.sid = false
    expect((await rp.signIn(agent, 'alice')).claims()).not.toHaveProperty('sid')
  })

  it('no resource: opaque access tokens that open userinfo', async () => {
    idp.settings.resource = null
    const { access_token: token } = await rp.signIn(agent, 'alice')
    expect(token.split('.')).toHaveLength(1)
    const answer = await fetch(`${idp.origin}/me`, { headers: { authorization: `Bearer ${token}` } })
    expect(await answer.json()).toMatchObject({ sub: 'alice', email: 'alice@example.com' })
  })

  it('another origin can be added later', async () => {
    const late = await createRelyingParty(idp.issuer, { redirectUri: 'https://late.test/bff/callback' })
    await late.start(agent)
    expect(agent.page?.status).toBe(400)
    idp.addOrigin('https://late.test')
    expect((await late.signIn(agent, 'alice')).claims()?.sub).toBe('alice')
  })

  it('a user whose roles change has the new ones at the next refresh', async () => {
    const tokens = await rp.signIn(agent, 'alice')
    const alice = idp.users.get('alice')
    if (alice) alice.claims.roles = ['customer']
    const renewed = await rp.refresh(tokens.refresh_token)
    expect(decodeJwt(renewed.access_token).roles).toEqual(['customer'])
    expect(renewed.claims()?.roles).toEqual(['customer'])
  })
})
