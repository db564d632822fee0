import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { EVIL_HEADERS, startApi, type Api } from '../../demo/api/index.js'
import { APP_ORIGIN, DEMO_RESOURCE, startTestIdp, type Idp } from '../support/idp.js'
import { createRelyingParty, type RelyingParty } from '../support/relying-party.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

let idp: Idp
let api: Api
let rp: RelyingParty
let agent: UserAgent
let token: string

beforeAll(async () => {
  idp = await startTestIdp({ resources: ['urn:another'] })
  api = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE, origins: [APP_ORIGIN] })
  rp = await createRelyingParty(idp.issuer)
  agent = createUserAgent()
  token = (await rp.signIn(agent, 'alice')).access_token
})
afterAll(async () => {
  await Promise.all([idp.close(), api.close()])
})

const call = (path: string, init: RequestInit = {}, bearer = token): Promise<Response> =>
  fetch(api.url + path, { ...init, headers: { authorization: `Bearer ${bearer}`, ...init.headers } })

describe('with a token', () => {
  it('lists orders, and one of them', async () => {
    const { orders } = await (await call('/orders')).json()
    expect(orders).toHaveLength(3)
    expect(await (await call('/orders/1002')).json()).toEqual(orders[1])
    expect((await call('/orders/none')).status).toBe(404)
  })

  it('takes an order', async () => {
    const answer = await call('/orders', { method: 'POST', body: '{"item":"bell"}' })
    expect(answer.status).toBe(201)
    expect(await answer.json()).toMatchObject({ created_by: 'alice', received: { item: 'bell' } })
    expect((await call('/orders', { method: 'POST', body: '{' })).status).toBe(400)
  })

  it('says who calls and how, but never the token', async () => {
    const answer = await call('/whoami', { headers: { traceparent: '00-1-2-01', 'x-own': 'yes' } })
    const text = await answer.text()
    expect(JSON.parse(text)).toMatchObject({
      sub: 'alice',
      headers: { traceparent: '00-1-2-01', 'x-own': 'yes', authorization: 'Bearer …' },
    })
    expect(text).not.toContain(token)
    expect(JSON.stringify(api.requests)).not.toContain(token.split('.')[2])
    expect(api.requests.at(-1)).toMatchObject({ method: 'GET', url: '/whoami', claims: { sub: 'alice' } })
    await expect.poll(() => api.requests.at(-1)?.status).toBe(200)
  })

  it('streams, one chunk after another', async () => {
    const answer = await call('/stream?chunks=3&pause=5')
    let text = ''
    let reads = 0
    for await (const chunk of answer.body ?? []) {
      text += new TextDecoder().decode(chunk)
      reads += 1
    }
    expect(text).toBe('chunk 1\nchunk 2\nchunk 3\n')
    expect(reads).toBeGreaterThan(1)
  })

  it('echoes a body of any size as it comes', async () => {
    const body = new Uint8Array(300_000).fill(7)
    const answer = await call('/echo', { method: 'POST', body, headers: { 'content-type': 'image/png' } })
    expect(answer.headers.get('content-type')).toBe('image/png')
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(body)
  })

  it('sends what no proxy may pass on', async () => {
    const answer = await call('/evil')
    expect(answer.headers.getSetCookie()).toEqual(EVIL_HEADERS['set-cookie'])
    expect(answer.headers.get('clear-site-data')).toBe('"*"')
  })

  it('refuses in the words of another, when asked to', async () => {
    const answer = await call('/refuse/409')
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ code: 'login_required' })
  })
})

describe('challenges', () => {
  it.each([
    ['no token', {}, 401, 'Bearer'],
    ['another scheme', { authorization: 'Basic YTpi' }, 401, 'Bearer'],
    ['no JWT', { authorization: 'Bearer opaque' }, 401, /^Bearer error="invalid_token"/],
  ])('%s', async (_, headers, status, challenge) => {
    const answer = await fetch(`${api.url}/orders`, { headers: headers as Record<string, string> })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('www-authenticate')).toMatch(challenge)
  })

  it('a token for another API, an expired one, an ID token', async () => {
    const other = await rp.signIn(agent, 'alice', { resource: 'urn:another' })
    for (const bad of [other.access_token, other.id_token ?? '']) {
      const answer = await call('/orders', {}, bad)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 301_000 })
    const expired = await call('/orders')
    vi.useRealTimers()
    expect(expired.status).toBe(401)
  })

  it('mfa: a step-up by RFC 9470, met by a token that has it', async () => {
    const weak = await call('/mfa')
    expect(weak.status).toBe(401)
    expect(weak.headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_user_authentication", .*acr_values="mfa"$/,
    )
    const strong = await rp.signIn(createUserAgent(), 'alice', { acr_values: 'mfa' })
    expect(await (await call('/mfa', {}, strong.access_token)).json()).toEqual({ acr: 'mfa' })
  })

  it('recent: by max_age', async () => {
    expect((await call('/recent?max_age=3600')).status).toBe(200)
    const old = await call('/recent?max_age=-1')
    expect(old.headers.get('www-authenticate')).toContain('max_age="-1"')
  })

  it('no keys to be had is no word about the token', async () => {
    const lonely = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE })
    idp.faults.next('jwks', { kind: 'status', status: 500 })
    const ask = () => fetch(`${lonely.url}/orders`, { headers: { authorization: `Bearer ${token}` } })
    expect((await ask()).status).toBe(503)
    expect((await ask()).status).toBe(200)
    await lonely.close()
  })
})

describe('CORS', () => {
  const page = createUserAgent()

  it('allows the token and the trace from known pages, and shows them the challenge', async () => {
    const headers = { authorization: `Bearer ${token}`, traceparent: '00-1-2-01' }
    const answer = await page.fetch(`${api.url}/mfa`, { from: `${APP_ORIGIN}/`, headers })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('insufficient_user_authentication')
  })

  it('allows nothing to others', async () => {
    const asked = page.fetch(`${api.url}/orders`, { from: 'https://evil.test/' })
    await expect(asked).rejects.toThrow('Failed to fetch')
  })
})
