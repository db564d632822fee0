/** An IDP that changes under way, as every real one does: its keys, and where its endpoints are. The provider is the real one, started anew on what it has stored. */
import { generateKeyPair, SignJWT } from 'jose'
import type { Configuration } from 'oidc-provider'
import { expect, it, onTestFinished } from 'vitest'
import { createKeys } from '../../demo/idp/index.js'
import type { IdpKeys } from '../../demo/idp/index.js'
import { ORIGIN, startBench } from '../bff/bench.js'
import { BFF_CLIENT_ID, startTestIdp } from '../support/idp.js'
import type { Idp } from '../support/idp.js'

/** A BFF before a provider that can be started anew: with everything it has stored, and as it is then configured. */
async function start() {
  let stored: Configuration = {}
  const bench = await startBench({
    idp: { backchannelLogout: true, configure: (given) => (stored = given) },
  })
  const { browser, idp: first } = bench
  let current: Idp = first
  const restart = async (keys: IdpKeys, more: Configuration = {}): Promise<Idp> => {
    await current.close()
    const { cookies } = stored
    current = await startTestIdp({
      port: first.port,
      configure: () => ({ ...stored, ...(cookies && { cookies }), jwks: keys.jwks, ...more }),
    })
    const { close } = current
    onTestFinished(() => close().catch(() => {}))
    return current
  }
  const refresh = (): Promise<Response> => browser.post('/bff/refresh')
  const { privateKey } = await generateKeyPair('RS256')
  const tellLogout = async (kid: string): Promise<Response> => {
    const token = await new SignJWT({
      sub: 'alice',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'logout+jwt' })
      .setIssuer(first.issuer)
      .setAudience(BFF_CLIENT_ID)
      .setJti(crypto.randomUUID())
      .setIssuedAt(Math.floor(bench.clock.now() / 1000))
      .setExpirationTime(Math.floor(bench.clock.now() / 1000) + 120)
      .sign(privateKey)
    return bench.bff.fetch(
      new Request(`${ORIGIN}/bff/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      }),
    )
  }
  return { ...bench, restart, refresh, tellLogout }
}

it('rotates its keys: refreshes and logins go on at once, with one fetch of the new ones, and forged names of keys cost no more', async () => {
  const { browser, newBrowser, restart, refresh, tellLogout, clock } = await start()
  await browser.login('alice')
  expect((await refresh()).status).toBe(200)

  const idp = await restart(await createKeys())
  // The connection of before may be cut under the first one.
  await expect.poll(async () => (await refresh()).status).toBe(200)
  expect(idp.count('jwks')).toBe(1)
  expect((await newBrowser().login('bob')).pathname).toBe('/app')
  expect(idp.count('jwks')).toBe(1)

  const forged = await Promise.all(Array.from({ length: 40 }, (_, i) => tellLogout(`forged-${i}`)))
  expect(new Set(forged.map(({ status }) => status))).toEqual(new Set([400]))
  expect(idp.count('jwks')).toBe(1)
  clock.advance(31)
  await Promise.all(Array.from({ length: 40 }, (_, i) => tellLogout(`forged-${i}`)))
  expect(idp.count('jwks')).toBe(2)

  // Again, while the last fetch was a moment ago: nobody is refused for it longer than that.
  const next = await restart(await createKeys())
  clock.advance(31)
  expect((await newBrowser().login('bob')).pathname).toBe('/app')
  expect(next.count('jwks')).toBe(1)
  expect((await browser.signedIn()).user.sub).toBe('alice')
})

it('keeps its keys out of reach for a while: what is known goes on, and what is withdrawn is forgotten once they can be had', async () => {
  const { browser, newBrowser, idp, clock, tellLogout } = await start()
  await browser.login('alice')
  idp.faults.set('jwks', { kind: 'status', status: 503 })
  clock.advance(11 * 60)
  const asked = idp.count('jwks')
  expect((await newBrowser().login('bob')).pathname).toBe('/app')
  expect((await newBrowser().login('bob')).pathname).toBe('/app')
  expect(idp.count('jwks')).toBe(asked + 1)
  // A key that is not known is no forgery for as long as nobody can say: the IDP is to tell again.
  expect((await tellLogout('new')).status).toBe(503)
  idp.faults.clear()
  clock.advance(31)
  expect((await tellLogout('new')).status).toBe(400)
})

it('moves its token endpoint: one refresh finds it gone, the next is at the new one, and nobody is signed out', async () => {
  const keys = await createKeys()
  const { browser, restart, refresh, clock } = await start()
  await browser.login('alice')
  clock.advance(60)
  const idp = await restart(keys, { routes: { token: '/oauth/v2/token' } })
  expect((await refresh()).status).toBe(503)
  await expect.poll(async () => (await refresh()).status).toBe(200)
  expect(idp.requests.some(({ url, status }) => url === '/oauth/v2/token' && status === 200)).toBe(true)
  expect((await browser.signedIn()).idp.status).toBe('active')
})

it('moves its authorization endpoint: within an hour logins go there; an IDP that is away then is sent to as it was known', async () => {
  const keys = await createKeys()
  const { restart, bff, clock } = await start()
  const login = async (): Promise<string> => {
    const answer = await bff.fetch(new Request(`${ORIGIN}/bff/login`, { headers: { accept: 'text/html' } }))
    return new URL(answer.headers.get('location') ?? '', ORIGIN).pathname
  }
  expect(await login()).toBe('/auth')
  const idp = await restart(keys, { routes: { authorization: '/oauth/v2/authorize' } })
  idp.faults.set('discovery', { kind: 'cut' })
  clock.advance(3601)
  await expect
    .poll(async () => {
      clock.advance(31)
      expect(await login()).toBe('/auth')
      return idp.count('discovery')
    })
    .toBeGreaterThan(0)
  // One more may be on its way by the clock that was put forward last, and none for each login.
  const asked = idp.count('discovery')
  for (let i = 0; i < 5; i++) expect(await login()).toBe('/auth')
  expect(idp.count('discovery')).toBeLessThanOrEqual(asked + 1)
  idp.faults.clear()
  clock.advance(31)
  await expect.poll(login).toBe('/oauth/v2/authorize')
})
