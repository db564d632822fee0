/** What an upstream answers, on the app's own origin. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BY_PAGE, BY_USER } from './visitor.js'
import type { Visitor } from './visitor.js'
import type { WireAnswer } from './wire.js'
import { startWorld } from './world.js'
import type { World } from './world.js'

let world: World
let alice: Visitor
beforeAll(async () => {
  world = await startWorld()
  alice = await world.signedIn()
  // The login is forgotten at the first use, which takes its cookie away.
  await alice.session()
})
afterAll(() => world.close())

/** A call that the API answers so. */
function answered(
  headers: Record<string, string | string[]>,
  status = 200,
  body = '{}',
): Promise<WireAnswer> {
  world.api.answer = (_, response) => void response.writeHead(status, headers).end(body)
  return alice.call('/bff/api/orders/1')
}

it('T83 no cookie of an upstream reaches the browser', async () => {
  const answer = await answered({
    'Set-Cookie': [
      '__Host-Http-session=evil; Path=/; Secure; HttpOnly',
      '__Host-csrf=evil; Path=/; Secure',
      'sid=evil; Domain=localhost; Path=/',
      'a=1',
    ],
    'Set-Cookie2': 'b=1',
  })
  expect([answer.status, answer.all('set-cookie'), answer.header('set-cookie2')]).toEqual([200, [], null])
  expect(await alice.session()).toMatchObject({ authenticated: true })
})

it('T84 nothing that rules over the origin, the browser or a proxy in front reaches them', async () => {
  const ruling = {
    'Clear-Site-Data': '"*"',
    'Service-Worker-Allowed': '/',
    'Content-Security-Policy': 'script-src *; frame-ancestors *',
    'Content-Security-Policy-Report-Only': 'default-src *; report-uri https://evil.example',
    'Access-Control-Allow-Origin': 'https://attacker.test',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Private-Network': 'true',
    'Access-Control-Expose-Headers': '*',
    Refresh: '0;url=https://evil.example',
    Link: '<https://evil.example/x.js>; rel=preload',
    'Alt-Svc': 'h3="evil.example:443"',
    'Strict-Transport-Security': 'max-age=0',
    'Public-Key-Pins': 'x',
    'X-Accel-Redirect': '/internal',
    'X-Sendfile': '/etc/passwd',
    'X-LiteSpeed-Location': '/internal',
    'X-Reproxy-URL': 'http://127.0.0.1/evil',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cross-Origin-Opener-Policy': 'unsafe-none',
    'Timing-Allow-Origin': '*',
    NEL: '{}',
    'Report-To': '{}',
    'Reporting-Endpoints': 'x="https://evil.example"',
    'Speculation-Rules': '"https://evil.example"',
    'Sec-Session-Registration': '(ES256);path="x"',
    'Secure-Session-Registration': '(ES256);path="x"',
    'Origin-Trial': 'x',
    'X-Tandem': '1',
    'X-Request-Id': 'theirs',
    'Proxy-Authenticate': 'Basic realm="x"',
    'Surrogate-Control': 'max-age=60',
  }
  const answer = await answered({ ...ruling, 'Content-Type': 'application/json' })
  const kept = answer.headers.filter(([name]) =>
    Object.keys(ruling).some((one) => one.toLowerCase() === name.toLowerCase()),
  )
  expect(kept.map(([name]) => name).toSorted()).toEqual(['cross-origin-resource-policy', 'x-request-id'])
  expect(answer.header('cross-origin-resource-policy')).toBe('same-origin')
  expect(answer.header('x-request-id')).not.toBe('theirs')
  expect(answer.bytes).not.toContain('evil')

  for (const challenge of [
    'Basic realm="x"',
    'Digest realm="x"',
    'Negotiate',
    'Basic a, Bearer error="invalid_token"',
  ]) {
    const refused = await answered({ 'WWW-Authenticate': challenge }, 401)
    expect(refused.header('www-authenticate') ?? '').not.toMatch(/Basic|Digest|Negotiate/)
  }
  for (const status of [407, 101]) expect((await answered({}, status)).status).toBeGreaterThanOrEqual(400)
})

