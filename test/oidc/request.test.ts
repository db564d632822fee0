// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { requestFor, type LoginWish } from '../../src/oidc/request.js'
import type { ClientSettings, Target } from '../../src/oidc/settings.js'

const settings: ClientSettings = {
  authority: 'https://idp.example.com',
  clientId: 'app',
  redirectUri: 'https://app.test/callback',
  silentRedirectUri: 'https://app.test/silent.html',
}
const request = (
  wish: Partial<LoginWish> = {},
  more: Partial<ClientSettings> = {},
  targets: Target[] = [],
  kind: 'login' | 'silent' | 'frame' = 'login',
) => requestFor({ ...settings, ...more }, targets, kind, { returnTo: '/here', ...wish })

describe('requestFor', () => {
  it('asks for little by itself', () => {
    expect(request()).toEqual({
      kind: 'login',
      returnTo: '/here',
      redirectUri: 'https://app.test/callback',
      scope: 'openid profile offline_access',
      audience: [],
      params: { max_age: '31536000' },
      maxAge: undefined,
    })
  })

  it('says what was wished, by its name on the wire', () => {
    const { params, maxAge } = request({
      prompt: 'login',
      loginHint: 'alice',
      uiLocales: ['sv', 'en'],
      criteria: { maxAge: 300, acr: ['phr', 'mfa'] },
    })
    expect(params).toEqual({
      prompt: 'login',
      login_hint: 'alice',
      ui_locales: 'sv en',
      max_age: '300',
      acr_values: 'phr mfa',
    })
    expect(maxAge).toBe(300)
  })

  it('asks for an authentication right now', () => {
    expect(request({ criteria: { maxAge: 0 } })).toMatchObject({ params: { max_age: '0' }, maxAge: 0 })
  })

  it('asks for a consent that is always asked for beside what is wished, and for nothing beside none', () => {
    const authorizationParams = { prompt: 'consent' }
    expect(request({ prompt: 'login' }, { authorizationParams }).params['prompt']).toBe('login consent')
    expect(request({ prompt: 'consent' }, { authorizationParams }).params['prompt']).toBe('consent')
    expect(request({ prompt: 'none' }, { authorizationParams }).params['prompt']).toBe('none')
  })

  it('never sends a prompt that the IDP does not take', () => {
    const supportedPrompts = ['consent']
    const authorizationParams = { prompt: 'consent' }
    expect(request({ prompt: 'login' }, { authorizationParams, supportedPrompts })).toMatchObject({
      params: { prompt: 'consent', max_age: '0' },
      maxAge: 0,
    })
    expect(request({ prompt: 'login' }, { supportedPrompts }).params).toEqual({ max_age: '0' })
    for (const prompt of ['none', 'select_account'])
      expect(() => request({ prompt }, { supportedPrompts })).toThrow(/is not one of supportedPrompts/)
  })

  it('asks for one resource where the IDP takes no more', () => {
    const more = { singleResource: true, authorizationParams: { resource: 'urn:own' } }
    const targets = [{ audience: 'urn:a' }, { audience: 'urn:b' }]
    expect(request({}, more, targets).audience).toEqual(['urn:own'])
    expect(request({ criteria: { audience: 'urn:b' } }, more, targets).audience).toEqual(['urn:b'])
    expect(request({}, { singleResource: true }, targets).audience).toEqual(['urn:a'])
  })

  it('lays wishes over what is always sent', () => {
    const authorizationParams = {
      prompt: 'consent',
      audience: 'api',
      max_age: '60',
      ui_locales: ['de', 'en'],
    }
    expect(request({}, { authorizationParams })).toMatchObject({
      params: { prompt: 'consent', audience: 'api', max_age: '60', ui_locales: 'de en' },
      maxAge: 60,
    })
    expect(request({ prompt: 'none' }, { authorizationParams }).params['prompt']).toBe('none')
  })

  it('asks for the scopes and resources of the app, of its APIs and of the criteria, each once', () => {
    const found = request(
      { criteria: { scope: ['orders:write', 'openid'], audience: 'urn:orders' } },
      { scope: 'openid email', authorizationParams: { resource: ['urn:a', 'urn:b'] } },
      [{ audience: 'urn:orders', scope: 'orders:read' }, { audience: 'urn:b' }, {}],
    )
    expect(found.scope.split(' ')).toEqual(['openid', 'email', 'orders:read', 'orders:write'])
    expect(found.audience).toEqual(['urn:orders', 'urn:a', 'urn:b'])
    expect(found.params).not.toHaveProperty('resource')
  })

  it('comes back to the silent page from a frame only', () => {
    expect(request({}, {}, [], 'frame').redirectUri).toBe('https://app.test/silent.html')
    expect(request({}, {}, [], 'silent').redirectUri).toBe('https://app.test/callback')
  })
})
