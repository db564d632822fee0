import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  mosaicClient,
  OTHER_CLIENT_ID,
  WEB_CLIENT_ID,
  startMosaicVisit,
  type Mosaic,
  type MosaicClientDriver,
} from '../support/mosaic.js'
import type { UserAgent } from '../support/user-agent.js'

let mosaic: Mosaic
let client: MosaicClientDriver
let agent: UserAgent

beforeEach(async () => void ({ mosaic, client, agent } = await startMosaicVisit()))
afterEach(() => mosaic.close())

const claimsOf = (token: string | undefined): ReturnType<typeof decodeJwt> => decodeJwt(token ?? '')
const silentError = async (params?: Record<string, string>): Promise<string | null> =>
  (await client.silent(agent, params)).get('error')

describe('prompt', () => {
  it('none without a session: login_required, with what was sent', async () => {
    const answer = await client.silent(agent, { state: 'abc' })
    expect(Object.fromEntries(answer)).toMatchObject({
      error: 'login_required',
      error_description: expect.any(String),
      state: 'abc',
    })
  })

  it('is refused where the client does not list it, or the tenant for clients that list none', async () => {
    await client.signIn(agent, 'alice')
    mosaic.clients.update(WEB_CLIENT_ID, { supported_prompts: ['login', 'consent'] })
    expect(await silentError()).toBe('invalid_request')
    expect((await client.start(agent, { prompt: 'consent' })).get('error')).toBeNull()
    mosaic.settings.supportedPrompts = ['login']
    const other = await mosaicClient(mosaic, OTHER_CLIENT_ID).start(agent, { prompt: 'consent' })
    expect(other.get('error')).toBe('invalid_request')
    expect((await client.start(agent, { prompt: 'select_account' })).get('error')).toBe('invalid_request')
  })

  it('login shows the hosted page though there is a session', async () => {
    await client.signIn(agent, 'alice')
    await client.start(agent, { prompt: 'login' })
    expect(agent.page?.url.origin).toBe(mosaic.baseUrl)
    expect(agent.page?.text).toContain('Sign in to Tandem demo')
  })
})

describe('acr_values', () => {
  it('mfa: refused silently with what is allowed, asked for openly, and told in acr and amr', async () => {
    await client.signIn(agent, 'alice')
    const answer = await client.silent(agent, { acr_values: 'mfa' })
    expect(answer.get('error')).toBe('mfa_required')
    expect(answer.get('error_description')).toMatch(/email, sms, email-otp/)
    const tokens = await client.signIn(agent, 'alice', { acr_values: 'mfa' })
    expect(claimsOf(tokens.id_token)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'mfa'] })
    expect(await silentError({ acr_values: 'mfa' })).toBeNull()
    const plain = await client.signIn(agent, 'alice')
    expect(claimsOf(plain.id_token)).not.toHaveProperty('acr')
  })

  it('is asked for in vain where the user goes on without it', async () => {
    await client.start(agent, { acr_values: 'mfa' })
    await agent.login('alice', { acr: 'pwd' })
    const { body } = await client.exchange(agent.page?.url.searchParams.get('code') ?? '')
    expect(claimsOf(body.id_token)).not.toHaveProperty('acr')
    expect(await silentError({ acr_values: 'mfa' })).toBe('mfa_required')
  })

  it('a method: part of the session once it was used, told with the others that are satisfied', async () => {
    await client.signIn(agent, 'alice')
    const google = 'urn:transmit:google_direct'
    expect(await silentError({ acr_values: google })).toBe('login_required')
    expect(await silentError({ acr_values: 'urn:transmit:centralized' })).toBeNull()
    const tokens = await client.signIn(agent, 'alice', { acr_values: google })
    expect(claimsOf(tokens.id_token)).toMatchObject({ acr: google, amr: ['pwd', 'social'] })
    const both = await client.signIn(agent, 'alice', { acr_values: `${google} mfa` })
    expect(claimsOf(both.id_token).acr).toBe(`${google} mfa`)
  })

  it('is kept over a refresh', async () => {
    const tokens = await client.signInOffline(agent, 'alice', { acr_values: 'mfa' })
    const { body } = await client.refresh(tokens.refresh_token)
    expect(claimsOf(body.id_token)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'mfa'] })
  })

  it('a login anew without it is an mfa session no more', async () => {
    await client.signIn(agent, 'alice', { acr_values: 'mfa' })
    await client.signIn(agent, 'alice', { prompt: 'login' })
    expect(await silentError({ acr_values: 'mfa' })).toBe('mfa_required')
  })
})

