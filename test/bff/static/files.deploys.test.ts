import { createHash } from 'node:crypto'
import { rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Replaced, sendFile } from '../../../src/bff/static/answer.js'
import type { LogEntry } from '../../../src/bff/log.js'
import { files } from '../../../src/bff/static/files.js'
import { find } from '../../../src/bff/static/find.js'
import { run } from '../node/harness.js'
import { built, folderOf, hashed, html, prefixed, serving, site, write } from './folder.js'

/** A page with a script of its own in it. */
const page = (build: number): string =>
  `<!doctype html><title>app</title><script>build(${String(build).padStart(4, '0')})</script>`
const hashIn = (body: string): string => {
  const text = /<script>(.*?)<\/script>/.exec(body)?.[1] ?? ''
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

describe('a page that is replaced', () => {
  it('has its own hashes and its own tag at once, and none of the page before', async () => {
    const folder = await folderOf({ 'index.html': page(1) })
    const server = await serving(folder)
    const tags = new Set<string | undefined>()
    for (let build = 2; build < 30; build++) {
      const before = await server.call('/', { headers: html })
      await writeFile(join(folder, 'next.html'), page(build))
      await rename(join(folder, 'next.html'), join(folder, 'index.html'))
      const after = await server.call('/', {
        headers: { ...html, 'if-none-match': before.headers.etag ?? '' },
      })
      expect([after.status, after.body]).toEqual([200, page(build)])
      const policy = String(after.headers['content-security-policy'])
      expect(policy).toContain(`script-src 'self' ${hashIn(after.body)};`)
      tags.add(after.headers.etag)
    }
    expect(tags.size).toBe(28)
  })

  it('is told by the headers that are its own, also where it is replaced while it is asked for', async () => {
    const folder = await folderOf({ 'index.html': page(1) })
    const server = await serving(folder)
    const seen = new Map<string, string>()
    for (let build = 2; build < 82; build++) {
      await writeFile(join(folder, 'next.html'), page(build))
      const asked = server.call('/orders', { headers: html })
      // Now sooner, now later: from before it arrives until it is answered.
      for (let turn = 0; turn < build % 40; turn++) await new Promise(setImmediate)
      await rename(join(folder, 'next.html'), join(folder, 'index.html'))
      const { status, headers, body } = await asked
      expect(status).toBe(200)
      expect(headers['content-security-policy']).toContain(hashIn(body))
      expect(headers['content-length']).toBe(String(body.length))
      const etag = headers.etag ?? ''
      // One tag, one page.
      expect(seen.get(etag) ?? body).toBe(body)
      seen.set(etag, body)
    }
    expect(seen.size).toBeGreaterThan(20)
  })

  it('is whole again for whoever has a part of the one before, also where it is replaced meanwhile', async () => {
    const folder = await folderOf({ 'a.txt': 'build 0001' })
    const server = await serving(folder)
    const statuses = new Set<number>()
    for (let build = 2; build < 82; build++) {
      const { etag = '' } = (await server.call('/a.txt')).headers
      await writeFile(join(folder, 'next.txt'), `build ${String(build).padStart(4, '0')}`)
      const deploy = () => rename(join(folder, 'next.txt'), join(folder, 'a.txt'))
      if (build % 4 === 1) await deploy()
      const asked = server.call('/a.txt', { headers: { range: 'bytes=6-', 'if-range': etag } })
      if (build % 4 === 0) await asked
      for (let turn = 0; turn < build % 40; turn++) await new Promise(setImmediate)
      if (build % 4 !== 1) await deploy()
      const { status, headers, body } = await asked
      statuses.add(status)
      expect([status, headers['content-range'], body.length, headers.etag === etag]).toEqual(
        status === 206 ? [206, 'bytes 6-9/10', 4, true] : [200, undefined, 10, false],
      )
      expect(headers.vary).toBe('Accept-Encoding')
    }
    expect(statuses).toEqual(new Set([200, 206]))
  })

  it('is not sent in place of the one that was looked at, but where it changes all the time', async () => {
    const folder = await folderOf({ 'a.txt': 'one' })
    const outcomes: unknown[] = []
    const server = await run((request, response) => {
      void (async () => {
        const found = await find(folder, { segments: ['a.txt'], kind: 'file' })
        if (found === null || typeof found === 'string') throw new Error('there is no a.txt')
        await write(folder, { 'b.txt': 'longer' })
        await rename(join(folder, 'b.txt'), join(folder, 'a.txt'))
        await sendFile(request, response, found).catch((error: unknown) => outcomes.push(error))
        outcomes.push(response.headersSent)
        await sendFile(request, response, found, true)
      })()
    })
    onTestFinished(() => server.close())
    expect((await server.call('/')).body).toBe('longer')
    expect(outcomes).toEqual([expect.any(Replaced), false])
  })
})

describe('a page that is deleted', () => {
  it('is not there, and there again with the next one', async () => {
    const folder = await folderOf({ 'index.html': page(1), 'a.txt': 'a' })
    const server = await serving(folder)
    const { etag = '' } = (await server.call('/')).headers
    await rm(join(folder, 'index.html'))
    for (const path of ['/', '/index.html', '/orders'])
      expect((await server.call(path, { headers: { ...html, 'if-none-match': etag } })).status).toBe(404)
    expect((await server.call('/a.txt')).body).toBe('a')
    await write(folder, { 'index.html': page(1) })
    const again = await server.call('/orders', { headers: { ...html, 'if-none-match': etag } })
    expect([again.status, again.headers.etag]).toEqual([304, etag])
  })

  it('is sent to its end to whoever has begun to read it', async () => {
    const text = 'x'.repeat(8 * 1024 * 1024)
    const folder = await folderOf({ 'film.txt': text })
    const server = await serving(folder)
    const answer = await server.head('/film.txt')
    await write(folder, { 'next.txt': 'y' })
    await rename(join(folder, 'next.txt'), join(folder, 'film.txt'))
    let length = 0
    for await (const piece of answer) length += (piece as Buffer).length
    expect(length).toBe(text.length)
    expect((await server.call('/film.txt')).body).toBe('y')
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
    expect((await server.call('/', { headers: html })).status).toBe(503)
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
    for (const status of statuses) expect([200, 404, 503, 'cut']).toContain(status)
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

describe('a folder that is away', () => {
  it('is a 503 and told once a minute, and is served again once it is back', async () => {
    const folder = await folderOf(prefixed('app/', built))
    const app = join(folder, 'app')
    const log: unknown[] = []
    const note = (entry: LogEntry): void => void log.push(entry)
    let now = 0
    const server = await run(files(app, site, { info: note, warn: note, error: note }, () => now))
    onTestFinished(() => server.close())
    const statuses = () =>
      Promise.all(['/', hashed, '/orders'].map((path) => server.call(path, { headers: html }))).then((all) =>
        all.map(({ status, headers }) => [status, headers['cache-control'], headers['retry-after']]),
      )
    await rename(app, join(folder, 'elsewhere'))
    const away = [503, 'no-store', '1']
    expect(await statuses()).toEqual([away, away, away])
    expect(log).toEqual([{ event: 'static_missing' }])
    now = 60_000
    await statuses()
    expect(log.slice(1)).toEqual([{ event: 'static_missing', untold: 2 }])
    await rename(join(folder, 'elsewhere'), app)
    expect((await statuses()).map(([status]) => status)).toEqual([200, 200, 200])
  })
})
