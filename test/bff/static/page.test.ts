import { createHash } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { files } from '../../../src/bff/static/files.js'
import { run } from '../node/harness.js'
import { folderOf, html, site } from './folder.js'

const pageOf = (build: number): string => `<!doctype html><script>build(${build})</script>`

/** Replaces the file in every turn of the event loop until the test ends: between any two looks at it there is another one. */
function replacing(folder: string, name: string, text: (build: number) => string): void {
  let build = 0
  let next: NodeJS.Immediate
  const replace = (): void => {
    writeFileSync(join(folder, 'next.new'), text(build++))
    renameSync(join(folder, 'next.new'), join(folder, name))
    next = setImmediate(replace)
  }
  replace()
  onTestFinished(() => clearImmediate(next))
}

async function servingCounted(folder: string) {
  const listeners: number[] = []
  const serve = files(folder, site)
  const server = await run((request, response) => {
    response.once('finish', () => listeners.push(response.listenerCount('close')))
    serve(request, response)
  })
  onTestFinished(() => server.close())
  return { server, listeners }
}

describe('a file that is another one at each look', () => {
  it('is, as a page, told by the hashes and the tag that are its own, hundreds of times', async () => {
    const folder = await folderOf({})
    replacing(folder, 'index.html', pageOf)
    const { server } = await servingCounted(folder)
    const tags = new Map<string, string>()
    for (let turn = 0; turn < 300; turn++) {
      const { status, headers, body } = await server.call('/orders', { headers: html })
      expect(status).toBe(200)
      const text = /<script>(.*?)<\/script>/.exec(body)?.[1] ?? ''
      expect(headers['content-security-policy']).toContain(
        `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
      )
      expect(headers['content-length']).toBe(String(body.length))
      expect(tags.get(headers.etag ?? '') ?? body).toBe(body)
      tags.set(headers.etag ?? '', body)
    }
    expect(tags.size).toBeGreaterThan(100)
  })

  it('has no tag of another one where it is no page, and leaves nobody listening', async () => {
    const folder = await folderOf({})
    replacing(folder, 'a.txt', (build) => `build ${build % 10}`)
    const { server, listeners } = await servingCounted(folder)
    for (let turn = 0; turn < 20; turn++) {
      const { status, body } = await server.call('/a.txt')
      expect([status, body]).toEqual([200, expect.stringMatching(/^build \d$/)])
    }
    await expect.poll(() => listeners.length).toBe(20)
    expect(Math.max(...listeners)).toBeLessThan(6)
  })

  it('is not sent where it is too long to be held, rather than with the tag of another one', async () => {
    const folder = await folderOf({})
    const long = ' '.repeat(1024 * 1024)
    replacing(folder, 'index.html', (build) => pageOf(build) + long)
    const { server, listeners } = await servingCounted(folder)
    const { status, headers } = await server.call('/', { headers: html })
    expect([status, headers['retry-after'], headers.etag]).toEqual([503, '1', undefined])
    expect(Math.max(...listeners)).toBeLessThan(6)
  }, 60_000)
})
