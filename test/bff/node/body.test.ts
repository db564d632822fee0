import { gzipSync } from 'node:zlib'
import express from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ResolvedUpstream } from '../../../src/bff/upstream/call.js'
import { disconnect } from '../../../src/bff/upstream/forward.js'
import { startUpstream } from '../upstream/upstream-server.js'
import type { UpstreamServer } from '../upstream/upstream-server.js'
import { adapterOf, run } from './harness.js'
import type { Running } from './harness.js'

let api: UpstreamServer
let upstream: ResolvedUpstream
let app: Running | undefined

beforeEach(async () => {
  api = await startUpstream()
  upstream = { name: 'orders', url: api.url, token: 'user', timeout: 5, methods: null, require: {} }
})
afterEach(async () => {
  await app?.close()
  await disconnect([upstream])
  await api.close()
})

/** Sends a body through a parser and the adapter; what the API received. */
async function through(parser: express.RequestHandler, type: string, body: string | Buffer, headers = {}) {
  const server = express().use(parser).use(adapterOf(upstream))
  await app?.close()
  app = await run(server)
  const answer = await app.call('/bff/api/orders/', {
    method: 'POST',
    body,
    headers: { 'Content-Type': type, ...headers },
  })
  return { answer, body: String(await api.received.at(-1)?.body), type: api.header('content-type')[0] }
}

describe('after a body parser of Express', () => {
  it('JSON is sent on', async () => {
    const sent = await through(express.json(), 'application/json', '{ "a": [1, null, "é"] }')
    expect(sent).toMatchObject({ body: '{"a":[1,null,"é"]}', type: 'application/json' })
    expect(api.header('content-length')).toEqual(['19'])
    const parser = express.json({ type: 'application/*+json' })
    expect((await through(parser, 'application/merge-patch+json', '{"a": 1}')).body).toBe('{"a":1}')
  })

  it('JSON in another encoding is sent on as what it now is', async () => {
    const body = gzipSync('{"a":1}')
    const sent = await through(express.json(), 'application/json', body, { 'Content-Encoding': 'gzip' })
    expect(sent.body).toBe('{"a":1}')
    expect(api.header('content-encoding')).toEqual([])
    const utf16 = Buffer.from('{"a":"é"}', 'utf16le')
    const recoded = await through(express.json(), 'application/json; charset=utf-16le', utf16)
    expect(recoded).toMatchObject({ body: '{"a":"é"}', type: 'application/json; charset=utf-8' })
  })

  it('a form of fields and lists is sent on', async () => {
    for (const extended of [true, false]) {
      const parser = express.urlencoded({ extended })
      const sent = await through(parser, 'application/x-www-form-urlencoded', 'a=1&b=2&b=3&c=%C3%A9+%26')
      expect(sent.body).toBe('a=1&b=2&b=3&c=%C3%A9+%26')
    }
  })

  it('text and raw bytes are sent on', async () => {
    expect((await through(express.text(), 'text/plain', 'hé')).body).toBe('hé')
    const bytes = Buffer.from([0, 255, 10])
    await through(express.raw(), 'application/octet-stream', bytes)
    expect((await api.received.at(-1)?.body)?.equals(bytes)).toBe(true)
  })

  it('what the parser left alone streams', async () => {
    const sent = await through(express.json(), 'text/plain', 'not for the parser')
    expect(sent).toMatchObject({ body: 'not for the parser', type: 'text/plain' })
    expect((await through(express.json(), 'application/json', '')).body).toBe('')
  })

  it('what cannot be made again is refused, with what to do', async () => {
    const form = 'application/x-www-form-urlencoded'
    const swallow: express.RequestHandler = (request, _, next) =>
      void request.resume().on('end', () => next())
    const cases = [
      through(express.urlencoded({ extended: true }), form, 'a[b]=1'),
      through(swallow, 'application/json', '{}'),
      through(swallow, 'multipart/form-data; boundary=x', '--x--'),
    ]
    for (const one of cases) {
      const { answer } = await one
      expect(answer.status).toBe(500)
      expect(answer.headers['x-tandem']).toBe('1')
      expect(answer.body).toMatch(/read before the BFF could.*Mount bff\.node before it/)
    }
    expect(api.received).toHaveLength(0)
  })

  it('a door gets its body too', async () => {
    app = await run(express().use(express.json()).use(adapterOf(upstream)))
    const headers = { 'Content-Type': 'application/json' }
    const answer = await app.call('/bff/logout', { method: 'POST', body: '{"scope": "app"}', headers })
    expect(JSON.parse(answer.body)).toMatchObject({ body: '{"scope":"app"}' })
  })
})
