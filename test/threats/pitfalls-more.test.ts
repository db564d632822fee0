/** Mistakes that software of this kind is known for, continued. */
import { expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { BY_PAGE } from './visitor.js'
import { testWorld } from './world.js'

it('P9 no cookie says where to go: tossed ones lead nowhere', async () => {
  const world = await testWorld()
  const victim = world.visitor()
  for (const name of ['continue', 'return_to', 'returnTo', '__Host-return-to', 'redirect'])
    victim.jar.set(name, 'https://evil.example/')
  expect((await victim.signIn()).header('location')).toBe('/app')
  // The login cookie is sealed: one that says so is not read, and one of another browser is only that browser's.
  const made = Buffer.from('[[["x","y","https://evil.example/",9999999999999,null,null,null]],[]]')
  victim.jar.set(cookieNames.login, `1.${made.toString('base64url')}`)
  const answer = await victim.comeBack('/bff/callback?state=x&code=y')
  expect(answer.header('location')).toMatch(/^\/(?:\?login_error=stale_callback)?$/)
})

it('P10 a refusal tells nothing of what would have been right', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const { session } = (await alice.session()) as { session: { ref: string } }
  const right = alice.cookie('csrf').split('.')[1] ?? ''
  const refusals = [
    await alice.call('/bff/logout', { method: 'POST', headers: { 'X-CSRF-Token': `${session.ref}.wrong` } }),
    await alice.call('/bff/logout?sid=wrong', { method: 'POST', headers: { 'X-CSRF-Token': 'wrong' } }),
    await alice.visit('/bff/callback?state=wrong&code=x', BY_PAGE),
    await world.tellLogout({ sid: 'sid-1', aud: 'wrong' }),
    await alice.visit(`/bff/frontchannel-logout?iss=${encodeURIComponent(world.idp.issuer)}&sid=a&sid=b`),
  ]
  for (const answer of refusals) {
    expect(answer.status).toBeGreaterThanOrEqual(400)
    for (const secret of [right, 'sid-1', session.ref, 'odd', world.idp.issuer])
      expect([secret, answer.body.includes(secret)]).toEqual([secret, false])
  }
})

it('P11 a logout token with sid ends that one session; with sub alone it ends all of the user, and nobody else’s', async () => {
  const world = await testWorld()
  const sign = async (sub: string, sid: string) => {
    Object.assign(world.idp.traits, { user: { sub, name: sub }, sid })
    return world.signedIn()
  }
  const [one, two, three] = [await sign('alice', 's1'), await sign('alice', 's2'), await sign('alice', 's3')]
  const bob = await sign('bob', 's4')
  const live = async (): Promise<unknown[]> =>
    Promise.all([one, two, three, bob].map(async (who) => (await who.session())['authenticated']))
  expect((await world.tellLogout({ sid: 's1' })).status).toBe(200)
  expect(await live()).toEqual([false, true, true, true])
  expect((await world.tellLogout({ sub: 'alice', sid: 's2' })).status).toBe(200)
  expect(await live()).toEqual([false, false, true, true])
  // Both members must fit.
  expect((await world.tellLogout({ sub: 'bob', sid: 's3' })).status).toBe(200)
  expect(await live()).toEqual([false, false, true, true])
  expect((await world.tellLogout({ sub: 'alice' })).status).toBe(200)
  expect(await live()).toEqual([false, false, false, true])
})

it('P12 the token is new with every session, no cookie has a domain, and what is sent to the provider is encoded', async () => {
  const world = await testWorld({
    bff: (base) => ({ ...base, idp: { ...base.idp, clientSecret: 'a&b=c:d%e/f+g é' } }),
    traits: { clientSecret: 'a&b=c:d%e/f+g é' },
  })
  const alice = await world.signedIn()
  const first = alice.cookie('csrf')
  await alice.signIn()
  expect(alice.cookie('csrf')).not.toBe(first)
  expect(world.idp.tokenCalls.map(({ status }) => status)).toEqual([200, 200])
  const old = await alice.call('/bff/refresh', { method: 'POST', headers: { 'X-CSRF-Token': first } })
  expect(old.json()).toMatchObject({ code: 'session_conflict' })
  const login = await alice.visit('/bff/login?login_hint=a%26redirect_uri%3Dhttps://evil.example')
  const { searchParams } = new URL(login.header('location') ?? '')
  expect(searchParams.getAll('redirect_uri')).toEqual([`${world.origin}/bff/callback`])
  expect(searchParams.get('login_hint')).toBe('a&redirect_uri=https://evil.example')
  const again = world.visitor()
  const answers = [await again.visit('/bff/login'), await again.signIn()]
  const cookies = answers.flatMap((answer) => answer.all('set-cookie'))
  expect(cookies.length).toBeGreaterThan(3)
  for (const cookie of cookies) expect(cookie).not.toMatch(/domain/i)
  for (const answer of answers) {
    const names = answer.all('set-cookie').map((cookie) => cookie.split('=')[0])
    expect(new Set(names).size).toBe(names.length)
  }
})

it('P13 there is no door for tokens, unless it was asked for; then nothing may keep what it says', async () => {
  const closed = await testWorld()
  const alice = await closed.signedIn()
  for (const path of ['/bff/token', '/bff/access-token', '/bff/me', '/bff/userinfo', '/bff/api/token'])
    expect((await alice.call(path)).status).toBe(404)
  const open = await testWorld({ bff: (base) => ({ ...base, mediateTokens: true }) })
  const bob = await open.signedIn()
  for (let i = 0; i < 2; i++) {
    const answer = await bob.call('/bff/token')
    expect([answer.status, answer.header('cache-control')]).toEqual([200, 'no-store'])
    expect(Object.keys(answer.json()).toSorted()).toEqual(['access_token', 'expires_at'])
    expect(answer.bytes).not.toContain('refresh-')
  }
  expect((await bob.send('/bff/token', { headers: BY_PAGE })).status).toBe(403)
})

it('P14 a cookie that never expires in the browser opens nothing after its end at the server', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, session: { idle: 0, absolute: 600 } }) })
  const alice = await world.signedIn()
  const answer = await world.visitor().signIn()
  const cookie = answer.all('set-cookie').find((one) => one.startsWith(cookieNames.session)) ?? ''
  expect(cookie).not.toMatch(/expires|max-age/i)
  world.clock.advance(599)
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
  world.clock.advance(2)
  expect((await alice.call('/bff/api/orders/1')).json()).toMatchObject({ ended_by: 'app_session_over' })
  // A login cookie is sealed, too: what is in it is over after ten minutes, whatever the browser keeps.
  const bob = world.visitor()
  const callback = await bob.authorize(await bob.beginLogin())
  world.clock.advance(601)
  expect((await bob.comeBack(callback)).header('location')).toBe('/?login_error=stale_callback')
})

it('P15 the guard does not depend on the route: unknown upstreams and doors are refused the same way', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const shapes = new Set<string>()
  for (const path of [
    '/bff/api/orders/1',
    '/bff/api/unknown/1',
    '/bff/api/',
    '/bff/api/orders',
    '/bff/api//',
  ])
    for (const headers of [{}, { Origin: 'https://attacker.test' }, { 'Sec-Fetch-Site': 'same-site' }])
      for (const method of ['GET', 'POST', 'OPTIONS', 'PROPFIND']) {
        const answer = await alice.send(path, { method, headers })
        shapes.add(`${answer.status} ${String(answer.json()['code'])}`)
      }
  expect([...shapes]).toEqual(['403 csrf_failed'])
  expect(world.api.received).toHaveLength(0)
})
