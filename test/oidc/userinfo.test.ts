// @vitest-environment node
import { describe, expect, it } from 'vitest'
import type { Traits } from '../support/misbehaving-provider.js'
import { sessionFrom } from '../../src/oidc/session.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import { answerTo, eachTest, engine, idp, request } from './engine-bench.js'

eachTest()

/** A provider whose ID tokens say who the user is, and nothing more. */
const bare: Partial<Traits> = { user: { sub: 'alice' }, authTime: 1_700_000_000 }

const answering = (claims: unknown): Partial<Traits> => ({
  ...bare,
  answers: { userinfo: { status: 200, body: JSON.stringify(claims), contentType: 'application/json' } },
})

const signIn = async (
  traits: Partial<Traits>,
  { scope = 'openid profile email', audience = [] as readonly string[] } = {},
): Promise<Tokens> => {
  Object.assign(idp.traits, traits)
  return engine.exchangeCode(
    ...(await answerTo(await engine.authorizationUrl({ ...request, scope, audience }))),
  )
}

const userOf = (tokens: Tokens) => sessionFrom(tokens, 'ref', { startedAt: 0, endsAt: 1 }).user

describe('a provider that keeps claims for its UserInfo endpoint', () => {
  it('is asked for them once, with the access token, and they stay with the session', async () => {
    const told = { sub: 'alice', name: 'Alice', email: 'alice@idp.test', acr: 'x', sid: 'x', roles: ['x'] }
    const tokens = await signIn(answering(told))
    const user = { sub: 'alice', name: 'Alice', email: 'alice@idp.test', roles: ['x'] }
    expect(userOf(tokens)).toEqual(user)
    const renewed = await engine.refresh(tokens)
    expect(userOf(renewed)).toEqual(user)
    expect(idp.count('userinfo')).toBe(1)
  })

  it('says nothing about the authentication, and gives nobody a role', async () => {
    const told = {
      sub: 'alice',
      name: 'Alice',
      acr: 'mfa',
      auth_time: 1_900_000_000,
      sid: 'x',
      roles: ['admin'],
    }
    const tokens = await signIn({ ...answering(told), sid: null })
    const session = sessionFrom(tokens, 'ref', { startedAt: 0, endsAt: 1 })
    expect(session.authentication).toEqual({ time: 1_700_000_000_000, amr: [] })
    expect(session.idp).toEqual({ status: 'active' })
    expect(session.access.roles).toEqual([])
  })

  it.each([
    ['what is not of the user', 'openid profile', { roles: ['admin'], tid: 't' }],
    ['less than was asked for', 'openid profile email', { name: 'Alice' }],
  ])('is asked, too, where the ID token tells %s, which counts more', async (_, scope, more) => {
    const told = { sub: 'alice', name: 'Other', email: 'alice@idp.test', given_name: 'A' }
    const tokens = await signIn({ ...answering(told), user: { sub: 'alice', ...more } }, { scope })
    expect(userOf(tokens)).toEqual({ ...told, ...more })
  })

  it.each<[string, Partial<Traits>, { scope?: string; audience?: string[] }]>([
    ['the ID token tells', { user: { sub: 'alice', nickname: 'Al', email: 'a@idp.test' } }, {}],
    ['nothing was asked for', bare, { scope: 'openid offline_access' }],
    ['nothing was granted', { ...bare, scope: 'openid' }, {}],
    ['the token is for an API', bare, { audience: ['urn:a'] }],
    ['there is no such endpoint', { ...bare, metadata: { userinfo_endpoint: undefined } }, {}],
    ['anybody could listen', { ...bare, metadata: { userinfo_endpoint: 'http://idp.test/userinfo' } }, {}],
  ])('is not asked where %s', async (_, traits, how) => {
    expect((await signIn(traits, how)).profile).toBeUndefined()
    expect(idp.count('userinfo')).toBe(0)
  })

  it.each<[string, Partial<Traits>]>([
    ['refuses', { ...bare, answers: { userinfo: { status: 401, body: '{"sub":"alice","name":"A"}' } } }],
    ['answers a page', { ...bare, answers: { userinfo: { status: 200, body: '<html>' } } }],
    ['answers nothing of use', { ...bare, answers: { userinfo: { status: 200, body: 'null' } } }],
    ['never answers', { ...bare, hangs: ['userinfo'] }],
  ])('that %s signs in all the same', async (_, traits) => {
    expect(userOf(await signIn(traits))).toEqual({ sub: 'alice' })
    expect(idp.count('userinfo')).toBe(1)
  })

  it.each([{ name: 'Nobody' }, {}, [], 'alice', { sub: 1 }])(
    'that does not say whose claims they are is not believed: %j',
    async (told) => {
      expect(userOf(await signIn(answering(told)))).toEqual({ sub: 'alice' })
    },
  )

  it('that answers about another user signs nobody in', async () => {
    const login = signIn(answering({ sub: 'mallory', name: 'Mallory' }))
    await expect(login).rejects.toMatchObject({ code: 'id_token_invalid' })
  })
})
