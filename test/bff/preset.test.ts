import { describe, expect, it } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import { validateConfiguration } from '../../src/bff/configuration.js'
import type { PresetBffConfiguration, PresetBffOptions } from '../../src/bff/options.js'
import { expanded } from '../../src/bff/preset.js'
import { validateOptions } from '../../src/bff/validate.js'
import { ConfigurationError } from '../../src/errors.js'

const client = { clientId: 'app', clientSecret: 'test-secret' }
const rest = { origin: 'https://app.example.com', secrets: ['test-secret-of-thirty-two-letters'] }
const tenant = (idp: object, more: object = {}): unknown => ({
  preset: 'mosaic',
  ...rest,
  idp: { ...client, ...idp },
  ...more,
})

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('options with "preset": "mosaic"', () => {
  it('are those of the tenant', () => {
    const { idp, session } = validateOptions(tenant({ region: 'eu', resource: 'https://api.example.com/' }))
    expect(idp).toMatchObject({
      issuer: 'https://eu.userid.security',
      discoveryUrl: 'https://api.eu.transmitsecurity.io/cis/oidc/.well-known/openid-configuration',
      ...client,
      scope: 'openid offline_access',
      tokenEndpointAuthMethod: 'client_secret_post',
      authorizationParams: { prompt: 'consent', resource: 'https://api.example.com/' },
      singleResource: true,
      revokeAccessToken: true,
    })
    expect(session).toMatchObject({ idpLifetime: 1_209_600, idle: 1800 })
  })

  it('give way to what is written beside them', () => {
    const { idp, session } = validateOptions(
      tenant(
        {
          region: 'eu',
          discoveryUrl: 'https://elsewhere.example/metadata',
          tokenEndpointAuthMethod: 'client_secret_basic',
          authorizationParams: { ui_locales: 'sv' },
          revokeAccessToken: false,
          timeout: 3,
        },
        { session: { idle: 60, idpLifetime: 3600 } },
      ),
    )
    expect(idp).toMatchObject({
      discoveryUrl: 'https://elsewhere.example/metadata',
      tokenEndpointAuthMethod: 'client_secret_basic',
      authorizationParams: { prompt: 'consent', ui_locales: 'sv' },
      revokeAccessToken: false,
      timeout: 3,
    })
    expect(session).toMatchObject({ idle: 60, idpLifetime: 3600 })
  })

  it('make a BFF, by types too', async () => {
    const options: PresetBffOptions = {
      preset: 'mosaic',
      ...rest,
      idp: { ...client, customDomain: 'login.example.com', acrValues: ['mfa'] },
      store: 'memory:',
    }
    await createBff(options).close()
    const file: PresetBffConfiguration = { ...options, listen: { port: 0 } }
    expect(validateConfiguration(file, {}).idp.issuer).toBe('https://login.example.com')
  })
})

describe('the environment', () => {
  it('is read in a configuration file, into lists and numbers too', () => {
    const env = { HOST: 'http://localhost:4000', ID: 'app', ACR: 'mfa', WEEK: '604800', EMPTY: '' }
    const given = {
      baseUrl: 'env:HOST',
      clientId: 'env:ID',
      acrValues: ['env:ACR'],
      sessionExpiration: 'env:WEEK',
    }
    const { idp, session } = validateConfiguration(tenant(given), env)
    expect(idp).toMatchObject({ clientId: 'app', authorizationParams: { acr_values: 'mfa' } })
    expect(idp.discoveryUrl).toBe('http://localhost:4000/cis/oidc/.well-known/openid-configuration')
    expect(session?.idpLifetime).toBe(604_800)
    expect(refusal(() => validateConfiguration(tenant({ region: 'env:EMPTY' }), env))).toMatch(
      /^idp\.region: the environment variable EMPTY is empty/,
    )
  })

  it('is not read in code', () => {
    expect(refusal(() => validateOptions(tenant({ region: 'env:REGION' })))).toMatch(
      /^idp\.region: "env:…" is read by/,
    )
  })
})

