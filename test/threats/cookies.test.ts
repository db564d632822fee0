/** Cookies that are not ours, come twice, or are too many. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { bytesFor, read, requestText } from './wire.js'
import type { HeaderList, WireAnswer } from './wire.js'
import { startWorld, testWorld } from './world.js'
import type { World } from './world.js'

let world: World
let alice: Visitor
beforeAll(async () => {
  world = await startWorld()
  alice = await world.signedIn()
})
afterAll(() => world.close())

const NAME = cookieNames.session

/** Asks for the session with exactly these `Cookie` headers. */
async function ask(path: string, ...cookies: string[]): Promise<WireAnswer> {
  const headers: HeaderList = [
    ...cookies.map((cookie) => ['Cookie', cookie] as const),
    ...Object.entries(BY_PAGE),
    ['X-CSRF-Token', '1'],
  ]
  return read(await bytesFor(world.port, requestText(world.origin.slice(7), path, { headers })))
}

it('T14 names without the prefix are not read, whatever domain and path they were set for', async () => {
  const id = alice.cookie('session')
  for (const name of [
    'session',
    'sid',
    '__Secure-session',
    '__Host-session',
    '__Http-session',
    'Http-session',
  ])
    expect((await ask('/bff/session', `${name}=${id}`)).json()).toEqual({ authenticated: false })
  expect((await ask('/bff/session', `session=x; ${NAME}=${id}; __Secure-session=y`)).json()).toMatchObject({
    authenticated: true,
  })
})

it('T15 what only looks like the cookie is not the cookie', async () => {
  const id = alice.cookie('session')
  const other = [
    `=${NAME}=${id}`,
    `${NAME.toUpperCase()}=${id}`,
    `${NAME.toLowerCase()}=${id}`,
    `"${NAME}"=${id}`,
    `$Version=1, ${NAME}=${id}`,
    `a=1, ${NAME}=${id}`,
    `\v${NAME}=${id}`,
    `\xa0${NAME}=${id}`,
    `${NAME}\x85=${id}`,
    `${NAME}%3D${id}`,
    `${NAME}="${id}"`,
    `${NAME}= =${id}`,
    `${NAME}=${id}, b=2`,
    `${NAME}=${id}%20`,
  ]
  for (const cookie of other) {
    const answer = await ask('/bff/session', cookie)
    // Some of it is no header at all, which the parser says itself.
    if (answer.status !== 400) expect(answer.json()).toEqual({ authenticated: false })
  }
  expect((await ask('/bff/session', `\t ${NAME} = ${id} \t`)).json()).toMatchObject({ authenticated: true })
})

it('T16 two of one name are both refused, in either order and over several headers', async () => {
  const mallory = await world.signedIn()
  const [ours, theirs] = [alice.cookie('session'), mallory.cookie('session')]
  const before = world.api.received.length
  for (const cookies of [
    [`${NAME}=${ours}; ${NAME}=${theirs}`],
    [`${NAME}=${theirs}; ${NAME}=${ours}`],
    [`${NAME}=${ours}`, `${NAME}=${theirs}`],
    [`${NAME}=${theirs}; a=1`, 'b=2', `${NAME}=${ours}`],
    [`${NAME}=${ours}; ${NAME}=${ours}`],
    [`${NAME}=; ${NAME}=${ours}`],
  ])
    for (const path of ['/bff/session', '/bff/api/orders/1', '/bff/events']) {
      const answer = await ask(path, ...cookies)
      expect([answer.status, answer.json()['code']]).toEqual([400, 'cookie_conflict'])
      const cleared = answer.all('set-cookie')
      expect(cleared).toContain(`${NAME}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`)
      expect(cleared.every((cookie) => cookie.startsWith(`${NAME}=;`))).toBe(true)
      expect(cleared.some((cookie) => cookie.includes(`Path=${path.slice(0, path.lastIndexOf('/'))}`))).toBe(
        true,
      )
    }
  for (const name of ['login', 'csrf', 'hint'] as const)
    expect((await ask('/bff/session', `${cookieNames[name]}=1; ${cookieNames[name]}=2`)).status).toBe(400)
  expect(world.api.received.length).toBe(before)
  // One cookie over several headers is what HTTP/2 makes of it.
  expect((await ask('/bff/session', 'a=1', `${NAME}=${ours}`, 'b=2')).json()).toMatchObject({
    authenticated: true,
  })
})

