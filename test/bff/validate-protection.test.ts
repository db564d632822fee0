import { describe, expect, it } from 'vitest'
import { validateConfiguration } from '../../src/bff/configuration.js'
import { validateOptions } from '../../src/bff/validate.js'
import { clientKeys } from '../support/client-keys.js'

const { jwk: privateKey } = clientKeys()
const clientSecret = 'test-secret'
const given = (idp: object, more: object = {}) => ({
  origin: 'https://app.example.com',
  idp: { issuer: 'https://idp.example.com', clientId: 'bff', ...idp },
  secrets: ['test-secret-of-32-characters-0123'],
  ...more,
})
const resolved = (idp: object) => validateOptions(given(idp)).idp

function faults(options: object, env?: Record<string, string>): string[] {
  try {
    if (env === undefined) validateOptions(options)
    else validateConfiguration(options, env)
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  return []
}

describe('what a client shows itself by', () => {
  it.each([
    [{ clientSecret }],
    [{ privateKey }],
    [{ privateKey, tokenEndpointAuthMethod: 'private_key_jwt' }],
    [{ clientSecret, privateKey, signedRequestObject: true }],
    [{ privateKey, signedRequestObject: true }],
    [{ clientSecret, signedRequestObject: false }],
  ])('is enough: %o', (idp) => {
    expect(resolved(idp)).toMatchObject(idp)
  })

  it.each([
    ['nothing', {}, /^idp\.clientSecret: is missing\..*confidential.*idp\.privateKey/],
    [
      'no key',
      { clientSecret, tokenEndpointAuthMethod: 'private_key_jwt' },
      /^idp\.privateKey: is missing, and.*JWK or PEM/,
    ],
    [
      'a key, and a secret asked for',
      { privateKey, tokenEndpointAuthMethod: 'client_secret_post' },
      /^idp\.clientSecret: is missing.*"private_key_jwt"/,
    ],
    [
      'nothing to sign with',
      { clientSecret, signedRequestObject: true },
      /^idp\.privateKey: is missing, and idp\.signedRequestObject/,
    ],
  ])('is not enough: %s', (_, idp, says) => {
    const lines = faults(given(idp))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(says)
  })

  it('is missing together with everything else that is wrong', () => {
    const lines = faults(
      given(
        { issuer: 'nowhere', tokenEndpointAuthMethod: 'env:METHOD', signedRequestObject: 'env:SIGNED' },
        { basePath: 'x' },
      ),
      { METHOD: 'private_key_jwt', SIGNED: 'true' },
    )
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['basePath:', 'idp.issuer:', 'idp.privateKey:'])
  })
})

describe('how answers come', () => {
  it.each(['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'])('may be %s', (responseMode) => {
    expect(resolved({ clientSecret, responseMode }).responseMode).toBe(responseMode)
    const said = { authorizationParams: { response_mode: responseMode } }
    expect(resolved({ clientSecret, ...said }).responseMode).toBe(responseMode)
    expect(resolved({ clientSecret, responseMode, ...said }).responseMode).toBe(responseMode)
  })

  it.each([
    [{ responseMode: 'fragment' }, /^idp\.responseMode: is "fragment"\. Write "query"/],
    [
      { authorizationParams: { response_mode: 'fragment' } },
      /^idp\.authorizationParams\.response_mode: is "fragment"\. .*idp\.responseMode/,
    ],
    [
      { authorizationParams: { response_mode: ['jwt', 'query'] } },
      /^idp\.authorizationParams\.response_mode/,
    ],
    [
      { responseMode: 'jwt', authorizationParams: { response_mode: 'query' } },
      /contradicts idp\.responseMode \("jwt"\)/,
    ],
  ])('may not be %o', (idp, says) => {
    const lines = faults(given({ clientSecret, ...idp }))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(says)
  })
})
