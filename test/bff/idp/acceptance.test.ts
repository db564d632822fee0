import { generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'
import { accepting, bring, tokenMaker } from '../brought-token.js'

describe('an access token that is not accepted', () => {
  const past = Math.floor(Date.now() / 1000) - 10

  const wrong: [string, number, Record<string, unknown>, Record<string, unknown>][] = [
    ['of another client', 401, { client_id: 'other' }, {}],
    ['of no client', 401, { client_id: undefined }, {}],
    ['for another audience', 401, { aud: 'urn:test:other' }, {}],
    ['of another issuer', 401, { iss: 'https://elsewhere.test' }, {}],
    ['that has expired', 401, { exp: past }, {}],
    ['that begins too late for clocks that differ', 401, { nbf: past + 10 + 90 }, {}],
    ['without a user', 401, { sub: undefined }, {}],
    ['that is an ID token', 401, { nonce: 'x', aud: ['spa', 'urn:test:api'], azp: 'spa' }, { typ: 'JWT' }],
    ['bound to a key (RFC 9449 §6.1)', 401, { cnf: { jkt: 'x'.repeat(43) } }, {}],
    ['bound to a certificate (RFC 8705 §3.1)', 401, { cnf: { 'x5t#S256': 'x'.repeat(43) } }, {}],
    ['that is a logout token', 401, {}, { typ: 'logout+jwt' }],
    ['signed by a key named in itself', 401, {}, { kid: 'unknown', jku: 'https://evil.test/jwks' }],
  ]

  it.each(wrong)('(%s) opens nothing', async (_, status, claims, header) => {
    const bench = await startOddBench({}, accepting)
    const answer = await bring(bench.browser, await (await tokenMaker(bench))(claims, header))
    expect([answer.status, (await problemOf(answer))['code']]).toEqual([status, 'token_not_accepted'])
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    expect(answer.headers.has('set-cookie')).toBe(false)
    expect(await bench.browser.session()).toEqual({ authenticated: false })
  })

  it('(made by a clock that is ahead) is accepted, for no longer than it says', async () => {
    const bench = await startOddBench({}, accepting)
    const { clock, browser } = bench
    const ahead = Math.floor(clock.now() / 1000) + 50
    const times = { iat: ahead, nbf: ahead, exp: ahead + 60 }
    const token = await (await tokenMaker(bench))(times)
    expect((await bring(browser, token)).status).toBe(201)
    clock.advance(111)
    expect((await bring(browser, token)).status).toBe(401)
  })

  it('(signed by somebody else) opens nothing', async () => {
    const bench = await startOddBench({}, accepting)
    const { privateKey } = await generateKeyPair('ES256')
    const answer = await bring(bench.browser, await (await tokenMaker(bench))({}, {}, privateKey))
    expect(answer.status).toBe(401)
  })

  it.each(['not.a.jwt', 'opaque', ''])('(%j) opens nothing', async (token) => {
    const { browser } = await startOddBench({}, accepting)
    const answer = await bring(browser, token)
    expect([answer.status, (await problemOf(answer))['code']]).toEqual([401, 'token_not_accepted'])
  })

  it('is not asked for where nothing else says where it comes from: no page elsewhere can send it', async () => {
    const bench = await startOddBench({}, accepting)
    const headers = { authorization: `Bearer ${await (await tokenMaker(bench))()}` }
    const post = (more: Record<string, string>) =>
      bench.bff.fetch(
        new Request(`${ORIGIN}/bff/session`, { method: 'POST', headers: { ...headers, ...more } }),
      )
    expect((await post({})).status).toBe(201)
    for (const more of [{ origin: 'null' }, { referer: 'https://evil.test/' }, { 'sec-fetch-site': 'none' }])
      expect((await post(more as Record<string, string>)).status).toBe(403)
  })

  it('is not asked for where it comes from another site', async () => {
    const bench = await startOddBench({}, accepting)
    const headers = {
      authorization: `Bearer ${await (await tokenMaker(bench))()}`,
      'sec-fetch-site': 'cross-site',
    }
    const answer = await bench.bff.fetch(new Request(`${ORIGIN}/bff/session`, { method: 'POST', headers }))
    expect(answer.status).toBe(403)
  })

  it('because the keys cannot be had now is tried again later', async () => {
    const bench = await startOddBench({}, accepting)
    const token = await (await tokenMaker(bench))()
    bench.idp.traits.answers = { jwks: { status: 503, body: '' } }
    const answer = await bring(bench.browser, token)
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true])
  })
})

describe('an opaque access token', () => {
  const introspection = (answer: object) => ({
    metadata: { introspection_endpoint: 'introspect' },
    answers: { userinfo: { status: 200, contentType: 'application/json', body: JSON.stringify(answer) } },
  })

  const active = { active: true, sub: 'alice', client_id: 'spa', aud: 'urn:test:api', exp: 4_000_000_000 }
  it.each([
    ['active', active, 201],
    ['of type Bearer', { ...active, token_type: 'Bearer' }, 201],
    ['not active', { active: false }, 401],
    ['bound to a key (RFC 9449 §6.2)', { ...active, cnf: { jkt: 'x'.repeat(43) } }, 401],
    ['of type DPoP', { ...active, token_type: 'DPoP' }, 401],
    ['another client’s', { active: true, sub: 'alice', client_id: 'other', aud: 'urn:test:api' }, 401],
  ])('that introspection says is %s', async (_, said, status) => {
    const bench = await startOddBench(introspection(said), accepting)
    bench.idp.traits.metadata = { introspection_endpoint: `${bench.idp.issuer}/userinfo` }
    expect((await bring(bench.browser, 'opaque-token')).status).toBe(status)
  })
})
