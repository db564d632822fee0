import { describe, expect, it } from 'vitest'
import { placeOf } from '../../src/presets/mosaic-place.js'
import { mosaic } from '../../src/presets/mosaic.js'

const client = { clientId: 'app', clientSecret: 'test-secret-of-the-client' }

describe('the place of a tenant', () => {
  it.each([
    ['us', 'https://api.transmitsecurity.io', 'https://userid.security'],
    ['eu', 'https://api.eu.transmitsecurity.io', 'https://eu.userid.security'],
    ['ca', 'https://api.ca.transmitsecurity.io', 'https://ca.userid.security'],
    ['au', 'https://api.au.transmitsecurity.io', 'https://au.userid.security'],
  ] as const)('in the region %s: metadata at %s, issuer %s', (region, host, issuer) => {
    const { browser, bff } = mosaic({ region, ...client })
    expect(bff.idp.issuer).toBe(issuer)
    expect(bff.idp.discoveryUrl).toBe(`${host}/cis/oidc/.well-known/openid-configuration`)
    expect(browser.metadata).toMatchObject({
      issuer,
      authorization_endpoint: `${host}/cis/oidc/auth`,
      token_endpoint: `${host}/cis/oidc/token`,
      end_session_endpoint: `${host}/cis/oidc/session/end`,
      revocation_endpoint: `${host}/cis/oidc/token/revocation`,
    })
    // The address of the region is known as such, too.
    expect(mosaic({ baseUrl: `${host}/`, ...client })).toEqual(mosaic({ region, ...client }))
  })

  it.each(['jp', 'sandbox'] as const)('in %s the issuer is not published: it has to be told', (region) => {
    expect(() => mosaic({ region, ...client })).toThrow(/^mosaic\.issuer: is not published/)
    expect(mosaic({ region, issuer: 'https://jp.example', ...client }).bff.idp.issuer).toBe(
      'https://jp.example',
    )
  })

  it('at a domain of its own, that is the issuer, and says where everything is', () => {
    const { browser, bff } = mosaic({ customDomain: 'login.example.com', ...client })
    expect(bff.idp).toMatchObject({
      issuer: 'https://login.example.com',
      discoveryUrl: 'https://login.example.com/.well-known/openid-configuration',
    })
    expect(browser).toMatchObject({
      authority: 'https://login.example.com',
      metadata: { issuer: 'https://login.example.com' },
    })
    expect(browser.metadata).not.toHaveProperty('token_endpoint')
  })

  it('at another host the issuer is the one of the US, or as told', () => {
    const baseUrl = 'http://localhost:4000'
    expect(mosaic({ baseUrl, ...client }).bff.idp.issuer).toBe('https://userid.security')
    const { browser, bff } = mosaic({ baseUrl, issuer: 'https://x.example', ...client })
    expect([bff.idp.issuer, browser.metadata.issuer]).toEqual(['https://x.example', 'https://x.example'])
  })

  it('may call itself whatever it likes, if it is an https address', () => {
    expect(placeOf({ region: 'us', issuer: 'https://x.example/tenant' })).toMatchObject({
      issuer: 'https://x.example/tenant',
    })
  })
})
