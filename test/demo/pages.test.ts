import { createServer, request as ask, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDemo } from '../../demo/build.mjs'
import { freePort, listenOnLoopback, type Listener } from '../../demo/listen.js'
import { createSite, type PageConfig } from '../../demo/site.js'

const CONFIG: PageConfig = {
  issuer: 'http://localhost:4000/idp',
  api: 'http://localhost:4100',
  audience: 'urn:test:api',
  clientId: 'spa',
  mediated: false,
  lifetimes: { accessToken: 60 },
}

let site: Listener
let origin: string

beforeAll(async () => {
  await buildDemo()
  site = await listenOnLoopback(createSite(CONFIG), 0)
  origin = `http://localhost:${site.port}`
}, 120_000)

afterAll(() => site.close())

const navigate = (path: string): Promise<Response> =>
  fetch(origin + path, { headers: { accept: 'text/html,*/*;q=0.8' }, redirect: 'manual' })

describe('the pages of the demo', () => {
  it.each([
    ['/', 'Tandem: two sessions in step'],
    ['/orders/1001', 'Tandem: two sessions in step'],
    ['/callback?code=a&state=b', 'Tandem: two sessions in step'],
    ['/react/', 'Tandem in React'],
    ['/react/orders', 'Tandem in React'],
    ['/vue/', 'Tandem in Vue'],
    ['/vue/profile', 'Tandem in Vue'],
  ])('answers %s with the page of its router', async (path, title) => {
    const answer = await navigate(path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expect(await answer.text()).toContain(`<title>${title}</title>`)
  })

  it.each(['/react', '/vue'])('moves %s below its folder', async (path) => {
    const answer = await navigate(path)
    expect([answer.status, answer.headers.get('location')]).toEqual([308, `${path}/`])
  })

  it.each(['/', '/react/', '/vue/'])('has a policy for %s that allows nothing inline', async (path) => {
    const answer = await navigate(path)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`default-src 'none'; script-src 'self'; style-src 'self'`)
    expect(policy).toContain(`connect-src 'self' http://localhost:4000 http://localhost:4100`)
    expect(policy).not.toMatch(/unsafe|\*/)
    const html = await answer.text()
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)[^>]*>/)
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  })

  it('answers what is no page and not there with 404', async () => {
    const missing = await fetch(`${origin}/page/missing.js`, { headers: { accept: '*/*' } })
    expect([missing.status, await missing.text()]).toEqual([404, 'Nothing is here.\n'])
    expect((await fetch(`${origin}/assets/missing.js`)).status).toBe(404)
    expect((await fetch(`${origin}/`, { method: 'POST', body: 'x' })).status).toBe(404)
  })

  it('keeps to its folders', async () => {
    const raw = await new Promise<IncomingMessage>((resolve, reject) => {
      ask({ host: '127.0.0.1', port: site.port, path: '/..%2f..%2fpackage.json' }, resolve)
        .on('error', reject)
        .end()
    })
    raw.resume()
    expect(raw.statusCode).toBe(404)
  })

  it('serves the script-tag build and its engine out of dist', async () => {
    for (const file of ['tandem.global.js', 'tandem.global.min.js', 'tandem.oidc.js']) {
      const answer = await fetch(`${origin}/${file}`)
      expect([file, answer.status]).toEqual([file, 200])
      await answer.body?.cancel()
    }
    expect((await fetch(`${origin}/tandem.other.js`)).status).toBe(404)
  })

  it('tells the page about the servers around it, as a script', async () => {
    const text = await (await fetch(`${origin}/config.js`)).text()
    const told: unknown = JSON.parse(text.replace(/^globalThis\.DEMO = /, ''))
    expect(told).toEqual({ ...CONFIG, now: expect.closeTo(Date.now(), -4) })
  })
})

describe('where the demo listens', () => {
  it('answers on both loopback addresses', async () => {
    expect((await fetch(`http://127.0.0.1:${site.port}/mark.svg`)).status).toBe(200)
    expect((await fetch(`http://localhost:${site.port}/mark.svg`)).status).toBe(200)
  })

  it('goes on to the next port that is free', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const found = await freePort(port)
    expect(found).toBeGreaterThan(port)
    expect(await freePort(port, [found])).toBeGreaterThan(found)
    await new Promise((resolve) => taken.close(resolve))
    expect(await freePort(0)).toBe(0)
  })
})
