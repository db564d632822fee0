import { chmod, rename, rm, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { files } from '../../../src/bff/static/files.js'
import { built, folderOf, hashed, html, prefixed, serving, site, write } from './folder.js'

describe('what is not there', () => {
  it("is the app's page for whoever asks for HTML, and never for a missing asset", async () => {
    const server = await serving(await folderOf({ ...built, 'app.js.map': '{}', '.env': 'hunter-test' }))
    for (const path of ['/orders/42', '/orders/a.b', '/orders/a%2Fb', '/assets/42', '/assets'])
      for (const [headers, status] of [
        [html, 200],
        [{ accept: '*/*' }, 404],
        [{}, 404],
        [{ accept: 'application/json' }, 404],
      ] as const) {
        const answer = await server.call(path, { headers })
        expect([path, answer.status, answer.body.includes('<title>')]).toEqual([path, status, status === 200])
        expect(answer.headers.vary).toMatch(/^Accept(,|$)/)
      }
    for (const path of [
      ...[
        '/assets/index-0a1b2c3d.js',
        '/assets/logo.svg',
        '/old.3f2a1b9c.css',
        '/.well-known/x',
        '/app.js.map',
      ],
      ...['/.env', '/%2eenv', '/a/.git/config', '/bff%2flogin', '/%62ff/x', '//evil.example/'],
    ]) {
      const answer = await server.call(path, { headers: html })
      expect([path, answer.status, answer.body]).toEqual([path, 404, 'Not found\n'])
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    }
  })

  it('may be a source map, where they are not asked for', async () => {
    const folder = await folderOf({ ...built, 'assets/index-3f2a1b9c.js.map': '{}' })
    expect((await (await serving(folder)).call(`${hashed}.map`)).status).toBe(404)
    const answer = await (await serving(folder, { sourceMaps: true })).call(`${hashed}.map`)
    expect([answer.status, answer.headers['cache-control']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
  })

  it('is told as what it is where the file system fails', async () => {
    const folder = await folderOf({ ...built, 'locked/a.txt': 'x' })
    const server = await serving(folder)
    await chmod(join(folder, 'locked'), 0)
    // Who may do everything is refused nothing.
    const mayAll = process.getuid?.() === 0
    expect((await server.call('/locked/a.txt')).status).toBe(mayAll ? 200 : 500)
    await chmod(join(folder, 'locked'), 0o700)
  })
})

describe('request lines', () => {
  it('lead nowhere else, in no spelling', async () => {
    const around = await folderOf({
      ...prefixed('public/', built),
      'secret.txt': 'hunter-test',
      'public/.env': 'hunter-test',
    })
    await symlink(join(around, 'secret.txt'), join(around, 'public', 'link.txt'))
    const server = await serving(join(around, 'public'))
    const answers = await Promise.all(
      [
        ...['/../secret.txt', '/%2e%2e/secret.txt', '/.%2e/secret.txt', '/assets/../../secret.txt'],
        ...['/..%2fsecret.txt', '/..%5csecret.txt', '/..\\secret.txt', '/assets%2f..%2f..%2fsecret.txt'],
        ...['/%252e%252e/secret.txt', '/..;/secret.txt', '/%c0%ae%c0%ae/secret.txt', '/..%00/secret.txt'],
        ...['/index.html%00.txt', '//secret.txt', '/link.txt', '/.env', '/%2eenv', '/assets/..%2f.env'],
        ...[
          `${around}/secret.txt`,
          `file://${around}/secret.txt`,
          'http://127.0.0.1/../secret.txt',
          '*',
          '?',
        ],
        ...['/#/../../secret.txt', `/${'../'.repeat(50)}etc/passwd`, '/a\u0001b', '/\x7f'],
      ].map(async (target) => {
        const text = await server.raw(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
        return [target, /^HTTP\/1\.1 (\d+)/.exec(text)?.[1], /hunter-test|root:/.test(text)]
      }),
    )
    for (const [target, status, leaks] of answers)
      expect([target, /^40[04]$/.test(String(status)), leaks]).toEqual([target, true, false])
    expect((await server.call('/')).status).toBe(200)
  })
})

describe('every answer', () => {
  it('has the headers, each of which can be left out', async () => {
    const folder = await folderOf(built)
    const server = await serving(folder)
    for (const [path, options] of [
      ['/', {}],
      [hashed, {}],
      ['/logo.svg', {}],
      ['/none', {}],
      ['/', { method: 'POST' }],
      ['/', { headers: { range: 'bytes=9999-' } }],
    ] as const) {
      const { headers } = await server.call(path, options)
      expect(headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'strict-origin-when-cross-origin',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('camera=()'),
        'content-security-policy': expect.stringContaining('frame-ancestors'),
      })
    }
    const bare = await serving(folder, {
      contentSecurityPolicy: false,
      headers: { 'X-Content-Type-Options': false, 'Strict-Transport-Security': false },
    })
    const { headers } = await bare.call('/')
    for (const name of [
      ...[
        'content-security-policy',
        'x-frame-options',
        'x-content-type-options',
        'strict-transport-security',
      ],
    ])
      expect(headers).not.toHaveProperty(name)
  })

  it('promises no HTTPS on localhost', async () => {
    const server = await serving(await folderOf(built), { at: { ...site, origin: 'http://localhost:3000' } })
    expect((await server.call('/')).headers).not.toHaveProperty('strict-transport-security')
  })
})

describe('a new build', () => {
  const next = {
    'index.html': built['index.html'].replace('3f2a1b9c', '4d5e6f70'),
    'assets/index-4d5e6f70.js': 'new',
  }

  it('in the same folder is served from then on', async () => {
    const folder = await folderOf(built)
    const server = await serving(folder)
    const { etag = '' } = (await server.call('/')).headers
    expect((await server.call('/assets/index-4d5e6f70.js', { headers: html })).status).toBe(404)
    await rm(folder, { recursive: true })
    expect((await server.call('/', { headers: html })).status).toBe(404)
    await write(folder, next)
    const page = await server.call('/orders', { headers: { ...html, 'if-none-match': etag } })
    expect([page.status, page.body]).toEqual([200, next['index.html']])
    expect((await server.call('/assets/index-4d5e6f70.js')).body).toBe('new')
    expect((await server.call(hashed, { headers: html })).status).toBe(404)
  })

  it('may come while it is asked for, again and again, and is an answer each time', async () => {
    const folder = await folderOf(built)
    const server = await serving(folder)
    let isDeploying = true
    const deploying = (async () => {
      for (let turn = 0; turn < 40; turn++) {
        await rm(folder, { recursive: true, force: true })
        await write(folder, turn % 2 === 0 ? next : built)
      }
      isDeploying = false
    })()
    const statuses = new Set<number | 'cut'>()
    while (isDeploying)
      for (const path of ['/', '/orders', hashed, '/sw.js'])
        statuses.add(
          await server.call(path, { headers: html }).then(
            ({ status }) => status,
            () => 'cut',
          ),
        )
    await deploying
    for (const status of statuses) expect([200, 404, 'cut']).toContain(status)
    expect((await server.call('/')).body).toBe(built['index.html'])
  })

  it('may cut a file short that is being sent: nobody waits for the rest', async () => {
    const folder = await folderOf({ 'film.mp4': Buffer.alloc(32 * 1024 * 1024) })
    const server = await serving(folder)
    // Else the server itself lets go of a connection that nothing happens on.
    server.server.keepAliveTimeout = 0
    const answer = await server.head('/film.mp4', { headers: { connection: 'keep-alive' } })
    await truncate(join(folder, 'film.mp4'), 0)
    await expect(
      (async () => {
        for await (const _ of answer);
      })(),
    ).rejects.toThrow(/aborted/)
  })

  it('behind a link that is turned is served from then on', async () => {
    const folder = await folderOf({ ...prefixed('1/', built), ...prefixed('2/', next) })
    await symlink('1', join(folder, 'current'))
    const server = await serving(join(folder, 'current'))
    expect((await server.call('/')).body).toBe(built['index.html'])
    await symlink('2', join(folder, 'next'))
    await rename(join(folder, 'next'), join(folder, 'current'))
    expect((await server.call('/')).body).toBe(next['index.html'])
    expect((await server.call('/assets/index-4d5e6f70.js')).body).toBe('new')
  })

  it('never has an old encoding of a file that kept its name', async () => {
    const folder = await folderOf({})
    const then = Date.now() - 3_600_000
    await write(folder, { 'sw.js': 'old', 'sw.js.br': brotliCompressSync('old') }, then)
    const server = await serving(folder)
    const headers = { 'accept-encoding': 'br' }
    expect((await server.call('/sw.js', { headers })).headers['content-encoding']).toBe('br')
    await write(folder, { 'sw.js': 'new' })
    expect((await server.call('/sw.js', { headers })).body).toBe('new')
  })
})

describe('what cannot be served', () => {
  it('is told at the start', async () => {
    const folder = await folderOf(built)
    expect(() => files(join(folder, 'none'), site)).toThrow(/^static: there is no folder/)
    expect(() => files(join(folder, 'sw.js'), site)).toThrow(/^static: there is no folder/)
    expect(() => files({ folder, nonce: '__CSP_NONCE__' }, site)).toThrow(/^static\.nonce: stands nowhere in/)
    expect(() => files(JSON.parse('{"headers":{}}'), site)).toThrow(/^static\.folder: is missing/)
  })
})
