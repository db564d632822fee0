import { describe, expect, it } from 'vitest'
import { ConfigurationError, bffClient, createSessionClient } from '../../src/index.js'
import { checkOptions } from '../../src/client/options.js'
import { createTestPlatform } from '../support/test-platform.js'

const oauth = bffClient({ basePath: '/bff' })
type Options = Parameters<typeof createSessionClient>[0]

describe('an option that is wrong', () => {
  it.each<[string, unknown]>([
    ['oauth', undefined],
    ['oauth', {}],
    ['oauth', { oauth: null }],
    ['oauth', { oauth: 'bff' }],
    ['oauth', { oauth: { basePath: '/bff' } }],
    ['resources', { oauth, resources: null }],
    ['resources', { oauth, resources: { url: '/api/' } }],
    ['resources[0].url', { oauth, resources: [null] }],
    ['resources[0].url', { oauth, resources: ['https://api.test/'] }],
    ['resources[1].url', { oauth, resources: [{ url: '/api/' }, { url: 'http://' }] }],
    ['resources[0].upstream', { oauth, resources: [{ url: 'https://api.test/', via: 'bff' }] }],
    ['resources[0]', { oauth, resources: [{ url: 'https://api.test/' }] }],
    ['navigate', { oauth, navigate: '/home' }],
    ['navigate', { oauth, navigate: null }],
    ['whenIdpSessionEnds', { oauth, whenIdpSessionEnds: null }],
    ['whenIdpSessionEnds', { oauth, whenIdpSessionEnds: 'end' }],
    ['whenIdpSessionEnds.logout', { oauth, whenIdpSessionEnds: { logout: 'stay' } }],
    ['whenIdpSessionEnds.expired', { oauth, whenIdpSessionEnds: { expired: true } }],
    ['resource', { oauth, resource: [{ url: '/api/' }] }],
    ['onError', { oauth, onError: undefined }],
    ['resources[0].path', { oauth, resources: [{ url: '/api/', path: '/orders' }] }],
    ['resources[0].criteria.acrs', { oauth, resources: [{ url: '/api/', criteria: { acrs: 'mfa' } }] }],
    ['whenIdpSessionEnds.revoked', { oauth, whenIdpSessionEnds: { revoked: 'end' } }],
  ])('%s is named, with the fix: %o', (option, options) => {
    try {
      createSessionClient(options as Options, createTestPlatform())
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ code: 'configuration_invalid', option })
      expect((error as Error).message).toMatch(/must be|Add via|is unknown/)
    }
  })
})

describe('options that are right', () => {
  it('are completed', () => {
    expect(checkOptions({ oauth, whenIdpSessionEnds: { expired: 'end' } }, 'https://app.test')).toEqual({
      idpEnd: { logout: 'end', expired: 'end' },
      resources: [],
    })
  })

  it('may name the app’s own origin in full', () => {
    const resources = [{ url: 'https://app.test/api/' }]
    expect(checkOptions({ oauth, resources }, 'https://app.test').resources).toHaveLength(1)
  })

  it('are checked no further than can be told where there is no page, on a server', () => {
    const resources = [{ url: 'https://app.test/api/' }]
    expect(createSessionClient({ oauth, resources }, null).getState()).toEqual({ status: 'loading' })
    expect(() => createSessionClient({ oauth, resources: [{ url: 'http://' }] }, null)).toThrow(
      ConfigurationError,
    )
  })
})
