/** What the provider answers: tokens that are forged, of somebody else, or odd; keys and metadata that are not its own. */
import { expect, it } from 'vitest'
import { UnsecuredJWT } from 'jose'
import type { IdTokenFlaw } from '../support/misbehaving-provider.js'
import { eventually } from './wire.js'
import { testWorld } from './world.js'
import type { World } from './world.js'

const FLAWS: readonly IdTokenFlaw[] = [
  ...([
    'wrong_iss',
    'wrong_aud',
    'many_aud',
    'wrong_azp',
    'expired',
    'no_exp',
    'future_iat',
    'no_iat',
  ] as const),
  ...(['wrong_nonce', 'no_nonce', 'wrong_at_hash', 'no_sub', 'bad_signature', 'unknown_key'] as const),
  ...(['alg_none', 'alg_hs256', 'garbage'] as const),
]

it('T33 an ID token with any flaw opens no session', async () => {
  const world = await testWorld()
  for (const flaw of FLAWS) {
    world.idp.traits.idTokenFlaws = [flaw]
    const alice = world.visitor()
    expect((await alice.signIn()).header('location')).toMatch(/^\/app\?login_error=\w+$/)
    expect([flaw, await alice.session()]).toEqual([flaw, { authenticated: false }])
  }
})

/** Signs in with an ID token of the test's making: `make` gets its claims. Where the login led. */
async function withIdToken(
  world: World,
  make: (claims: Record<string, unknown>) => Promise<string> | string,
): Promise<string | null> {
  const alice = world.visitor()
  const address = await alice.beginLogin()
  const now = Math.floor(Date.now() / 1000)
  const nonce = address.searchParams.get('nonce')
  const claims = { iss: world.idp.issuer, aud: 'odd', sub: 'alice', nonce, iat: now, exp: now + 300 }
  const body = { access_token: 'x', token_type: 'Bearer', expires_in: 60, id_token: await make(claims) }
  world.idp.traits.answers = {
    token: { status: 200, body: JSON.stringify(body), contentType: 'application/json' },
  }
  const answer = await alice.comeBack(await alice.authorize(address))
  world.idp.traits.answers = {}
  return answer.header('location')
}

it('T33 no address or key that a token names is used, and nothing unknown in its head is passed over', async () => {
  const asked: string[] = []
  const world = await testWorld({
    edges: {
      fetch: (input, init) => {
        asked.push(input instanceof Request ? input.url : String(input))
        return fetch(input, init)
      },
    },
  })
  const sign = world.idp.logoutToken
  const plain = (claims: Record<string, unknown>): Record<string, unknown> => ({
    ...claims,
    events: undefined,
  })
  // The way of making them is right: this one passes.
  expect(await withIdToken(world, (claims) => sign(plain(claims), { typ: 'JWT' }))).toBe('/app')

  const evil = 'https://keys.evil.example/jwks'
  const header = (head: object, claims: object): string =>
    [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const zeros = Buffer.alloc(64).toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) }
  const forged: ((claims: Record<string, unknown>) => Promise<string> | string)[] = [
    (claims) => `${header({ alg: 'ES256', kid: 'key-1' }, claims)}.${zeros}`,
    (claims) => `${header({ alg: 'ES256', kid: '../../../../dev/null' }, claims)}.${zeros}`,
    (claims) => `${header({ alg: 'ES256', jku: evil, kid: 'x' }, claims)}.${zeros}`,
    (claims) => `${header({ alg: 'ES256', x5u: evil, kid: 'x' }, claims)}.${zeros}`,
    (claims) => `${header({ alg: 'ES256', jwk }, claims)}.${zeros}`,
    (claims) => `${header({ alg: 'none' }, claims)}.`,
    (claims) => `${header({ alg: 'None' }, claims)}.`,
    (claims) => `${header({ alg: ['ES256'] }, claims)}.${zeros}`,
    (claims) => new UnsecuredJWT(claims).encode(),
    async (claims) =>
      (await sign(plain(claims))).replace(/^[^.]+/, header({ alg: 'HS256' }, {}).split('.')[0] ?? ''),
    (claims) => `${header({ alg: 'ES256', crit: ['exp'], kid: 'key-1' }, claims)}.${zeros}`,
    (claims) => `${header({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }, claims)}.x.y.z`,
    () => 'x.y.z',
    () => '',
    () => 'x'.repeat(100_000),
  ]
  for (const make of forged) expect(await withIdToken(world, make)).toMatch(/^\/app\?login_error=\w+$/)
  expect(asked.filter((address) => !address.startsWith(world.idp.issuer))).toEqual([])
})

