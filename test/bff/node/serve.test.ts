import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../../src/bff/node/serve.js'
import type { NodeHandler } from '../../../src/bff/node/adapter.js'
import type { Listening } from '../../../src/bff/node/listen.js'
import { adapterOf } from './harness.js'

const node = adapterOf({
  name: 'orders',
  url: new URL('http://127.0.0.1:9/'),
  token: 'user',
  timeout: 1,
  methods: null,
  require: {},
})

let folder = ''
let server: Listening
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-static-'))
  await mkdir(join(folder, 'public', 'assets'), { recursive: true })
  await mkdir(join(folder, 'public', '.well-known'))
  await writeFile(join(folder, 'secret.txt'), 'hunter-test')
  for (const [name, content] of [
    ['index.html', '<!doctype html><title>app</title>'],
    ['about.html', 'about'],
    ['.env', 'hunter-test'],
    ['.well-known/change-password', 'here'],
    ['assets/index-BfT3xQ2a.js', 'export {}'],
    ['assets/logo.svg', '<svg/>'],
  ] as const)
    await writeFile(join(folder, 'public', name), content)
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(() => server.close())

const html = { Accept: 'text/html,application/xhtml+xml' }
async function fetched(path: string, init?: RequestInit): Promise<Response> {
  return fetch(server.url + path, init)
}

describe('files', () => {
  it('are served beside the doors, each with its caching', async () => {
    server = await serve({ node }, { port: 0, static: join(folder, 'public') })
    const index = await fetched('/', { headers: html })
    expect(await index.text()).toContain('<title>app</title>')
    expect(index.headers.get('content-type')).toMatch(/^text\/html/)
    expect(index.headers.get('cache-control')).toBe('no-cache')
    expect(index.headers.get('x-content-type-options')).toBe('nosniff')
    expect(index.headers.get('x-request-id')).toMatch(/.{8}/)
    const hashed = await fetched('/assets/index-BfT3xQ2a.js')
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(hashed.headers.get('content-type')).toMatch(/javascript/)
    const logo = await fetched('/assets/logo.svg')
    expect(logo.headers.get('cache-control')).toBe('no-cache')
    const again = await fetched('/assets/logo.svg', {
      headers: { 'If-None-Match': logo.headers.get('etag') ?? '' },
    })
    expect(again.status).toBe(304)
    expect((await fetched('/bff/session')).headers.get('x-door')).toBe('/bff/session')
    expect(await (await fetched('/.well-known/change-password')).text()).toBe('here')
  })

  it("an unknown address that is asked for HTML is the app's; any other is not there", async () => {
    server = await serve({ node }, { port: 0, static: join(folder, 'public') })
    for (const path of ['/orders/42', '/orders/42.5?x=1', '/orders/a%2Fb', '/orders/50%']) {
      const answer = await fetched(path, { headers: html })
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache'])
      expect(await answer.text()).toContain('<title>app</title>')
    }
    for (const path of [
      '/missing.js',
      '/orders/42',
      '/.env',
      '/%2Eenv',
      '/assets/..%2f..%2fsecret.txt',
      '/%E0%A4%A',
      '/a%00b',
    ])
      expect((await fetched(path)).status).toBe(404)
    const post = await fetched('/index.html', { method: 'POST', headers: html })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it('have the headers of the site, and are no doors whatever they are called', async () => {
    await mkdir(join(folder, 'public', 'bff'), { recursive: true })
    await writeFile(join(folder, 'public', 'bff', 'session'), 'no door')
    await writeFile(join(folder, 'public', 'healthz'), 'no door')
    server = await serve({ node }, { port: 0, static: { folder: join(folder, 'public') } })
    expect((await fetched('/')).headers.get('strict-transport-security')).toBe('max-age=31536000')
    for (const path of ['/bff/session', '/bff', '/healthz'])
      expect((await fetched(path)).headers.get('x-door')).toBe(path)
    for (const path of ['/%62ff/session', '/bff%2fsession'])
      expect(await (await fetched(path, { headers: html })).text()).toBe('Not found\n')
  })

  it('may change while they are served', async () => {
    server = await serve({ node }, { port: 0, static: join(folder, 'public') })
    expect(await (await fetched('/about.html')).text()).toBe('about')
    await writeFile(join(folder, 'public', 'about.html'), 'about something longer')
    expect(await (await fetched('/about.html')).text()).toBe('about something longer')
  })
})

describe('serve', () => {
  it('answers for doors that failed as they do themselves, with files beside them and without', async () => {
    const broken = (_: unknown, response: ServerResponse, next?: (error?: Error) => void) =>
      next === undefined ? response.writeHead(500).end() : next(new Error('hunter-test'))
    server = await serve({ node: broken as NodeHandler }, { port: 0, static: join(folder, 'public') })
    const answer = await fetched('/bff/session', { headers: html })
    expect([answer.status, await answer.json()]).toMatchObject([500, { code: 'invalid_request' }])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...{ 'x-tandem': '1', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    })
  })

  it('says where it listens, on this machine alone', async () => {
    server = await serve({ node }, { port: 0 })
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await fetched('/anything')).headers.get('x-door')).toBe('/anything')
  })

  it('says what is wrong, and what to do', async () => {
    server = await serve({ node }, { port: 0 })
    const port = Number(new URL(server.url).port)
    await expect(serve({ node }, { port })).rejects.toThrow(
      `port: cannot listen on 127.0.0.1:${port}: another process`,
    )
    await expect(serve({ node }, { port: 0, host: '192.0.2.1' })).rejects.toThrow(
      'this machine has no such address',
    )
    await expect(serve({ node }, { port: 0, static: join(folder, 'none') })).rejects.toThrow(
      /^static: there is no folder/,
    )
    await expect(
      serve({ node }, { port: 0, static: { folder, headers: { 'X-Frame-Options': 'ALLOW' as 'DENY' } } }),
    ).rejects.toThrow(
      /^static\.headers\.X-Frame-Options: is "ALLOW"[^\n]*\nstatic: there is no .*index\.html/,
    )
    const nonce = '__CSP_NONCE__'
    await expect(
      serve({ node }, { port: 0, static: { folder: join(folder, 'public'), nonce } }),
    ).rejects.toThrow(/^static\.nonce: stands nowhere in/)
    await expect(serve(JSON.parse('{}'), { port: 0 })).rejects.toThrow(/^bff: is not what createBff made/)
  })
})
