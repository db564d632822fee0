import { chmod, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { silentLog } from '../../../src/bff/log.js'
import { files } from '../../../src/bff/static/files.js'
import { run } from '../node/harness.js'
import { built, folderOf, hashed, html, prefixed, serving, site } from './folder.js'

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

  it('is no page either where a link leads out of the folder, whether or not something is there', async () => {
    const around = await folderOf({ ...prefixed('public/', built), 'other/secret.txt': 'hunter-test' })
    const folder = join(around, 'public')
    await symlink(join('..', 'other'), join(folder, 'out'))
    await symlink(join('..', 'other', 'secret.txt'), join(folder, 'secret.txt'))
    const server = await serving(folder)
    for (const path of ['/secret.txt', '/out', '/out/', '/out/secret.txt', '/out/none', '/out/a/page'])
      for (const headers of [html, {}]) {
        const answer = await server.call(path, { headers })
        expect([path, answer.status, answer.body]).toEqual([path, 404, 'Not found\n'])
      }
    expect((await server.call('/outside', { headers: html })).status).toBe(200)
    // The page itself may be no such link.
    await rm(join(folder, 'index.html'))
    await symlink(join('..', 'other', 'secret.txt'), join(folder, 'index.html'))
    for (const path of ['/', '/orders']) expect((await server.call(path, { headers: html })).status).toBe(404)
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

  it('is logged where the file system fails, with nothing but its code', async () => {
    const error = vi.fn()
    // Its memory is a file, whose first byte no process can read.
    const server = await run(files({ folder: '/proc/self' }, site, { ...silentLog, error }))
    onTestFinished(() => server.close())
    const answer = await server.call('/mem')
    expect([answer.status, answer.body, answer.headers['cache-control']]).toEqual([
      ...[500, 'Internal server error\n', 'no-store'],
    ])
    const entry = { event: 'failed', request: undefined, error: 'Error', error_code: 'EIO' }
    expect(error.mock.calls).toEqual([[entry, 'A file could not be served.']])
    // What is not there, or cannot be had of it, is no failure.
    await server.call('/none')
    await server.call('/status', { headers: { 'if-match': '"other"' } })
    expect(error).toHaveBeenCalledTimes(1)
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

describe('what cannot be served', () => {
  it('is told at the start', async () => {
    expect(() => files(JSON.parse('{"headers":{}}'), site)).toThrow(/^static\.folder: is missing/)
  })
})