it('T34 claims about another user open no session', async () => {
  const world = await testWorld({ traits: { user: { sub: 'alice' } } })
  const json = (value: object) => ({
    status: 200,
    body: JSON.stringify(value),
    contentType: 'application/json',
  })
  world.idp.traits.answers = { userinfo: json({ sub: 'alice', name: 'Alice' }) }
  const alice = await world.signedIn()
  expect(await alice.session()).toMatchObject({ session: { user: { sub: 'alice', name: 'Alice' } } })
  for (const other of [{ sub: 'bob', name: 'Bob' }, { name: 'Bob' }, { sub: ['alice'] }]) {
    world.idp.traits.answers = { userinfo: json(other) }
    const bob = world.visitor()
    const answer = await bob.signIn()
    const { session } = (await bob.session()) as { session?: { user: Record<string, unknown> } }
    if (session === undefined) expect(answer.header('location')).toMatch(/login_error=id_token_invalid$/)
    else expect(session.user['name']).toBeUndefined()
  }
})

it('T35 a refresh that answers with another user ends the session, and what came is revoked', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  world.idp.traits.refreshSub = 'bob'
  world.clock.advance(301)
  const answer = await alice.call('/bff/api/orders/1')
  expect(answer.json()).toMatchObject({ code: 'login_required', ended_by: 'user_changed' })
  expect(world.api.received).toHaveLength(0)
  expect(await eventually(() => world.idp.count('revocation') > 0)).toBe(true)
  expect(await alice.session()).toMatchObject({ authenticated: false, last: { ended_by: 'user_changed' } })
})

it('T42 metadata of another issuer, or with an endpoint anybody may read, is not used', async () => {
  const poisoned: Record<string, unknown>[] = [
    { issuer: 'https://evil.example' },
    { issuer: undefined },
    { token_endpoint: 'http://169.254.169.254/latest/meta-data' },
    { token_endpoint: 'http://evil.example/token' },
    { jwks_uri: 'http://10.0.0.1/jwks' },
    { authorization_endpoint: 'javascript:alert(1)' },
    { end_session_endpoint: 'ftp://evil.example/' },
    { userinfo_endpoint: 'file:///etc/passwd' },
    { revocation_endpoint: 'http://[fe80::1]/' },
    { token_endpoint: undefined },
  ]
  for (const metadata of poisoned) {
    const world = await testWorld({ traits: { metadata } })
    const answer = await world.visitor().visit('/bff/login?return_to=/app')
    expect(answer.header('location')).toBe('/app?login_error=idp_unavailable')
    expect(answer.all('set-cookie').join()).not.toContain('session=')
  }
})

it('T43 two hundred unknown keys: the keys are fetched once more, and not again', async () => {
  const world = await testWorld()
  await world.signedIn()
  const before = world.idp.count('jwks')
  const post = async (kid: string) =>
    world.visitor().send('/bff/backchannel-logout', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `logout_token=${await world.idp.logoutToken({ sub: 'alice' }, { kid })}`,
    })
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => post(`unknown-${i}`)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]))
  expect(world.idp.count('jwks') - before).toBeLessThanOrEqual(1)
  expect((await post('key-1')).status).toBe(200)
})

it('T44 a clock that is wrong by a minute signs in, by more it does not; access lasts as long as it was said to', async () => {
  const world = await testWorld()
  world.clock.advance(-50)
  expect((await world.visitor().signIn()).header('location')).toBe('/app')
  world.clock.advance(-30)
  expect((await world.visitor().signIn()).header('location')).toBe('/app?login_error=id_token_invalid')
  world.clock.advance(80 + 55)
  const alice = await world.signedIn()
  const { session, now } = (await alice.session()) as {
    session: { access: { expires_at: number } }
    now: number
  }
  expect(Math.abs(session.access.expires_at - now - 300_000)).toBeLessThan(5000)
})

it.each([undefined, 0, -5, 'soon', 1e12, null, 0.5])(
  'T45 expires_in %s: the session works, and asks for new tokens once at most',
  async (expiresIn) => {
    const world = await testWorld({ traits: { expiresIn } })
    const alice = await world.signedIn()
    const answers = await Promise.all([1, 2, 3].map((id) => alice.call(`/bff/api/orders/${id}`)))
    for (const { status } of answers) expect([200, 503]).toContain(status)
    const refreshes = world.idp.tokenCalls.filter(({ grant_type }) => grant_type === 'refresh_token')
    expect(refreshes.length).toBeLessThanOrEqual(3)
    expect(await alice.session()).toMatchObject({ authenticated: true })
  },
)