describe('what is wrong', () => {
  it.each<[string, unknown, RegExp]>([
    ['another preset', { ...rest, preset: 'mozaic', idp: client }, /^preset: is "mozaic"\. Write "mosaic"/],
    ['no place', tenant({}), /^idp\.region: is missing/],
    ['two places', tenant({ region: 'us', customDomain: 'x.example' }), /^idp\.customDomain: says where/],
    ['no published issuer', tenant({ region: 'jp' }), /^idp\.issuer: is not published for jp/],
    ['an unknown option', tenant({ region: 'us', regoin: 'eu' }), /^idp\.regoin: is not an option here/],
    ['no object', tenant({ region: 'us', authorizationParams: [] }), /^idp\.authorizationParams: is \[\]/],
    ['no session', tenant({ region: 'us' }, { session: 'long' }), /^session: is "long"/],
    [
      'a prompt that is not supported',
      tenant({ region: 'us', supportedPrompts: ['login'], authorizationParams: { prompt: 'consent' } }),
      /^idp\.authorizationParams\.prompt: is "consent", which is not in idp\.supportedPrompts/,
    ],
    [
      'two resources',
      tenant({ region: 'us', authorizationParams: { resource: ['urn:a', 'urn:b'] } }),
      /^idp\.authorizationParams\.resource: names 2 resources/,
    ],
    [
      'settings without the preset',
      { ...rest, idp: { ...client, region: 'us' } },
      /^idp\.region: is not an option here/,
    ],
  ])('%s is named', (_, options, says) => {
    expect(refusal(() => validateOptions(options))).toMatch(says)
  })

  it('of the preset and of all else is told at once', () => {
    const message = refusal(() => validateOptions({ preset: 'mosaic', idp: { region: 'mars' }, secrets: [] }))
    expect(message.split('\n').map((line) => line.split(': ')[0])).toEqual([
      'idp.region',
      'origin',
      'idp.clientId',
      'idp.clientSecret',
      'secrets',
    ])
  })

  it('of a tenant is told at once, what cannot be read among it', () => {
    const message = refusal(() =>
      validateConfiguration(
        {
          ...(tenant({
            ...{
              region: 'env:REGION',
              scope: 'offline_access',
              resource: 'orders',
              regoin: 'eu',
              clientld: 'x',
            },
            ...{ issuer: 'http://idp.example.com', acrValues: [], sessionExpiration: 'env:EXPIRATION' },
          }) as object),
        },
        { EXPIRATION: 'soon' },
      ),
    )
    expect(message.split('\n').map((line) => line.split(': ')[0])).toEqual([
      ...['idp.region', 'idp.issuer', 'idp.scope', 'idp.resource', 'idp.acrValues', 'idp.sessionExpiration'],
      ...['idp.regoin', 'idp.clientld'],
    ])
    expect(message).toContain('the environment variable REGION is not set')
    expect(message).not.toContain('is missing')
  })

  it('as an option that is none lists the preset’s, too', () => {
    const says = (idp: object): string => refusal(() => validateOptions(tenant({ region: 'us', ...idp })))
    expect(says({ regoin: 'eu' })).toBe('idp.regoin: is not an option here. Did you mean "region"?')
    expect(says({ sessionExpirations: 60 })).toContain('Did you mean "sessionExpiration"?')
    for (const known of ['acrValues', 'customDomain', 'issuer', 'discoveryUrl', 'clockTolerance'])
      expect(says({ tenantName: 'x' })).toContain(known)
    const wrong = { sessionsApi: { url: 'https://api.example.com', keyOfIt: 'x' } }
    expect(says(wrong)).not.toContain('customDomain')
  })

  it('as a custom domain without the API host of the sessions API says that it needs one', () => {
    const sessionsApi = { clientId: 'admin', clientSecret: 'test-secret' }
    const domain = { customDomain: 'login.example.com' }
    expect(refusal(() => validateOptions(tenant({ ...domain, sessionsApi })))).toMatch(
      /^idp\.sessionsApi\.url: is missing: Mosaic’s API is not at idp\.customDomain\. Write the API host.*$/,
    )
    const url = 'https://api.transmitsecurity.io'
    const { idp } = validateOptions(tenant({ ...domain, sessionsApi: { ...sessionsApi, url } }))
    expect(idp.sessionsApi).toMatchObject({ url })
    // It is given where a region or a host is, also where that is wrong.
    expect(refusal(() => validateOptions(tenant({ region: 'mars', sessionsApi })))).toMatch(
      /^idp\.region: .*$/,
    )
  })

  it('as a preset that is none is told with all else: of a tenant, where one is named', () => {
    const optionsIn = (options: object): (string | undefined)[] =>
      refusal(() => validateOptions(options))
        .split('\n')
        .map((line) => line.split(': ')[0])
    const mozaic = { ...rest, preset: 'mozaic', secrets: [], mediateTokens: 'x' }
    expect(optionsIn({ ...mozaic, idp: { ...client, issuer: 'x', scope: 'y' } })).toEqual([
      ...['preset', 'idp.issuer', 'idp.scope', 'secrets', 'mediateTokens'],
    ])
    expect(optionsIn({ ...mozaic, idp: { ...client, region: 'mars', scope: 'y', timeout: 0 } })).toEqual([
      ...['preset', 'idp.region', 'idp.scope', 'idp.timeout', 'secrets', 'mediateTokens'],
    ])
  })

  it('hides nothing that contradicts what is right of the preset', () => {
    const idp = { region: 'mars', supportedPrompts: ['login'], authorizationParams: { prompt: 'consent' } }
    const message = refusal(() => validateOptions(tenant({ ...idp, privateKey: 5, clientSecret: undefined })))
    expect(message.split('\n').map((line) => line.split(': ')[0])).toEqual([
      ...['idp.region', 'idp.privateKey', 'idp.clientSecret', 'idp.authorizationParams.prompt'],
    ])
  })

  it('with the check of another thing is that check’s to say', () => {
    const failing = expanded(() => {
      throw new TypeError('another')
    })
    expect(() => failing({ preset: 'mosaic', idp: {} }, [], null)).toThrow('another')
  })
})
