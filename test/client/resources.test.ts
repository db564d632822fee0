import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { findResource, resolveResources, restOf } from '../../src/client/resources.js'
import type { Resource } from '../../src/client/oauth-client.js'

const ORIGIN = 'https://app.test'
const find = (resources: Resource[], url: string): string | undefined =>
  findResource(resolveResources(resources, ORIGIN), new URL(url))?.resource.url

describe('the resource a call is for', () => {
  it.each<[string, string, boolean]>([
    ['https://api.test/orders/', 'https://api.test/orders/42?x=1', true],
    ['https://api.test/orders/', 'https://api.test/orders/', true],
    ['https://api.test/orders/', 'https://api.test/orders', false],
    ['https://api.test/orders', 'https://api.test/orders', true],
    ['https://api.test/orders', 'https://api.test/orders/42', true],
    ['https://api.test/orders', 'https://api.test/orders?x=1', true],
    ['https://api.test/orders', 'https://api.test/orders-of-others', false],
    ['https://api.test', 'https://api.test/anything', true],
    ['https://api.test/', 'http://api.test/', false],
    ['https://api.test/', 'https://api.test:8443/', false],
    ['https://api.test/', 'https://api.test.evil.example/', false],
    ['https://api.test/', 'https://evil.example/https://api.test/', false],
    ['https://api.test/orders/', 'https://api.test/orders/../admin', false],
    ['https://API.test/', 'https://api.test/x', true],
    ['/api/', 'https://app.test/api/me', true],
    ['/api/', 'https://app.test/apis', false],
    ['/api/', 'https://other.test/api/me', false],
  ])('prefix %s, call %s: %s', (prefix, url, found) => {
    expect(find([{ url: prefix }], url)).toBe(found ? prefix : undefined)
  })

  it('is the one with the longest prefix, however they are listed', () => {
    const urls = ['https://api.test/', 'https://api.test/a/b/', 'https://api.test/a/']
    for (const order of [urls, urls.toReversed()]) {
      const resources = order.map((url) => ({ url }))
      expect(find(resources, 'https://api.test/a/b/c')).toBe('https://api.test/a/b/')
      expect(find(resources, 'https://api.test/a/c')).toBe('https://api.test/a/')
      expect(find(resources, 'https://api.test/c')).toBe('https://api.test/')
    }
  })
})

describe('what follows the prefix', () => {
  it.each([
    ['https://api.test/orders/', 'https://api.test/orders/42?x=1&y=%2F#part', '42?x=1&y=%2F'],
    ['https://api.test/orders', 'https://api.test/orders/42', '42'],
    ['https://api.test/orders', 'https://api.test/orders', ''],
    ['https://api.test/orders', 'https://api.test/orders?x', '?x'],
    ['https://api.test/', 'https://api.test/a%2Fb/c%20d/%C3%A4', 'a%2Fb/c%20d/%C3%A4'],
    ['https://api.test/', 'https://api.test//a', '/a'],
  ])('prefix %s, call %s: %s', (url, call, rest) => {
    const resource = resolveResources([{ url }], ORIGIN)[0]
    expect(resource && restOf(resource, new URL(call))).toBe(rest)
  })
})

describe('a resource that cannot be', () => {
  const via = 'bff' as const
  it.each<[string, unknown]>([
    ['resources[0].url', {}],
    ['resources[0].url', null],
    ['resources[0].url', { url: 7 }],
    ['resources[0].url', { url: '' }],
    ['resources[0].url', { url: 'api.test/orders/' }],
    ['resources[0].url', { url: 'http://' }],
    ['resources[0].url', { url: 'mailto:a@b' }],
    ['resources[0].url', { url: 'https://api.test/?x=1' }],
    ['resources[0].url', { url: 'https://api.test/#x' }],
    ['resources[0].via', { url: '/api/', via: 'proxy' }],
    ['resources[0].upstream', { url: '/api/', via }],
    ['resources[0].upstream', { url: '/api/', via, upstream: 'a/b' }],
    ['resources[0].upstream', { url: '/api/', via, upstream: 5 }],
    ['resources[0].audience', { url: '/api/', audience: ['a'] }],
    ['resources[0].scope', { url: '/api/', scope: ['a', 'b'] }],
    ['resources[0].criteria', { url: '/api/', criteria: 'mfa' }],
    ['resources[0].criteria', { url: '/api/', criteria: null }],
    ['resources[0].criteria.acrs', { url: '/api/', criteria: { acrs: 'mfa' } }],
    ['resources[0].criteria.maxAge', { url: '/api/', criteria: { maxAge: '300' } }],
    ['resources[0].scopes', { url: '/api/', scopes: 'a b' }],
  ])('%s is named: %o', (option, resource) => {
    try {
      resolveResources([resource as Resource], ORIGIN)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ code: 'configuration_invalid', option })
      expect((error as ConfigurationError).message).toMatch(/must be|is unknown/)
    }
  })

  it('is named by its place in the list', () => {
    expect(() => resolveResources([{ url: '/a/' }, { url: 'http://' }], ORIGIN)).toThrow('resources[1].url')
  })
})
