import { describe, expect, it } from 'vitest'
import { freshNonce } from '../../../src/bff/static/answer.js'
import { folderOf, html, serving } from './folder.js'

const placeholder = '__CSP_NONCE__'
const page = `<!doctype html><meta property="csp-nonce" nonce="${placeholder}">
<style nonce="${placeholder}">p { color: red }</style><script nonce="${placeholder}">let a = '$&'</script>`

const nonceIn = (header: unknown): string => /'nonce-([\w-]{22})'/.exec(String(header))?.[1] ?? ''

describe('a page with a nonce', () => {
  it('has a fresh one in all places and in its policy, each time', async () => {
    const folder = await folderOf({ 'index.html': page, 'about.html': page, 'a.js': placeholder })
    const server = await serving(folder, { nonce: placeholder })
    const seen = new Set<string>()
    for (const path of ['/', '/', '/index.html', '/about', '/orders/42']) {
      const answer = await server.call(path, { headers: html })
      const policy = answer.headers['content-security-policy']
      const nonce = nonceIn(policy)
      seen.add(nonce)
      expect(policy).toContain(`script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'`)
      expect(answer.body).toBe(page.replaceAll(placeholder, () => nonce))
      expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)))
    }
    expect(seen.size).toBe(5)
    expect(seen).not.toContain('')
    const script = await server.call('/a.js')
    expect([script.body, nonceIn(script.headers['content-security-policy'])]).toEqual([placeholder, ''])
  })

  it('is never a 304, nor a part, nor kept by a cache for others, nor encoded beforehand', async () => {
    const folder = await folderOf({ 'index.html': page, 'index.html.br': 'old' })
    const server = await serving(folder, { nonce: placeholder })
    const answer = await server.call('/', {
      headers: {
        ...{ 'if-none-match': '*', 'if-modified-since': new Date(Date.now() + 1e9).toUTCString() },
        ...{ range: 'bytes=0-3', 'accept-encoding': 'br' },
      },
    })
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'private, no-cache'])
    expect(answer.body).toContain(`nonce="${nonceIn(answer.headers['content-security-policy'])}"`)
    for (const name of ['etag', 'last-modified', 'content-encoding', 'accept-ranges'])
      expect(answer.headers).not.toHaveProperty(name)
    const head = await server.call('/', { method: 'HEAD' })
    expect([head.status, head.body, head.headers['content-length']]).toEqual([
      ...[200, '', answer.headers['content-length']],
    ])
  })

  it('is reported on where nothing is forbidden yet', async () => {
    const server = await serving(await folderOf({ 'index.html': page }), {
      nonce: placeholder,
      reportOnly: true,
    })
    const { headers, body } = await server.call('/')
    expect(headers).not.toHaveProperty('content-security-policy')
    expect(body).toContain(nonceIn(headers['content-security-policy-report-only']))
  })

  it('has 128 bits nobody can guess', () => {
    const nonces = new Set(Array.from({ length: 1000 }, freshNonce))
    expect(nonces.size).toBe(1000)
    for (const nonce of nonces) expect(nonce).toMatch(/^[\w-]{22}$/)
  })
})