it('T17 a full jar costs a request, and no more; forty logins begun at once leave one small cookie', async () => {
  const crowd = Array.from({ length: 200 }, (_, i) => `tossed-${i}=${'x'.repeat(20)}`).join('; ')
  expect((await ask('/bff/session', crowd, `${NAME}=${alice.cookie('session')}`)).json()).toMatchObject({
    authenticated: true,
  })
  const larger = Array.from({ length: 200 }, (_, i) => `tossed-${i}=${'x'.repeat(400)}`).join('; ')
  expect((await ask('/bff/session', larger)).status).toBe(431)

  const bob = world.visitor()
  for (let i = 0; i < 40; i++) await bob.beginLogin(`?return_to=/${'a'.repeat(400)}/${i}`)
  expect([...bob.jar.keys()]).toEqual([cookieNames.login])
  expect(`${cookieNames.login}=${bob.cookie('login')}`.length).toBeLessThanOrEqual(4096)
  await bob.signIn()
  expect(await bob.session()).toMatchObject({ authenticated: true })
})

it('T17 a jar that a sibling has filled until requests are too long is emptied of its cookies, and of no others', async () => {
  const ours = { [NAME]: 'ours', '__Host-csrf': 'ours', theme: 'of this host' }
  const jar = new Map<string, { value: string; domain: string | null; path: string }>()
  for (const [name, value] of Object.entries(ours)) jar.set(`${name}||/`, { value, domain: null, path: '/' })
  for (let i = 0; i < 150; i++) {
    const [path, domain] = [i % 3 === 0 ? '/' : i % 3 === 1 ? '/bff' : '/bff/session', 'example.test']
    jar.set(`tossed-${i}|${domain}|${path}`, { value: 'x'.repeat(400), domain, path })
  }
  const request = (): string =>
    `GET /bff/session HTTP/1.1\r\nHost: app.example.test:8443\r\nConnection: close\r\nCookie: ${[...jar].map(([key, { value }]) => `${key.split('|')[0]}=${value}`).join('; ')}\r\n\r\n`
  let asked = 0
  for (; request().length > 16_000 && asked < 20; asked++) {
    const answer = read(await bytesFor(world.port, request()))
    expect([answer.status, answer.header('connection'), answer.header('cache-control')]).toEqual([
      431,
      'close',
      'no-store',
    ])
    for (const line of answer.all('set-cookie')) {
      const [, name, path, domain] = /^([^=]+)=; Max-Age=0; Path=([^;]+); Domain=([^;]+)$/.exec(line) ?? []
      expect(domain).toMatch(/^(?:app\.)?example\.test$/)
      jar.delete(`${name}|${domain}|${path}`)
    }
  }
  // The user reloads a few times, and is through.
  expect(asked).toBeLessThan(20)
  expect(asked).toBeGreaterThan(0)
  expect(read(await bytesFor(world.port, request())).status).not.toBe(431)
  for (const name of Object.keys(ours)) expect(jar.has(`${name}||/`)).toBe(true)

  // A link that is too long takes nothing away, nor does a header of somebody's own.
  const cookies = [...Array(20).keys()].map((i) => `a${i}=${'x'.repeat(100)}`).join('; ')
  for (const text of [
    `GET /bff/session?${'x'.repeat(17_000)} HTTP/1.1\r\nHost: app.example.test\r\nCookie: ${cookies}\r\n\r\n`,
    `GET /bff/session HTTP/1.1\r\nHost: app.example.test\r\nCookie: ${cookies}\r\nX-A: ${'x'.repeat(17_000)}\r\n\r\n`,
    `GET /bff/session HTTP/1.1\r\nHost: evil.test;\r\nCookie: ${cookies}; b=${'x'.repeat(17_000)}\r\n\r\n`,
  ])
    expect(read(await bytesFor(world.port, text)).all('set-cookie')).toEqual([])
})

it('T18 no cookie grows with what the provider tells, or with what is to be returned to', async () => {
  const large = await testWorld({ traits: { claimsSize: 20_000 } })
  const carol = await large.signedIn()
  expect(carol.cookie('session')).toHaveLength(alice.cookie('session').length)
  expect(await carol.session()).toMatchObject({ authenticated: true })
  for (const length of [2000, 2047])
    for (let i = 0; i < 5; i++) {
      const answer = await carol.visit(`/bff/login?return_to=/${'x'.repeat(length)}`)
      for (const cookie of answer.all('set-cookie'))
        expect(cookie.split(';')[0]!.length).toBeLessThanOrEqual(4096)
    }
  await carol.signIn(`?return_to=/${'x'.repeat(2047)}`)
  expect(await carol.session()).toMatchObject({ authenticated: true })
})

it('T19 a head that is too large: 431, closed, and the next one is answered', async () => {
  for (const cookie of [`a=${'x'.repeat(65_536)}`, `${NAME}=${'y'.repeat(20_000)}`]) {
    const answer = await ask('/bff/session', cookie)
    expect([answer.status, answer.header('connection')]).toEqual([431, 'close'])
  }
  expect((await ask('/bff/session', `${NAME}=${'y'.repeat(8000)}`)).json()).toEqual({ authenticated: false })
  expect(await alice.session()).toMatchObject({ authenticated: true })
})