describe('max_age', () => {
  it('asks again where the login is older, and is ignored where it is not known', async () => {
    await client.signIn(agent, 'alice')
    mosaic.clock.advance(61_000)
    expect(await silentError({ max_age: '60' })).toBe('login_required')
    expect(await silentError({ max_age: '120' })).toBeNull()
    mosaic.settings.maxAgeSupported = false
    expect(await silentError({ max_age: '60' })).toBeNull()
    expect((await client.start(agent, { max_age: '0' })).get('code')).toEqual(expect.any(String))
  })
})

describe('a pushed request', () => {
  const push = async (params: Record<string, string> = {}): ReturnType<MosaicClientDriver['post']> =>
    client.post('/cis/oidc/request', {
      ...Object.fromEntries(client.authorizationUrl(params).searchParams),
    })
  const use = (requestUri: unknown): ReturnType<UserAgent['navigate']> => {
    const url = new URL('/cis/oidc/auth', mosaic.baseUrl)
    url.searchParams.set('client_id', WEB_CLIENT_ID)
    url.searchParams.set('request_uri', String(requestUri))
    return agent.navigate(url, { from: null })
  }

  it('is answered 200, lives for 60 seconds, and is good once', async () => {
    await client.signIn(agent, 'alice')
    const { status, body } = await push()
    expect(status).toBe(200)
    expect(body).toEqual({ request_uri: expect.stringContaining('urn:'), expires_in: 60 })
    expect((await use(body.request_uri)).url.searchParams.get('code')).toEqual(expect.any(String))
    const again = await use(body.request_uri)
    expect(again.status).toBe(400)
    expect(JSON.parse(again.text)).toMatchObject({ error: 'invalid_request_uri' })
    const late = await push()
    mosaic.clock.advance(61_000)
    expect((await use(late.body.request_uri)).status).toBe(400)
  })

  it('is checked when it is pushed', async () => {
    mosaic.clients.update(WEB_CLIENT_ID, { supported_prompts: ['login'] })
    expect(await push({ prompt: 'none' })).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(await push({ client_secret: 'wrong' })).toMatchObject({ status: 401 })
  })

  it('belongs to the client that pushed it', async () => {
    const { body } = await push()
    const url = new URL('/cis/oidc/auth', mosaic.baseUrl)
    url.searchParams.set('client_id', OTHER_CLIENT_ID)
    url.searchParams.set('request_uri', String(body.request_uri))
    expect((await agent.navigate(url, { from: null })).status).toBe(400)
  })

  it('is the only way in where the client enforces it', async () => {
    await client.signIn(agent, 'alice')
    mosaic.clients.update(WEB_CLIENT_ID, { enforce_par: true })
    expect((await client.start(agent)).get('error')).toBe('invalid_request')
    expect((await use((await push()).body.request_uri)).url.searchParams.get('code')).toEqual(
      expect.any(String),
    )
  })
})

describe('a request that cannot go back', () => {
  it('is answered with JSON', async () => {
    const url = client.authorizationUrl({ redirect_uri: 'https://evil.example/' })
    const page = await agent.navigate(url, { from: null })
    expect(page.status).toBe(400)
    expect(page.url.origin).toBe(mosaic.baseUrl)
    expect(JSON.parse(page.text)).toMatchObject({ error: 'invalid_redirect_uri' })
  })

  it('may be cancelled on the hosted page: access_denied, by a 303', async () => {
    await client.start(agent)
    await agent.cancelLogin()
    expect(agent.page?.url.searchParams.get('error')).toBe('access_denied')
    const answer = await fetch(client.authorizationUrl({ prompt: 'none' }), { redirect: 'manual' })
    expect(answer.status).toBe(303)
  })
})
