import { describe, expect, it } from 'vitest'
import { idpOrigins } from '../../../src/bff/idp/origins.js'
import { validateOptions } from '../../../src/bff/validate.js'

const of = (idp: object) =>
  idpOrigins(
    validateOptions({
      origin: 'https://app.example.com',
      idp: { clientId: 'bff', clientSecret: 'hunter-test', ...idp },
      secrets: ['test-secret-of-thirty-two-letters'],
      store: 'memory:',
    }).idp,
  )

describe('where the IDP is', () => {
  it('is at its issuer, and at its metadata where that is elsewhere', () => {
    expect(of({ issuer: 'https://idp.example.com/tenant' })).toEqual(['https://idp.example.com'])
    expect(
      of({ issuer: 'https://idp.example.com', discoveryUrl: 'https://idp.example.com/x/metadata' }),
    ).toEqual(['https://idp.example.com'])
    expect(
      of({ issuer: 'https://idp.example.com', discoveryUrl: 'https://api.example.net/metadata' }),
    ).toEqual(['https://idp.example.com', 'https://api.example.net'])
  })
})
