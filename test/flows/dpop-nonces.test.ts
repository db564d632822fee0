/** Nonces of APIs (RFC 9449 §9), over both ways of the proxy: `bff.fetch`, and sockets of node:http. */
import { request as send } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { decodeJwt } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/bff/node/serve.js'
import { MOST_KEPT } from '../../src/bff/upstream/repeatable.js'
import { cookieNames } from '../../src/protocol.js'
import { APP_ORIGIN } from '../support/idp.js'
import { startDpopWorld } from './dpop-world.js'
import type { DpopChanges, DpopWorld } from './dpop-world.js'

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}
type Body = string | readonly Buffer[]
type Call = (method: string, path: string, body?: Body) => Promise<Answer>

/** Pieces of a body of `length` bytes. */
const pieces = (length: number): Buffer[] =>
  Array.from({ length: Math.ceil(length / 65_536) }, () => Buffer.alloc(65_536, 'x'))

const headersOf = ({ browser }: DpopWorld): Record<string, string> => ({
  cookie: `${cookieNames.session}=${browser.cookie('session')}`,
  'x-csrf-token': browser.cookie('csrf') ?? '',
  'sec-fetch-site': 'same-origin',
})

/** A signed-in page's calls by `bff.fetch`. */
async function overFetch(world: DpopWorld): Promise<Call> {
  return async (method, path, body) => {
    const stream = typeof body === 'object' ? new Blob(body as Buffer<ArrayBuffer>[]).stream() : body
    const answer = await world.bff.fetch(
      new Request(`${APP_ORIGIN}/bff/api/api/${path}`, {
        method,
        headers: headersOf(world),
        ...(stream !== undefined && { body: stream, duplex: 'half' }),
      }),
    )
    return { status: answer.status, headers: answer.headers, body: await answer.text() }
  }
}

/** The same over a socket. */
async function overSocket(world: DpopWorld): Promise<Call> {
  const server = await serve(world.bff, { port: 0 })
  onTestFinished(() => server.close(0))
  return (method, path, body = '') =>
    new Promise((resolve, reject) => {
      const headers = { ...headersOf(world), host: new URL(APP_ORIGIN).host, 'x-forwarded-proto': 'https' }
      const request = send(`${server.url}/bff/api/api/${path}`, { method, headers }, (response) => {
        read(response).then(resolve, reject)
      })
      // Once there is an answer nobody reads the rest.
      request.on('error', reject)
      if (typeof body === 'string') return void request.end(body)
      const queue = [...body]
      const write = (): void => {
        const piece = queue.shift()
        if (piece === undefined) return void request.end()
        request.write(piece, () => setImmediate(write))
      }
      write()
    })
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  const headers = new Headers()
  for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value))
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString() }
}

describe.each([
  ['bff.fetch', overFetch],
  ['node:http', overSocket],
])('over %s, an API that wants nonces', (_name, over) => {
  async function start(changes: DpopChanges = {}): Promise<DpopWorld & { readonly call: Call }> {
    const world = await startDpopWorld(changes)
    await world.browser.login()
    return { ...world, call: await over(world) }
  }
  const refusals = ({ upstream }: DpopWorld) => upstream.calls.map(({ refused }) => refused !== null)

  it('is asked twice the first time, and then once', async () => {
    const world = await start()
    world.upstream.nonce = 'first'
    const answer = await world.call('GET', '1')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('dpop-nonce')).toBeNull()
    expect((await world.call('POST', '2', 'body')).status).toBe(200)
    expect(refusals(world)).toEqual([true, false, false])
    const [asked, given] = world.upstream.calls
    const proofs = [asked, given].map((one) => decodeJwt(String(one?.headers['dpop'])))
    expect(proofs.map((proof) => proof['nonce'])).toEqual([undefined, 'first'])
    expect(proofs[0]?.jti).not.toBe(proofs[1]?.jti)
  })

  it('gives another one with each answer: no call is asked for twice', async () => {
    const world = await start()
    Object.assign(world.upstream, { nonce: 'first', rotates: true })
    for (let i = 0; i < 4; i++) expect((await world.call('GET', String(i))).status).toBe(200)
    expect(refusals(world)).toEqual([true, false, false, false, false])
  })

  it('gets a body again, whole', async () => {
    const world = await start()
    world.upstream.nonce = 'first'
    const answer = await world.call('POST', 'up', pieces(MOST_KEPT / 2))
    expect(JSON.parse(answer.body)).toMatchObject({ length: MOST_KEPT / 2, refused: null })
    // While it is still on its way, too.
    Object.assign(world.upstream, { nonce: 'second', isHasty: true })
    const next = await world.call('POST', 'up', pieces(MOST_KEPT / 2))
    expect(JSON.parse(next.body)).toMatchObject({ length: MOST_KEPT / 2, refused: null })
  })

  it('gets no half body: a long one is refused, and taken when it comes again', async () => {
    const world = await start()
    world.upstream.nonce = 'first'
    const answer = await world.call('POST', 'up', pieces(5 * MOST_KEPT))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('0')
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream_failed' })
    expect(refusals(world)).toEqual([true])
    const again = await world.call('POST', 'up', pieces(5 * MOST_KEPT))
    expect(JSON.parse(again.body)).toMatchObject({ length: 5 * MOST_KEPT, refused: null })
    expect((await world.call('GET', 'next')).status).toBe(200)
  })

  it('wants another one every time: its second answer stands, without the challenge nobody can answer', async () => {
    const world = await start()
    const { upstream } = world
    let wanted = 0
    Object.defineProperty(upstream, 'nonce', { get: () => `never-${++wanted}` })
    const answer = await world.call('GET', '1')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(upstream.calls).toHaveLength(2)
  })

  it('refuses a token for another reason: that is for the app, once', async () => {
    const world = await start()
    world.upstream.trust({ issuer: 'https://elsewhere.example', origin: world.idp.origin })
    const answer = await world.call('GET', '1')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('DPoP error="invalid_token", algs="ES256"')
    expect(world.upstream.calls).toHaveLength(1)
  })
})
