/** Proxies that are none, plain http, secrets that rotate, routes without guards, and inputs that take long. */
import { performance } from 'node:perf_hooks'
import { expect, it } from 'vitest'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { BY_PAGE, BY_USER } from './visitor.js'
import { bytesFor, read } from './wire.js'
import { SECRET, testWorld } from './world.js'

it('T106 secrets rotate without signing anybody out, while the old one is there; after that nobody is let in', async () => {
  const store = memoryStore()
  const world = await testWorld({ bff: (base) => ({ ...base, store }) })
  const alice = await world.signedIn()
  const next = 'test-secret-that-comes-next-0123456789'
  const both = await world.another({ secrets: [next, SECRET] })
  const newest = await world.another({ secrets: [next] })
  expect((await alice.at(both).call('/bff/api/orders/1')).status).toBe(200)
  expect(await alice.at(both).call('/bff/refresh', { method: 'POST' })).toMatchObject({ status: 200 })
  // Who signed in with the new one stays signed in when the old one goes.
  const bob = world.visitor()
  const there = bob.at(both)
  await there.signIn()
  expect(await bob.at(newest).session()).toMatchObject({ authenticated: true })
  // A login that was begun with the old one ends with the new one.
  const carol = world.visitor()
  const callback = await carol.authorize(await carol.beginLogin())
  expect((await carol.at(both).comeBack(callback)).header('location')).toBe('/app')
  const dave = (await world.signedIn()).at(newest)
  const asked = await dave.call('/bff/session', { headers: { 'X-CSRF-Token': '1' } })
  expect(asked.json()).toEqual({ authenticated: false })
  expect([...dave.jar.keys()]).not.toContain('__Host-csrf')
  await dave.signIn()
  expect(await dave.session()).toMatchObject({ authenticated: true })
  expect(world.api.received).toHaveLength(1)
})

it('T108 nothing is taken from the headers of proxies but the scheme, and that only from those that are trusted', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const spoofed = {
    ...{ 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Port': '666' },
    ...{ Forwarded: 'for=203.0.113.9;host=evil.example;proto=https', 'X-Real-IP': '203.0.113.9' },
  }
  expect((await alice.call('/bff/api/orders/1', { headers: spoofed })).status).toBe(200)
  expect(world.api.header('x-forwarded-for')).toEqual(['127.0.0.1'])
  expect(world.api.header('x-forwarded-proto')).toEqual(['http'])
  const login = await world.visitor().visit('/bff/login', { ...spoofed, 'X-Forwarded-Proto': 'http' })
  expect(new URL(login.header('location') ?? '').searchParams.get('redirect_uri')).toBe(
    `${world.origin}/bff/callback`,
  )
  expect((await alice.call('/bff/api/orders/1', { headers: { 'X-Forwarded-Proto': 'https' } })).status).toBe(
    400,
  )
  for (const first of ['PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n', '\r\n\r\n\x00\r\nQUIT\n!\x11\x00\x0c'])
    expect(read(await bytesFor(world.port, `${first}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`)).status).toBe(
      400,
    )

  const nobody = await world.another({ trustedProxies: [] })
  const somebody = await world.another({ trustedProxies: ['127.0.0.0/8'] })
  const asked = { headers: { ...spoofed, 'X-Forwarded-Proto': 'https' } }
  expect((await alice.at(nobody).call('/bff/api/orders/1', asked)).status).toBe(200)
  expect(world.api.header('x-forwarded-for')).toEqual(['127.0.0.1'])
  expect((await alice.at(somebody).call('/bff/api/orders/1', asked)).status).toBe(400)
  expect((await alice.at(somebody).call('/bff/api/orders/1', { headers: spoofed })).status).toBe(200)
  expect(world.api.header('x-forwarded-for')).toEqual(['203.0.113.9'])
})

it('T109 over plain http no cookie is set: visits are sent to the origin, everything else is refused', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, origin: 'https://app.example.com' }) })
  const stranger = world.visitor()
  const host = { Host: 'app.example.com' }
  for (const path of ['/bff/login?return_to=/a', '/bff/callback?code=x&state=y']) {
    const answer = await stranger.visit(path, host)
    expect([answer.status, answer.all('set-cookie')]).toEqual([303, []])
    expect(answer.header('location')).toMatch(/^https:\/\/app\.example\.com\/bff\/(?:login|callback)\?/)
  }
  for (const [method, path] of [
    ['GET', '/bff/session'],
    ['POST', '/bff/logout'],
    ['POST', '/bff/refresh'],
    ['GET', '/bff/events'],
    ['GET', '/bff/api/orders/1'],
    ['POST', '/bff/callback'],
    ['POST', '/bff/session'],
  ] as const) {
    const answer = await stranger.send(path, {
      method,
      headers: { ...host, ...BY_PAGE, 'X-CSRF-Token': '1' },
    })
    expect([path, answer.status, answer.all('set-cookie')]).toEqual([path, 400, []])
  }
  const over = await stranger.visit('/bff/login', { ...host, 'X-Forwarded-Proto': 'https' })
  expect(over.all('set-cookie')).toHaveLength(1)
})

const DOORS = [
  'session',
  'logout',
  'refresh',
  'events',
  'token',
  'api/orders/1',
  'api/unknown/1',
  'unknown',
  '',
]
const METHODS = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  ...['PROPFIND', 'QUERY', 'TRACE', 'PURGE'],
]

