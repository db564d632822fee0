import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import {
  REFUSALS,
  startMisbehavingProvider,
  type MisbehavingProvider,
  type RefusalName,
  type Traits,
} from './misbehaving-provider.js'
import { createRelyingParty, type RelyingParty, type Tokens } from './relying-party.js'
import { createUserAgent, type UserAgent } from './user-agent.js'

let provider: MisbehavingProvider
let rp: RelyingParty
let agent: UserAgent

const start = async (traits?: Partial<Traits>): Promise<void> => {
  provider = await startMisbehavingProvider(traits)
  rp = await createRelyingParty(provider.issuer)
  agent = createUserAgent()
}
const signIn = async (params?: Record<string, string>): Promise<Tokens> => {
  await rp.start(agent, params)
  return rp.finish(agent)
}
afterEach(() => provider.close())

/** Every answer as the wire has it. */
const raw = async (grantType: string, params: Record<string, string>): Promise<Response> =>
  fetch(`${provider.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: grantType, client_id: 'x', ...params }),
  })

describe('well behaved', () => {
  it('logs in at once, refreshes with rotation, and counts', async () => {
    await start({ acr: 'mfa', amr: ['pwd', 'otp'], authTime: 1_700_000_000 })
    const tokens = await signIn()
    expect(tokens.claims()).toMatchObject({
      sub: 'alice',
      sid: 'sid-1',
      acr: 'mfa',
      auth_time: 1_700_000_000,
    })
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: 'alice', aud: 'urn:tandem:demo-api' })
    const renewed = await rp.refresh(tokens.refresh_token)
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token)
    await expect(rp.refresh(tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(provider.tokenCalls).toMatchObject([
      { grant_type: 'authorization_code', client_id: 'tandem-bff', auth: 'basic', status: 200 },
      { grant_type: 'refresh_token', auth: 'basic', status: 200 },
      { grant_type: 'refresh_token', auth: 'basic', status: 400 },
    ])
    expect(provider.count('discovery')).toBe(1)
  })

  it('a code is good once, and for its verifier', async () => {
    await start()
    await rp.start(agent)
    const code = agent.page?.url.searchParams.get('code') ?? ''
    const redirectUri = 'https://app.test/bff/callback'
    const answer = await raw('authorization_code', {
      code,
      redirect_uri: redirectUri,
      code_verifier: 'guess',
    })
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' })
    await expect(rp.finish(agent)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('prompt=none without a session, errors, end of session, revocation', async () => {
    await start({ signedIn: false })
    await rp.start(agent, { prompt: 'none' })
    expect(agent.page?.url.searchParams.get('error')).toBe('login_required')
    provider.traits.authorizationError = 'access_denied'
    await rp.start(agent)
    expect(agent.page?.url.searchParams.get('error')).toBe('access_denied')
    const out = rp.endSessionUrl({ post_logout_redirect_uri: 'https://app.test/', state: 's' })
    expect((await agent.navigate(out)).url.href).toBe('https://app.test/?state=s')
    provider.traits.authorizationError = null
    const { refresh_token: token = '' } = await signIn()
    await rp.revoke(token)
    await expect(rp.refresh(token)).rejects.toMatchObject({ error: 'invalid_grant' })
  })
})

describe('traits', () => {
  it('metadata fields are laid over or taken away', async () => {
    await start({ metadata: { end_session_endpoint: undefined, scopes_supported: ['openid'] } })
    const metadata = await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json()
    expect(metadata).not.toHaveProperty('end_session_endpoint')
    expect(metadata.scopes_supported).toEqual(['openid'])
  })

  it('no sid, claims of 20 kB, opaque access tokens', async () => {
    await start({ sid: null, claimsSize: 20_000, accessToken: 'opaque' })
    const tokens = await signIn()
    expect(tokens.claims()).not.toHaveProperty('sid')
    expect(tokens.claims()?.padding).toHaveLength(20_000)
    expect(tokens.access_token).not.toContain('.')
  })

  it('no rotation; refresh answers without refresh token, without ID token, with another sub', async () => {
    await start({ rotates: false })
    const { refresh_token: first } = await signIn()
    expect((await rp.refresh(first)).refresh_token).toBe(first)
    Object.assign(provider.traits, { refreshAnswersRefreshToken: false, refreshAnswersIdToken: false })
    const bare = await rp.refresh(first)
    expect(bare).not.toHaveProperty('refresh_token')
    expect(bare).not.toHaveProperty('id_token')
    Object.assign(provider.traits, { refreshAnswersIdToken: true, refreshSub: 'bob' })
    expect((await rp.refresh(first)).claims()?.sub).toBe('bob')
  })

  it('no refresh token at all', async () => {
    await start({ issuesRefreshToken: false })
    expect((await signIn()).refresh_token).toBeUndefined()
  })

  it.each([undefined, 0, '300', null])('expires_in %s', async (expiresIn) => {
    await start({ expiresIn })
    await agent.navigate(`${provider.issuer}/authorize?client_id=x&redirect_uri=https://app.test/`)
    const code = agent.page?.url.searchParams.get('code') ?? ''
    const answer = await raw('authorization_code', { code, redirect_uri: 'https://app.test/' })
    expect((await answer.json()).expires_in).toBe(expiresIn)
  })

  it('only one way to authenticate as a client, and a secret that must be right', async () => {
    await start({ onlyClientAuth: 'post', clientSecret: 'demo-and-test-secret-not-for-production' })
    await expect(signIn()).rejects.toThrow(/./)
    expect(provider.tokenCalls.at(-1)).toMatchObject({ auth: 'basic', status: 401 })
    provider.traits.onlyClientAuth = 'basic'
    expect((await signIn()).claims()?.sub).toBe('alice')
    provider.traits.clientSecret = 'another'
    await expect(signIn()).rejects.toThrow(/./)
  })

  it.each([
    [{ callbackIss: 'wrong' }, 'iss', 'https://elsewhere.example'],
    [{ callbackIss: 'missing' }, 'iss', null],
    [{ callbackState: 'wrong' }, 'state', 'another-state'],
    [{ callbackState: 'missing' }, 'state', null],
  ] as [Partial<Traits>, string, string | null][])('a callback with %o', async (traits, parameter, seen) => {
    await start(traits)
    await rp.start(agent)
    expect(agent.page?.url.searchParams.get(parameter)).toBe(seen)
    await expect(rp.finish(agent)).rejects.toThrow('invalid response encountered')
  })

  it.each(Object.keys(REFUSALS) as RefusalName[])('refuses a refresh with %s', async (name) => {
    await start()
    const { refresh_token: token = '' } = await signIn()
    provider.traits.refuseRefresh = REFUSALS[name]
    const answer = await raw('refresh_token', { refresh_token: token })
    expect(answer.status).toBe(REFUSALS[name].status)
    expect(await answer.text()).toBe(REFUSALS[name].body)
    await expect(rp.refresh(token)).rejects.toThrow(/./)
    provider.traits.refuseRefresh = null
    expect((await rp.refresh(token)).claims()?.sub).toBe('alice')
  })

  it('hangs where told, and answers with anything where told', async () => {
    await start({ hangs: ['userinfo'] })
    const pending = fetch(`${provider.issuer}/userinfo`, { signal: AbortSignal.timeout(50) })
    await expect(pending).rejects.toThrow(/timeout/)
    provider.traits.answers = { jwks: REFUSALS.html_502 }
    expect((await fetch(`${provider.issuer}/jwks`)).status).toBe(502)
  })

  it('answers pages of any origin, unless told not to', async () => {
    await start()
    const ask = () => agent.fetch(`${provider.issuer}/jwks`, { from: 'https://app.test/' })
    expect((await ask()).status).toBe(200)
    provider.traits.cors = false
    await expect(ask()).rejects.toThrow('Failed to fetch')
  })
})
