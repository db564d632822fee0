import { describe, expect, it } from 'vitest'
import type { Traits } from '../../support/misbehaving-provider.js'
import { ORIGIN, startBench, startOddBench } from '../bench.js'

describe('the metadata of a provider', () => {
  const unusable: [string, Partial<Traits>][] = [
    ['belongs to another issuer', { metadata: { issuer: 'https://elsewhere.test' } }],
    ['has no token endpoint', { metadata: { token_endpoint: undefined } }],
    ['has an endpoint that is not https', { metadata: { token_endpoint: 'http://idp.test/token' } }],
    ['has no keys', { metadata: { jwks_uri: '' } }],
    [
      'is no object',
      { answers: { discovery: { status: 200, body: 'null', contentType: 'application/json' } } },
    ],
    ['is a page', { answers: { discovery: { status: 200, body: '<html>', contentType: 'text/html' } } }],
    ['is an error', { answers: { discovery: { status: 500, body: '' } } }],
  ]

  it.each(unusable)('that %s is not used, and asked for again', async (_, traits) => {
    const { browser, idp } = await startOddBench(traits)
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=idp_unavailable`)
    idp.traits.metadata = {}
    idp.traits.answers = {}
    expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
  })

  it('is asked for once by many at the same time, now and then again, and serves while the provider is down', async () => {
    const { bff, idp, clock } = await startOddBench()
    const login = () => bff.fetch(new Request(`${ORIGIN}/bff/login`, { headers: { accept: 'text/html' } }))
    expect(idp.count('discovery')).toBe(0)
    await Promise.all([login(), login(), login()])
    expect(idp.count('discovery')).toBe(1)
    idp.traits.answers = { discovery: { status: 503, body: '' } }
    clock.advance(3601)
    expect((await login()).headers.get('location')).toContain('/authorize')
    await expect.poll(() => idp.count('discovery')).toBe(2)
    expect((await login()).headers.get('location')).toContain('/authorize')
  })

  it('may be on another host than the issuer (idp.discoveryUrl)', async () => {
    const discover = (origin: string) => `${origin}/.well-known/openid-configuration`
    const { browser } = await startBench({
      idp: { issuer: 'https://issuer.test' },
      bff: (base, origin) => ({ ...base, idp: { ...base.idp, discoveryUrl: discover(origin) } }),
    })
    expect((await browser.login('alice')).href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })
})
