import { describe, expect, expectTypeOf, it } from 'vitest'
import { ConfigurationError, bffClient, createSessionClient } from '../../src/index.js'
import type { BffClientOptions, MediatedBffClient } from '../../src/index.js'
import { createWireBff, problem, silence } from './wire-bff.js'

const mediated = (signedIn?: string) => {
  const bff = createWireBff(signedIn === undefined ? {} : { signedIn })
  return {
    bff,
    client: createSessionClient({ oauth: bffClient({ basePath: '/bff', mediateTokens: true }) }, bff.page),
  }
}

describe('its options', () => {
  it.each<[string, unknown]>([
    ['bffClient.basePath', undefined],
    ['bffClient.basePath', {}],
    ['bffClient.basePath', { basePath: 7 }],
    ['bffClient.basePath', { basePath: '' }],
    ['bffClient.basePath', { basePath: '/' }],
    ['bffClient.basePath', { basePath: 'bff' }],
    ['bffClient.basePath', { basePath: '/bff/' }],
    ['bffClient.basePath', { basePath: '//evil.example' }],
    ['bffClient.basePath', { basePath: '//evil' }],
    ['bffClient.basePath', { basePath: '/a/../b' }],
    ['bffClient.basePath', { basePath: 'https://app.test/bff' }],
    ['bffClient.mediateTokens', { basePath: '/bff', mediateTokens: 'yes' }],
    ['bffClient.mediateToken', { basePath: '/bff', mediateToken: true }],
    ['bffClient.basepath', { basePath: '/bff', basepath: '/other' }],
  ])('%s is named, with the fix: %o', (option, options) => {
    try {
      bffClient(options as BffClientOptions & { mediateTokens?: false })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ option })
      expect((error as Error).message).toMatch(/must be|is unknown/)
    }
  })

  it.each(['/bff', '/a/b', '/my-app/bff_1'])('a base path may be %s', (basePath) => {
    expect(bffClient({ basePath })).toMatchObject({ keeper: 'bff', basePath })
  })
})

describe('resources', () => {
  it('on another origin need a way there', () => {
    expect(() =>
      bffClient({ basePath: '/bff' }).check([{ url: 'https://api.test/' }], 'https://app.test'),
    ).toThrow(
      "resources[0]: https://api.test/ is not on https://app.test, so no credentials can go there. Add via: 'bff'",
    )
  })

  it.each<[string, Parameters<typeof bffClient>[0]]>([
    ['through the BFF', { basePath: '/bff' }],
    ['with a mediated token', { basePath: '/bff', mediateTokens: false }],
  ])('on another origin are fine %s', (way, options) => {
    const through = { url: 'https://api.test/', ...(way === 'through the BFF' && { via: 'bff' as const }) }
    const client =
      way === 'through the BFF' ? bffClient(options) : bffClient({ ...options, mediateTokens: true })
    expect(() => client.check([through], 'https://app.test')).not.toThrow()
  })
})

describe('getAccessToken', () => {
  it('exists only where a token is held', () => {
    const plain = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, createWireBff().page)
    // @ts-expect-error a plain BFF client holds no token
    expect(plain.oauth.getAccessToken).toBeUndefined()
    const { client } = mediated()
    expectTypeOf(client.oauth).toEqualTypeOf<MediatedBffClient>()
    expectTypeOf(client.oauth.getAccessToken).returns.resolves.toBeString()
  })

  it('starts, and resolves with the token the BFF hands out', async () => {
    const { bff, client } = mediated('alice')
    expect(await client.oauth.getAccessToken()).toMatch(/^token-of-alice-/)
    expect(bff.log()).toEqual(['GET /bff/session', 'GET /bff/token'])
  })

  it('asks for it once for as long as it is good', async () => {
    const { bff, client } = mediated('alice')
    const tokens = await Promise.all([1, 2, 3].map(() => client.oauth.getAccessToken()))
    expect(new Set(tokens).size).toBe(1)
    await client.oauth.getAccessToken()
    expect(bff.log().filter((line) => line.includes('token'))).toHaveLength(1)
  })

  it('renews access that has expired first', async () => {
    const { bff, client } = mediated('alice')
    const first = await client.oauth.getAccessToken()
    bff.page.skewBy(10 * 60_000)
    expect(await client.oauth.getAccessToken()).not.toBe(first)
    expect(bff.log().slice(2)).toEqual(['POST /bff/refresh', 'GET /bff/token'])
  })

  it('rejects where there is no session', async () => {
    const { client } = mediated()
    await expect(client.oauth.getAccessToken()).rejects.toMatchObject({ code: 'session_ended' })
  })

  it('rejects with the reason, and the state learns it, where the session turns out to be over', async () => {
    const { bff, client } = mediated('alice')
    await client.start()
    bff.session = null
    bff.last = { ended_by: 'revoked', at: 1 }
    await expect(client.oauth.getAccessToken()).rejects.toMatchObject({
      code: 'session_ended',
      reason: 'revoked',
    })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'revoked' })
  })

  it('is never that of another user', async () => {
    const { bff, client } = mediated('alice')
    await client.start()
    bff.signIn('bob')
    await expect(client.oauth.getAccessToken()).rejects.toMatchObject({
      code: 'session_ended',
      reason: 'user_changed',
    })
    expect(client.getState()).toMatchObject({ session: { user: { sub: 'bob' } } })
    expect(await client.oauth.getAccessToken()).toMatch(/^token-of-bob-/)
  })

  it('is that of the same user’s new session', async () => {
    const { bff, client } = mediated('alice')
    await client.start()
    bff.signIn('alice')
    expect(await client.oauth.getAccessToken()).toMatch(/^token-of-alice-/)
  })

  it('says so where the BFF does not hand it out', async () => {
    const { bff, client } = mediated('alice')
    bff.always('GET /bff/token', () => problem('invalid_request', 404))
    await expect(client.oauth.getAccessToken()).rejects.toMatchObject({ name: 'BffError', status: 404 })
  })

  it('waits no longer than 8 s', async () => {
    const { bff, client } = mediated('alice')
    await client.start()
    bff.once('GET /bff/token', silence)
    const waiting = client.oauth.getAccessToken()
    await Promise.resolve()
    await expect.poll(() => bff.log().at(-1)).toBe('GET /bff/token')
    bff.page.advance(8_001)
    await expect(waiting).rejects.toMatchObject({ code: 'timeout' })
    expect(await client.oauth.getAccessToken()).toMatch(/^token-of-alice-/)
  })

  it('rejects before there is a session client', async () => {
    await expect(bffClient({ basePath: '/bff', mediateTokens: true }).getAccessToken()).rejects.toMatchObject(
      {
        code: 'session_ended',
      },
    )
  })

  it('drops it with the session', async () => {
    const { bff, client } = mediated('alice')
    await client.oauth.getAccessToken()
    await client.logout({ scope: 'app' })
    await expect(client.oauth.getAccessToken()).rejects.toMatchObject({ reason: 'logout' })
    expect(bff.log().at(-1)).toBe('POST /bff/logout')
  })
})
