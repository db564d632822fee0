import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Idp } from '../support/idp.js'
import { startIdpVisit } from '../support/idp-visit.js'
import type { RelyingParty, Tokens } from '../support/relying-party.js'
import type { UserAgent } from '../support/user-agent.js'

let idp: Idp
let rp: RelyingParty
let agent: UserAgent
let tokens: Tokens

beforeEach(async () => {
  ;({ idp, rp, agent, tokens } = await startIdpVisit())
  idp.clearRequests()
})
afterEach(() => idp.close())

describe('faults', () => {
  it('answers instead of the provider, once or until cleared, and counts it', async () => {
    idp.faults.next('token', { kind: 'status', status: 429, headers: { 'retry-after': '3' } })
    await expect(rp.refresh(tokens.refresh_token)).rejects.toThrow('unexpected response content-type')
    expect(idp.tokenRequests).toMatchObject([
      { grant_type: 'refresh_token', client_id: 'tandem-bff', status: 429, fault: 'status' },
    ])
    const renewed = await rp.refresh(tokens.refresh_token)

    idp.faults.set('token', {
      kind: 'status',
      status: 400,
      body: { error: 'session_expired' },
    })
    for (const _ of [1, 2])
      await expect(rp.refresh(renewed.refresh_token)).rejects.toMatchObject({ error: 'session_expired' })
    idp.faults.clear('token')
    await rp.refresh(renewed.refresh_token)
  })

  it('a null in the queue lets one request through', async () => {
    idp.faults.next('jwks', null, {
      kind: 'status',
      status: 503,
      body: '<h1>no</h1>',
      contentType: 'text/html',
    })
    expect((await fetch(`${idp.origin}/jwks`)).status).toBe(200)
    const second = await fetch(`${idp.origin}/jwks`)
    expect([second.status, second.headers.get('content-type')]).toEqual([503, 'text/html'])
    expect((await fetch(`${idp.origin}/jwks`)).status).toBe(200)
  })

  it('cut: the provider never sees the request', async () => {
    idp.faults.next('token', { kind: 'cut' })
    await expect(rp.refresh(tokens.refresh_token)).rejects.toThrow('fetch failed')
    expect(idp.tokenRequests).toMatchObject([{ fault: 'cut', status: null }])
    await rp.refresh(tokens.refresh_token)
  })

  it('half-answer: the provider has rotated, and its answer breaks off', async () => {
    idp.faults.next('token', { kind: 'half-answer' })
    await expect(rp.refresh(tokens.refresh_token)).rejects.toThrow()
    expect(idp.tokenRequests).toMatchObject([{ fault: 'half-answer', status: null }])
    await expect(rp.refresh(tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('lost-answer: the provider has rotated, the client does not know', async () => {
    idp.faults.next('token', { kind: 'lost-answer' })
    await expect(rp.refresh(tokens.refresh_token)).rejects.toThrow('fetch failed')
    expect(idp.tokenRequests).toMatchObject([{ grant_type: 'refresh_token', fault: 'lost-answer' }])
    await expect(rp.refresh(tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('hang: released, the request goes on', async () => {
    idp.faults.next('token', { kind: 'hang' })
    const pending = rp.refresh(tokens.refresh_token)
    await expect.poll(() => idp.faults.waiting()).toBe(1)
    expect(idp.tokenRequests).toMatchObject([{ status: null }])
    expect(idp.faults.release()).toBe(1)
    expect((await pending).claims()?.sub).toBe('alice')
  })

  it('held-answer: the work is done before the answer arrives', async () => {
    idp.faults.next('token', { kind: 'held-answer' })
    const pending = rp.refresh(tokens.refresh_token)
    await expect.poll(() => idp.faults.waiting()).toBe(1)
    await idp.endSession('alice')
    idp.faults.release()
    const renewed = await pending
    await expect(rp.refresh(renewed.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('delay: late, but as ever', async () => {
    idp.faults.next('discovery', { kind: 'delay', ms: 30 })
    const before = performance.now()
    const answer = await fetch(`${idp.origin}/.well-known/openid-configuration`)
    expect(answer.status).toBe(200)
    expect(performance.now() - before).toBeGreaterThanOrEqual(29)
  })

  it.each([
    ['authorization', () => `${idp.origin}/auth?client_id=tandem-bff`],
    ['discovery', () => `${idp.origin}/.well-known/openid-configuration`],
    ['jwks', () => `${idp.origin}/jwks`],
    ['end_session', () => `${idp.origin}/session/end`],
    ['userinfo', () => `${idp.origin}/me`],
  ] as const)('reaches %s', async (endpoint, url) => {
    idp.faults.next(endpoint, { kind: 'status', status: 418 })
    expect((await fetch(url())).status).toBe(418)
    expect(idp.requests).toMatchObject([{ endpoint, status: 418, fault: 'status' }])
  })

  it('reaches the revocation endpoint', async () => {
    idp.faults.next('revocation', { kind: 'status', status: 503 })
    await expect(rp.revoke(tokens.refresh_token ?? '')).rejects.toThrow(
      'unexpected HTTP response status code',
    )
    await rp.refresh(tokens.refresh_token)
  })
})

describe('down and up', () => {
  it('refuses connections, then goes on with sessions and tokens as they were', async () => {
    await idp.down()
    await expect(rp.refresh(tokens.refresh_token)).rejects.toThrow('fetch failed')
    await idp.up()
    const renewed = await rp.refresh(tokens.refresh_token)
    expect(renewed.claims()?.sid).toBe(tokens.claims()?.sid)
    await rp.start(agent, { prompt: 'none' })
    expect((await rp.finish(agent)).claims()?.sub).toBe('alice')
  })
})
