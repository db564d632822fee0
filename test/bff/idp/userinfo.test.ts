import { describe, expect, it } from 'vitest'
import type { Traits } from '../../support/misbehaving-provider.js'
import { ORIGIN, startOddBench } from '../bench.js'

/** A provider whose ID tokens say who the user is, and nothing more. */
const bare: Partial<Traits> = { user: { sub: 'alice' }, sid: 'sid-1', authTime: 1_700_000_000 }

const answering = (claims: object): Partial<Traits> => ({
  ...bare,
  answers: {
    userinfo: { status: 200, body: JSON.stringify(claims), contentType: 'application/json' },
  },
})

describe('a provider that keeps claims for its UserInfo endpoint', () => {
  it('is asked for them at login, and they stay with the session', async () => {
    const told = { sub: 'alice', name: 'Alice', email: 'alice@idp.test', sid: 'x', acr: 'x', iss: 'x' }
    const { browser, idp, clock } = await startOddBench(answering(told))
    await browser.login()
    const { user, idp: idpSession, authentication } = await browser.signedIn()
    expect(user).toEqual({ sub: 'alice', name: 'Alice', email: 'alice@idp.test' })
    expect(idpSession.sid).toBe('sid-1')
    expect(authentication).toEqual({ time: 1_700_000_000_000, amr: [] })
    clock.advance(301)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect((await browser.signedIn()).user).toEqual(user)
    expect(idp.count('userinfo')).toBe(1)
  })

  it.each([
    ['what is not of the user', 'openid profile', { roles: ['admin'], ver: 1, tid: 't' }],
    ['less than was asked for', 'openid profile email', { name: 'Alice' }],
  ])('is asked for them, too, where the ID token tells %s', async (_, scope, more) => {
    const told = { sub: 'alice', name: 'Alice', email: 'alice@idp.test' }
    const { browser, idp } = await startOddBench(
      { ...answering(told), user: { sub: 'alice', ...more } },
      { bff: (base) => ({ ...base, idp: { ...base.idp, scope } }) },
    )
    await browser.login()
    expect((await browser.signedIn()).user).toEqual({ ...told, ...more })
    expect(idp.count('userinfo')).toBe(1)
  })

  it('that answers about another user signs nobody in', async () => {
    const { browser } = await startOddBench(answering({ sub: 'mallory', name: 'Mallory' }))
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=id_token_invalid`)
    expect((await browser.session()).authenticated).toBe(false)
  })

  it.each([
    ['refuses', { ...bare, answers: { userinfo: { status: 401, body: '' } } }],
    ['answers a page', { ...bare, answers: { userinfo: { status: 200, body: '<html>' } } }],
    ['never answers', { ...bare, hangs: ['userinfo'] }],
    ['has no such endpoint', { ...bare, metadata: { userinfo_endpoint: undefined } }],
  ] as [string, Partial<Traits>][])('that %s signs in all the same', async (_, traits) => {
    const { browser } = await startOddBench(traits)
    expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user).toEqual({ sub: 'alice' })
  })

  it.each([
    ['the ID token tells of the user', {}, {}],
    ['no claims were granted', { ...bare, scope: 'openid' }, {}],
    ['no claims are asked for', bare, { scope: 'openid offline_access' }],
    ['the access token is for an API', bare, { authorizationParams: { resource: 'urn:test:api' } }],
  ])('is not asked where %s', async (_, traits, options) => {
    const { browser, idp } = await startOddBench(traits, {
      bff: (base) => ({ ...base, idp: { ...base.idp, ...options } }),
    })
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
    expect(idp.count('userinfo')).toBe(0)
  })
})
