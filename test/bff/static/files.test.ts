import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { built, folderOf, hashed, html, serving } from './folder.js'

describe('caching', () => {
  it('is for ever by names after the content, and asks again for all else', async () => {
    const server = await serving(await folderOf({ ...built, 'static/x.js': '', 'static/page.html': '' }), {
      immutable: ['/static/'],
    })
    const cachingOf = async (path: string, headers = {}) =>
      (await server.call(path, { headers })).headers['cache-control']
    for (const path of [hashed, '/static/x.js'])
      expect(await cachingOf(path)).toBe('public, max-age=31536000, immutable')
    for (const path of ['/', '/index.html', '/sw.js', '/logo.svg', '/static/page.html'])
      expect(await cachingOf(path)).toBe('no-cache')
    expect(await cachingOf('/orders', html)).toBe('no-cache')
    expect(await cachingOf('/none.js')).toBe('no-store')
    // Whatever a worker's script is called, it is not kept.
    expect(await cachingOf(hashed, { 'service-worker': 'script' })).toBe('no-cache')
  })

  it('tells what has not changed, with everything a cache updates', async () => {
    const server = await serving(await folderOf(built))
    for (const path of ['/', hashed, '/sw.js']) {
      const first = await server.call(path)
      const etag = first.headers.etag ?? ''
      for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await server.call(path, {
          headers: { 'if-none-match': tags, 'cache-control': 'max-age=0, no-cache' },
        })
        expect([again.status, again.body]).toEqual([304, ''])
        for (const name of ['etag', 'cache-control', 'vary', 'content-security-policy'])
          expect(again.headers[name]).toBe(first.headers[name])
        expect(again.headers).not.toHaveProperty('content-encoding')
      }
      const other = await server.call(path, { headers: { 'if-none-match': '"other"' } })
      expect([other.status, other.body]).toEqual([200, first.body])
    }
    // A page is no newer than its headers: browsers do not update all of them by a 304.
    const folder = await folderOf(built)
    const [before, after] = [
      await serving(folder),
      await serving(folder, { headers: { 'Referrer-Policy': 'no-referrer' } }),
    ]
    const { etag = '' } = (await before.call('/')).headers
    expect((await after.call('/', { headers: { 'if-none-match': etag } })).status).toBe(200)
  })

  it('does not go by times', async () => {
    const folder = await folderOf(built)
    const server = await serving(folder)
    const answer = await server.call('/', {
      headers: { 'if-modified-since': new Date(Date.now() + 1e9).toUTCString() },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers).not.toHaveProperty('last-modified')
  })
})

describe('encodings', () => {
  it('that are there are sent to whoever takes them', async () => {
    const text = 'export const hello = "hello"'.repeat(50)
    const server = await serving(
      await folderOf({
        'a.js': text,
        'a.js.br': brotliCompressSync(text),
        'a.js.gz': gzipSync(text),
        'b.js': text,
      }),
    )
    const get = (path: string, accept: string, more = {}) =>
      server.call(path, { headers: { 'accept-encoding': accept, ...more } })
    const tags = new Set<string | undefined>()
    for (const [accept, encoding] of [
      ['gzip, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['identity', undefined],
    ] as const) {
      const answer = await get('/a.js', accept)
      expect(answer.headers['content-encoding']).toBe(encoding)
      expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8')
      expect(answer.headers.vary).toBe('Accept-Encoding')
      tags.add(answer.headers.etag)
      const again = await get('/a.js', accept, { 'if-none-match': answer.headers.etag })
      expect([again.status, again.headers.vary]).toEqual([304, 'Accept-Encoding'])
    }
    expect(tags.size).toBe(3)
    const plain = await get('/b.js', 'br')
    expect([plain.headers['content-encoding'], plain.headers.vary]).toEqual([undefined, 'Accept-Encoding'])
  })

  it('can be decoded by a real client', async () => {
    const text = 'hello '.repeat(500)
    const server = await serving(await folderOf({ 'a.txt': text, 'a.txt.gz': gzipSync(text) }))
    const answer = await fetch(`http://127.0.0.1:${server.port}/a.txt`)
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect(await answer.text()).toBe(text)
  })
})

describe('ranges and heads', () => {
  it('are answered as RFC 9110 §14 says, whatever they are', async () => {
    const server = await serving(await folderOf({ 'a.txt': '0123456789', 'empty.txt': '' }))
    const { etag = '' } = (await server.call('/a.txt')).headers
    for (const [range, status, body, contentRange] of [
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
      ['bytes=-3', 206, '789', 'bytes 7-9/10'],
      ['bytes=2-400', 206, '23456789', 'bytes 2-9/10'],
      ['bytes=10-', 416, 'Range not satisfiable\n', 'bytes */10'],
      ['bytes=5-2', 416, 'Range not satisfiable\n', 'bytes */10'],
      ['bytes=a-b', 200, '0123456789', undefined],
      ['bytes=0-1,4-5', 200, '0123456789', undefined],
      ['lines=1-2', 200, '0123456789', undefined],
      ['bytes', 200, '0123456789', undefined],
    ] as const) {
      const answer = await server.call('/a.txt', { headers: { range } })
      expect([range, answer.status, answer.body, answer.headers['content-range']]).toEqual([
        ...[range, status, body, contentRange],
      ])
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      expect(answer.headers['etag']).toBe(status === 416 ? undefined : etag)
    }
    const ranged = (ifRange: string) =>
      server.call('/a.txt', { headers: { range: 'bytes=0-1', 'if-range': ifRange } })
    expect((await ranged(etag)).status).toBe(206)
    expect((await ranged('"old"')).body).toBe('0123456789')
    expect((await server.call('/empty.txt', { headers: { range: 'bytes=5-2' } })).status).toBe(416)
    expect((await server.call('/a.txt', { headers: { 'if-match': '"old"' } })).status).toBe(412)
  })

  it('HEAD tells what GET would, and no more', async () => {
    const server = await serving(await folderOf(built))
    for (const [path, headers] of [
      [hashed, {}],
      ['/', {}],
      ['/orders', html],
      ['/none.js', {}],
    ] as const) {
      const get = await server.call(path, { headers })
      const head = await server.call(path, { method: 'HEAD', headers })
      const { date: _, 'transfer-encoding': __, ...told } = get.headers
      expect([head.status, head.body]).toEqual([get.status, ''])
      expect(head.headers).toMatchObject(told)
    }
  })

  it('of other methods, none', async () => {
    const server = await serving(await folderOf(built))
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])
      for (const path of ['/', '/none', hashed]) {
        const answer = await server.call(path, { method, headers: html })
        expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
      }
  })
})
