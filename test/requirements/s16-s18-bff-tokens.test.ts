/** S16 to S18 at a BFF that the preset configures: what it takes for its user's tokens, and what an API makes of a wrong one. */
import { createHash } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { Edges } from 'tandem-session/bff'
import { describe, expect, it } from 'vitest'
import { createSealing } from '../../src/bff/sealing.js'
import { systemEdges } from '../../src/bff/edges.js'
import type { SessionContent } from '../../src/bff/sessions/content.js'
import { problemOf, SECRET } from '../bff/bench.js'
import {
  mosaicClient,
  ORDERS_RESOURCE,
  OTHER_CLIENT_ID,
  WEB_CLIENT_ID,
  type MosaicTokens,
} from '../support/mosaic.js'
import { visitor } from './visitor.js'
import { startWorld, type World } from './world.js'

/** The BFF's `fetch`: where `swap` is set, the token endpoint's answer is what that makes of it. */
const swapping = () => {
  const at: { swap: ((answer: MosaicTokens) => Promise<MosaicTokens>) | null } = { swap: null }
  const edges: Partial<Edges> = {
    fetch: async (input, init) => {
      const answer = await fetch(input, init)
      const isToken = new URL(answer.url).pathname.endsWith('/token')
      return at.swap === null || !isToken || !answer.ok
        ? answer
        : Response.json(await at.swap(await answer.json()))
    },
  }
  return { at, edges }
}

const bearerOf = ({ api }: World): string =>
  api.calls.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? ''

describe('S16 tokens are bound to the user, at the BFF', () => {
  it('S16 what the BFF calls the API with after a refresh is the same user’s', async () => {
    const world = await startWorld({ bff: (base) => ({ ...base, session: { ...base.session, idle: 0 } }) })
    const { browser, pass } = world
    await browser.login('alice')
    const seen = new Set<string>()
    for (let times = 0; times < 3; times += 1) {
      expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
      seen.add(bearerOf(world))
      expect(decodeJwt(bearerOf(world)).sub).toBe('alice')
      expect((await browser.signedIn()).user.sub).toBe('alice')
      pass(3601)
    }
    expect(seen.size, 'each time another token').toBe(3)
  })

  it('S16 a refresh that is answered with all of another user’s tokens ends the session, and none of them is used', async () => {
    const { at, edges } = swapping()
    const world = await startWorld({ edges })
    const { browser, mosaic: tenant, api } = world
    await browser.login('alice')
    const bob = mosaicClient(tenant)
    const bobs = await bob.signInOffline(visitor(), 'bob', { resource: ORDERS_RESOURCE })
    at.swap = async () => (await bob.refresh(bobs.refresh_token)).body
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    const calls = api.calls.length
    const refresh = await browser.post('/bff/refresh')
    expect([refresh.status, (await problemOf(refresh))['ended_by']]).toEqual([401, 'user_changed'])
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect(await browser.session()).toMatchObject({ authenticated: false })
    expect(api.calls).toHaveLength(calls)
  })
})

describe('S17 tokens are bound to the client, at the BFF', () => {
  it.each([
    [OTHER_CLIENT_ID, false],
    [WEB_CLIENT_ID, true],
  ])('S17 a login that is answered with the tokens of %s: signed in is %s', async (clientId, isIn) => {
    const { at, edges } = swapping()
    const world = await startWorld({ edges })
    const { browser, mosaic: tenant, log } = world
    // Everything else is as it should be: issuer, user, signature, at_hash, and the nonce of this login.
    at.swap = ({ id_token: idToken = '' }) => {
      const { nonce } = decodeJwt(idToken)
      const params = { nonce: String(nonce), resource: ORDERS_RESOURCE }
      return mosaicClient(tenant, clientId).signIn(visitor(), 'alice', params)
    }
    const url = await browser.login('alice')
    expect(url.searchParams.get('login_error')).toBe(isIn ? null : 'id_token_invalid')
    expect((await browser.session()).authenticated).toBe(isIn)
    expect(log.some(({ event }) => event === 'login_failed')).toBe(!isIn)
  })
})

describe('S18 access needs a valid access token, though nothing else is wrong', () => {
  /** Puts another access token in the place of the one in alice's session, as nobody could who has not the secret and the cookie. */
  const replace = async ({ store, browser }: World, change: (token: string) => string) => {
    const cookie = browser.cookie('session') ?? ''
    const key = createHash('sha256').update(cookie).digest('base64url')
    const found = await store.get(key)
    if (found?.state !== 'live') throw new Error('there is no session')
    const { record } = found
    const { seal, open } = createSealing([SECRET], systemEdges)
    const purpose = { purpose: 'session', place: key, with: cookie }
    const content = JSON.parse((await open(record.sealed, purpose)) ?? '') as SessionContent
    const access = { ...content.access, value: change(content.access.value) }
    const sealed = await seal(JSON.stringify({ ...content, access }), purpose)
    expect(await store.replace({ ...record, sealed }, record.version)).toBe(true)
  }

  it.each([
    ['removed', () => ''],
    [
      'changed',
      (token: string) => token.replace(/.{8}$/, (end) => (end === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA')),
    ],
  ])('S18 it alone is %s: the API refuses the call, and both sessions live', async (_, change) => {
    const world = await startWorld({
      bff: (base) => ({
        ...base,
        idp: { ...base.idp, scope: 'openid', authorizationParams: { resource: ORDERS_RESOURCE } },
      }),
    })
    const { browser, mosaic: tenant, api } = world
    const keys = createRemoteJWKSet(new URL('/cis/oidc/jwks', tenant.local))
    const checks = { issuer: tenant.issuer, audience: ORDERS_RESOURCE }
    // An API as it has to be.
    api.answer = ({ headers }, response) => {
      const token = headers.authorization?.replace(/^Bearer ?/, '') ?? ''
      jwtVerify(token, keys, checks).then(
        () => response.writeHead(200).end(),
        () => response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end(),
      )
    }
    await browser.login('alice')
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    await replace(world, change)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect((await browser.signedIn()).user.sub, 'the application session lives').toBe('alice')
    expect(tenant.sessions('alice'), 'and the one at the IDP').toHaveLength(1)
    expect(tenant.idp.tokenRequests.map(({ grant_type: grant }) => grant)).toEqual(['authorization_code'])
  })
})
