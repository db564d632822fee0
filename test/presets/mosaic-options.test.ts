import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { settingNames } from '../../src/presets/mosaic-options.js'
import { mosaic } from '../../src/presets/mosaic.js'
import type { MosaicOptions } from '../../src/presets/mosaic.js'

const client = { clientId: 'app', clientSecret: 'test-secret-of-the-client' }

describe('a mistake is named', () => {
  it.each<[string, Record<string, unknown>]>([
    ['mosaic.region', {}],
    ['mosaic.region', { region: 'mars' }],
    ['mosaic.region', { region: 'constructor' }],
    ['mosaic.customDomain', { region: 'eu', customDomain: 'login.example.com' }],
    ['mosaic.baseUrl', { region: 'eu', baseUrl: 'https://api.eu.transmitsecurity.io' }],
    ['mosaic.baseUrl', { baseUrl: 'https://api.transmitsecurity.io/cis' }],
    ['mosaic.baseUrl', { baseUrl: 'http://api.transmitsecurity.io' }],
    ['mosaic.baseUrl', { baseUrl: 'api.transmitsecurity.io' }],
    ['mosaic.customDomain', { customDomain: 'https://login.example.com/path' }],
    ['mosaic.issuer', { region: 'us', issuer: 'userid.security' }],
    ['mosaic.clientId', { region: 'us', clientId: '' }],
    ['mosaic.scope', { region: 'us', scope: 'offline_access' }],
    ['mosaic.resource', { region: 'us', resource: 'orders' }],
    ['mosaic.resource', { region: 'us', resource: ['https://a.example', 'https://b.example'] }],
    ['mosaic.claims', { region: 'us', claims: { roles: null } }],
    ['mosaic.claims', { region: 'us', claims: '{"id_token":{}}' }],
    ['mosaic.acrValues', { region: 'us', acrValues: 'mfa phone_number' }],
    ['mosaic.acrValues', { region: 'us', acrValues: [] }],
    ['mosaic.supportedPrompts', { region: 'us', supportedPrompts: ['create'] }],
    [
      'mosaic.supportedPrompts',
      { region: 'us', supportedPrompts: ['login'], scope: 'openid offline_access' },
    ],
    ['mosaic.sessionExpiration', { region: 'us', sessionExpiration: 31_536_001 }],
    ['mosaic.sessionExpiration', { region: 'us', sessionExpiration: 0 }],
    ['mosaic.sessionExpirations', { region: 'us', sessionExpirations: 1 }],
  ])('%s of %j', (option, wrong) => {
    let thrown: unknown
    try {
      mosaic({ ...client, ...wrong } as MosaicOptions)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConfigurationError)
    expect(thrown).toMatchObject({ option })
  })
})

it('all mistakes are named at once, the first as the option', () => {
  const wrong = { region: 'mars', scope: 'profile', resource: 'orders', regoin: 'us' } as unknown
  try {
    mosaic(wrong as MosaicOptions)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigurationError', option: 'mosaic.regoin' })
    expect((error as Error).message.split('\n').map((line) => line.split(': ')[0])).toEqual([
      ...['mosaic.regoin', 'mosaic.clientId', 'mosaic.region', 'mosaic.scope', 'mosaic.resource'],
    ])
  }
})

it('an unknown option is told which ones there are', () => {
  const wrong = { region: 'us', ...client, regoin: 'us' } as MosaicOptions
  expect(() => mosaic(wrong)).toThrow(settingNames.join(', '))
})
