// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { browserClient, type BrowserClientOptions } from '../../src/client/browser-client.js'
import { ConfigurationError } from '../../src/errors.js'
import { createTestPlatform } from '../support/test-platform.js'

const right: BrowserClientOptions = {
  authority: 'https://idp.example.com',
  clientId: 'app',
  redirectUri: 'https://app.test/callback',
}

const errorOf = (call: () => unknown): ConfigurationError => {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('it was accepted')
}

/** Opens a page with these options, whatever they are. */
const open = (options: object) =>
  browserClient({ ...right, ...options } as BrowserClientOptions).open(createTestPlatform())

describe('options that are right', () => {
  it.each<Partial<BrowserClientOptions>>([
    {},
    { authority: 'https://idp.example.com/tenant/' },
    { authority: 'http://localhost:4000' },
    { authority: 'http://127.0.0.1:4000' },
    { redirectUri: '/' },
    { redirectUri: '/app/?embedded=1' },
    { scope: 'openid' },
    { silentRedirectUri: '/silent.html' },
    { postLogoutRedirectUri: 'https://www.example.com/bye' },
    { metadata: { token_endpoint: 'https://idp.example.com/token' } },
    { authorizationParams: { prompt: 'consent', resource: ['urn:a', 'urn:b'] } },
    { checkSession: false },
    { checkSession: 'auto' },
    { clockTolerance: 0 },
    { session: {} },
    { session: { idle: 0, absolute: 3600 } },
    { session: { idle: 1800 } },
    { bff: { basePath: '/bff' } },
  ])('%o', (options) => {
    expect(() => open(options)).not.toThrow()
  })

  it('may be there without a value', () => {
    const options = { scope: undefined, bff: undefined, clockTolerance: undefined }
    expect(() => open(options)).not.toThrow()
  })
})

describe('an option that is wrong', () => {
  it.each<[option: keyof BrowserClientOptions, value: unknown, fix: RegExp]>([
    ['authority', undefined, /issuer/],
    ['authority', '', /issuer/],
    ['authority', 'idp.example.com', /https/],
    ['authority', 'http://idp.example.com', /https/],
    ['authority', 'http://localhost.example.com', /https/],
    ['authority', 'https://idp.example.com?tenant=1', /issuer/],
    ['authority', 'https://idp.example.com#x', /issuer/],
    ['authority', 5, /issuer/],
    ['clientId', undefined, /client ID/],
    ['clientId', '', /client ID/],
    ['redirectUri', undefined, /path of this app/],
    ['redirectUri', 'callback', /URL or a path/],
    ['redirectUri', '/callback#x', /no fragment/],
    ['redirectUri', '//app.test/', /URL or a path/],
    ['redirectUri', 'https://:1/', /URL or a path/],
    ['redirectUri', 'https://[::1', /URL or a path/],
    ['redirectUri', 'javascript:alert(1)', /URL or a path/],
    ['redirectUri', 'https://elsewhere.example/callback', /on https:\/\/app\.test/],
    ['silentRedirectUri', 'silent.html', /URL or a path/],
    ['silentRedirectUri', 'https://elsewhere.example/silent.html', /on https:\/\/app\.test/],
    ['postLogoutRedirectUri', 'bye', /URL or a path/],
    ['scope', 'profile', /openid/],
    ['scope', ['openid'], /openid/],
    ['metadata', 'https://idp.example.com/metadata', /object/],
    ['metadata', null, /object/],
    ['authorizationParams', 'prompt=login', /object/],
    ['authorizationParams', { max_age: 5 }, /texts/],
    ['authorizationParams', { state: 'mine' }, /by itself/],
    ['authorizationParams', { redirect_uri: '/x' }, /by itself/],
    ['authorizationParams', { response_mode: 'fragment' }, /by itself/],
    ['authorizationParams', { code_challenge_method: 'plain' }, /by itself/],
    ['checkSession', true, /'auto' or false/],
    ['clockTolerance', '60', /seconds/],
    ['clockTolerance', -1, /seconds/],
    ['clockTolerance', 60_000, /seconds/],
    ['session', 1800, /idle, absolute/],
    ['session', null, /idle, absolute/],
    ['session', { idle: '1800' }, /seconds/],
    ['session', { idle: -1 }, /seconds/],
    ['session', { idle: Number.NaN }, /seconds/],
    ['session', { absolute: 0 }, /seconds/],
    ['session', { absolute: Infinity }, /a year/],
    ['session', { lifetime: 60 }, /idle, absolute/],
    ['bff', '/bff', /basePath/],
    ['bff', {}, /basePath/],
    ['bff', { basePath: 'bff' }, /basePath/],
    ['bff', { basePath: '/bff/' }, /basePath/],
  ])('%s: %o', (option, value, fix) => {
    const error = errorOf(() => open({ [option]: value }))
    expect(error.option).toBe(`browserClient.${option}`)
    expect(error.message).toMatch(fix)
  })

  it('is found by a misspelt name', () => {
    const error = errorOf(() => open({ client_id: 'app' }))
    expect(error.option).toBe('browserClient.client_id')
    expect(error.message).toMatch(/misspelling/)
  })

  it('is missing with all the others', () => {
    expect(errorOf(() => Reflect.apply(browserClient, undefined, [])).option).toBe('browserClient.authority')
  })
})

describe('resources', () => {
  it('via a BFF need one', () => {
    const resources = [
      { url: 'https://api.test/' },
      { url: '/orders/', via: 'bff', upstream: 'orders' },
    ] as const
    const error = errorOf(() => browserClient(right).check(resources, 'https://app.test'))
    expect(error.option).toBe('resources[1].via')
    expect(error.message).toMatch(/bff: \{ basePath/)
    const client = browserClient({ ...right, bff: { basePath: '/bff' } })
    expect(() => client.check(resources, 'https://app.test')).not.toThrow()
  })
})

it('nothing is asked of a page before it is opened: on a server it only waits', () => {
  const client = browserClient({ ...right, redirectUri: 'https://app.example.com/callback' })
  expect(() => client.check([], 'http://localhost')).not.toThrow()
})