it('T112 no route is reached around its guards: every door, spelling and method, without header, from elsewhere, without session', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, mediateTokens: true }) })
  const alice = await world.signedIn()
  // As they were at the beginning, with every request: an answer that takes cookies away must not make those that follow harmless.
  const [Cookie, token] = [alice.cookies(), { 'X-CSRF-Token': alice.cookie('csrf') }]
  const spellings = (path: string): string[] => [
    ...[path, `${path}/`, `${path}?x=1`, `${path}//`, path.toUpperCase()],
    ...[`./${path}`, `x/../${path}`, `/${path}`],
    ...[path.replace('s', '%73'), `${path}%2f`, `${path};x`, `${path}%00`, `${path}.json`],
  ]
  const ELSEWHERE = { Origin: 'https://attacker.test' }
  const from: Record<string, string>[] = [
    { Cookie },
    { ...token, ...ELSEWHERE, Cookie, 'Sec-Fetch-Site': 'cross-site' },
    { ...token, ...ELSEWHERE, Cookie },
    { ...token, Cookie, 'Sec-Fetch-Site': 'same-site' },
    { ...token, Cookie, Referer: 'https://attacker.test/' },
    { ...token, ...BY_PAGE },
    { ...BY_PAGE, Cookie: '__Host-Http-session=x', 'X-CSRF-Token': '1' },
  ]
  const ended: string[] = []
  for (const door of DOORS)
    for (const [i, path] of [...new Set(spellings(door))].entries())
      await Promise.all(
        // The others are spelt as nobody would: two methods are enough for them.
        (i < 2 ? METHODS : ['GET', 'POST']).flatMap((method) =>
          from.map(async (headers, which) => {
            const { status } = await world.visitor().send(`/bff/${path}`, {
              method,
              headers: { Connection: 'close', ...headers },
            })
            // The truth that there is no session, and a logout of nobody, are no harm.
            const harmless = which >= 5 && ['session', 'logout'].includes(door)
            if (status < 400 && !harmless)
              ended.push(`${method} /bff/${path} ${JSON.stringify(headers)}: ${status}`)
          }),
        ),
      )
  expect(ended).toEqual([])
  expect(world.api.received).toHaveLength(0)
  expect(world.idp.tokenCalls).toHaveLength(1)
  expect(await alice.session()).toMatchObject({ authenticated: true })
})

it('T112 nothing that writes is let in without the token of its session, by a page of the app either; strangers learn nothing', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, mediateTokens: true }) })
  const [alice, other] = [await world.signedIn(), await world.signedIn()]
  const genuine = other.cookie('csrf')
  const [ref = '', mac = ''] = alice.cookie('csrf').split('.')
  const tokens = [null, '', '1', `${ref}.`, `${ref}.${mac.slice(1)}x`, `${ref}.${genuine.split('.')[1]}`]
  const said = new Set<string>()
  const ask = async (path: string, method: string, own: Record<string, string>): Promise<void> => {
    const answer = await world.visitor().send(`/bff/${path}`, { method, headers: { ...BY_PAGE, ...own } })
    said.add(`${path} ${method} ${answer.status} ${String(answer.json()['code'])}`)
  }
  const writing = METHODS.filter((method) => !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method))
  for (const token of tokens)
    for (const [path, methods] of [
      ['logout', ['POST']],
      ['refresh', ['POST']],
      ['api/orders/1', writing],
      ['api/unknown/1', writing],
    ] as const)
      for (const method of methods)
        await ask(path, method, { Cookie: alice.cookies(), ...(token !== null && { 'X-CSRF-Token': token }) })
  expect([...said].filter((one) => !one.endsWith(' 403 csrf_failed'))).toEqual([])

  // The session first, and then which upstreams there are.
  said.clear()
  for (const path of ['api/orders/1', 'api/unknown/1', 'api/'])
    for (const own of [{}, { Cookie: `__Host-Http-session=${'x'.repeat(43)}` }]) await ask(path, 'GET', own)
  expect(new Set([...said].map((one) => one.split(' ').slice(2).join(' ')))).toEqual(
    new Set(['401 login_required', '401 session_unknown']),
  )
  expect(world.api.received).toHaveLength(0)
  expect(await alice.session()).toMatchObject({ authenticated: true })
})

it('T113 inputs made to take long take no longer than others', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const long = (text: string): string => text.repeat(Math.floor(7000 / text.length))
  const begun = performance.now()
  for (const text of [
    'a',
    '/',
    '../',
    '%25',
    ';',
    '=',
    ' ',
    '"',
    '\\',
    ',',
    '(',
    'Version/',
    '__Host-',
    '%2e%2e/',
  ]) {
    const value = long(text)
    await alice.visit(`/bff/login?return_to=/${encodeURIComponent(value).slice(0, 9000)}`)
    await alice.call('/bff/session', { headers: { 'User-Agent': value, Referer: `https://x/${value}` } })
    await alice.call('/bff/session', { headers: { Cookie: value } })
    await alice.call('/bff/session', { headers: { 'X-CSRF-Token': value } })
    await alice.call(`/bff/api/orders/${value.replaceAll(' ', '+')}`)
    await alice.call('/bff/session', { headers: { 'X-Forwarded-Proto': value } })
    await alice.send('/bff/session', { headers: { ...BY_USER, Accept: value } })
  }
  const deep = '['.repeat(60_000)
  await alice.call('/bff/logout', { method: 'POST', body: deep })
  await alice.call('/bff/refresh', { method: 'POST', body: `{"active":${deep}` })
  const nested = Buffer.from(`{"alg":${'['.repeat(20_000)}`).toString('base64url')
  await world.tellLogout(`${nested}.${nested}.x`)
  // A hundred requests of the kind; on a machine as busy as can be.
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(await alice.session()).toMatchObject({ authenticated: true })
})
