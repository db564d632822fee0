import { describe, expect, it } from 'vitest'
import { mosaicBff } from '../../src/presets/mosaic-bff.js'
import { mosaic, mosaicAcr } from '../../src/presets/mosaic.js'
import type { MosaicOptions } from '../../src/presets/mosaic.js'

describe('what is asked of every login', () => {
  it('is a refresh token, which takes offline_access and prompt=consent', () => {
    for (const { scope, authorizationParams } of housesOf({}))
      expect([scope, authorizationParams]).toEqual(['openid offline_access', { prompt: 'consent' }])
  })

  it('is no consent where no refresh token is asked for', () => {
    for (const { authorizationParams } of housesOf({ scope: 'openid email' }))
      expect(authorizationParams).toEqual({})
  })

  it('is no refresh token where the client does not allow consent', () => {
    for (const house of housesOf({ supportedPrompts: ['login'] }))
      expect(house).toMatchObject({ scope: 'openid', authorizationParams: {}, supportedPrompts: ['login'] })
  })

  it('is the resource, the claims as a text, and acr_values', () => {
    const claims = { id_token: { roles: null, ido_sso_session_id: null } }
    const asked = {
      resource: 'https://api.example.com/',
      claims,
      acrValues: [mosaicAcr.mfa, mosaicAcr.google],
    }
    for (const { authorizationParams } of housesOf(asked))
      expect(authorizationParams).toEqual({
        prompt: 'consent',
        resource: 'https://api.example.com/',
        claims: '{"id_token":{"roles":null,"ido_sso_session_id":null}}',
        acr_values: 'mfa urn:transmit:google_direct',
      })
  })
})

/** The options of both houses that are the same in both. */
function housesOf(settings: Partial<MosaicOptions>) {
  const { browser, bff } = mosaic({ region: 'us', clientId: 'app', ...settings })
  expect(mosaicBff({ region: 'us', ...settings }).idp.authorizationParams).toEqual(
    bff.idp.authorizationParams,
  )
  return [browser, bff.idp]
}