it.each([
  'text/html',
  'text/html; charset=utf-7',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/xml',
  'application/xml',
  'text/javascript',
  'application/json, text/html',
  'application/json; charset=utf-8, text/html',
  'text/plain;, text/html',
  'image/x+xml',
  'text/html\t',
  'multipart/x-mixed-replace; boundary=x',
  'nonsense',
  '',
])('T85 a page of an upstream (%s) is shown in a sandbox', async (type) => {
  const answer = await answered(type === '' ? {} : { 'Content-Type': type }, 200, '<script>alert(1)</script>')
  expect(answer.header('content-security-policy')).toBe("default-src 'none'; sandbox; frame-ancestors 'none'")
  expect(answer.header('x-content-type-options')).toBe('nosniff')
  expect(answer.header('cross-origin-resource-policy')).toBe('same-origin')
})

it('T86 no script of a service worker comes from an upstream', async () => {
  world.api.answer = (_, response) =>
    void response.writeHead(200, { 'Content-Type': 'text/javascript' }).end('')
  const before = world.api.received.length
  const asked: Record<string, string>[] = [
    { 'Service-Worker': 'script' },
    { 'Service-Worker': 'anything' },
    { 'Sec-Fetch-Dest': 'serviceworker' },
    { 'Sec-Fetch-Dest': 'ServiceWorker', 'Sec-Fetch-Mode': 'same-origin' },
  ]
  for (const headers of asked)
    expect((await alice.call('/bff/api/orders/sw.js', { headers })).status).toBe(400)
  expect(world.api.received.length).toBe(before)
  // Nor from a door of the BFF.
  expect(
    (await alice.call('/bff/session', { headers: { 'Service-Worker': 'script' } })).header('content-type'),
  ).toBe('application/json')
})

it('T87 what a user was answered is kept by no shared cache', async () => {
  for (const kept of [
    'public, max-age=3600',
    's-maxage=60',
    'max-age=60',
    'immutable',
    'private, s-maxage=9',
    '',
  ]) {
    const targeted = ['CDN', 'Cloudflare-CDN', 'Vercel-CDN', 'X-LiteSpeed'].map(
      (one) => `${one}-Cache-Control`,
    )
    const answer = await answered({
      ...{ 'Cache-Control': kept, Age: '5' },
      ...Object.fromEntries(targeted.map((name) => [name, 'public, max-age=60'])),
    })
    expect([kept, answer.all('cache-control')]).toEqual([kept, ['no-store']])
    expect(['age', ...targeted].map((name) => answer.header(name.toLowerCase()))).toEqual([
      null,
      ...targeted.map(() => null),
    ])
  }
  const own = await answered({ 'Cache-Control': 'private, max-age=60', Vary: 'Accept' })
  expect(own.header('cache-control')).toBe('private, max-age=60')
  expect(own.header('vary')).toBe('Accept, Cookie, X-CSRF-Token')
  for (const path of [
    '/bff/session',
    '/bff/login',
    '/bff/token',
    '/bff/nothing',
    '/bff/api/unknown/1',
    '/bff/callback',
  ])
    expect((await alice.call(path)).header('cache-control')).toBe('no-store')
})

it('T88 an address with an ending is no door, and what no cache has in its key is not reflected', async () => {
  const before = world.api.received.length
  for (const path of [
    ...[
      '/bff/session/.js',
      '/bff/session.js',
      '/bff/session/x.css',
      '/bff/session;x.css',
      '/bff/session%00.css',
    ],
    ...[
      '/bff/session%2f..%2fx.css',
      '/bff/session/',
      '/bff/events/x.png',
      '/bff/token.png',
      '/bff/login/x.css',
    ],
  ])
    for (const headers of [BY_PAGE, BY_USER]) {
      const answer = await alice.send(path, { headers: { ...headers, 'X-CSRF-Token': '1' } })
      expect([path, answer.status >= 400, answer.header('cache-control')]).toEqual([path, true, 'no-store'])
      expect(answer.body).not.toContain('alice')
    }
  expect(world.api.received.length).toBe(before)

  world.api.answer = (request, response) =>
    void response
      .writeHead(201, { Location: `http://${request.headers['x-forwarded-host']}/bff/api/orders/2` })
      .end()
  const poison = {
    ...{ 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Scheme': 'evil', 'X-Forwarded-Prefix': '/evil' },
    ...{
      'X-Forwarded-Server': 'evil',
      'X-Host': 'evil',
      'X-Original-URL': '/evil',
      'X-Rewrite-URL': '/evil',
    },
  }
  for (const path of ['/bff/session', '/bff/login', '/bff/api/orders/1', '/bff/logout', '/bff/x'])
    expect((await alice.call(path, { headers: poison })).bytes).not.toContain('evil')
})
