/** Calls that arrive twice, with the wrong token, or at another address. */
import { expect, it } from 'vitest'
import { BY_PAGE } from './visitor.js'
import { answersIn, bytesFor, requestText } from './wire.js'
import { testWorld } from './world.js'

it('T93 a call that changes something arrives once, whatever happens to its answer', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const count = async (method: string, body?: string): Promise<[number, number]> => {
    const before = world.api.received.length
    const { status } = await alice.call('/bff/api/orders/1', { method, ...(body !== undefined && { body }) })
    return [status, world.api.received.length - before]
  }
  world.api.answer = (request) => void request.socket.destroy()
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    expect(await count(method, '{}')).toEqual([502, 1])
    expect(await count(method)).toEqual([502, 1])
  }
  expect(await count('GET')).toEqual([502, 2])
  world.api.answer = (_, response) => void response.writeHead(503).end()
  for (const method of ['POST', 'GET']) expect(await count(method)).toEqual([503, 1])
})

it('T94 an upstream that always says 401 is asked once a call, and the provider not at all', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  world.api.answer = (_, response) =>
    void response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end()
  for (let i = 0; i < 10; i++) {
    const answer = await alice.call('/bff/api/orders/1')
    expect([answer.status, answer.header('x-tandem')]).toEqual([401, null])
    expect(answer.header('www-authenticate')).toBe('Bearer error="invalid_token"')
  }
  expect(world.api.received).toHaveLength(10)
  expect(world.idp.tokenCalls).toHaveLength(1)
  expect(await alice.session()).toMatchObject({ authenticated: true })
})

it('T95 every resource has a token of its own; an upstream without tokens gets none', async () => {
  const world = await testWorld({
    bff: (base) => {
      const url = base.upstreams?.['orders']?.url ?? ''
      return {
        ...base,
        upstreams: {
          orders: { url, resource: 'https://orders.example/' },
          mail: { url, resource: 'https://mail.example/' },
          open: { url, token: 'none' },
        },
      }
    },
  })
  const alice = await world.signedIn()
  const sent = async (name: string): Promise<string | undefined> => {
    const answer = await alice.call(`/bff/api/${name}/1`, { headers: { Authorization: 'Bearer own' } })
    expect(answer.status).toBe(200)
    return world.api.header('authorization')[0]
  }
  const [orders, mail] = [await sent('orders'), await sent('mail')]
  expect([orders, mail].map((token) => token?.slice(0, 9))).toEqual(['Bearer ey', 'Bearer ey'])
  expect(orders).not.toBe(mail)
  expect(await sent('orders')).toBe(orders)
  expect(await sent('open')).toBeUndefined()
  const asked = world.idp.tokenCalls.map(({ params }) => params['resource'])
  expect(new Set(asked)).toEqual(new Set(['https://orders.example/', 'https://mail.example/']))
})

it('T96 no upgrade is ever granted, so no socket outlives its session', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  world.api.server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
  for (const upgrade of ['websocket', 'h2c', 'TLS/1.0', 'websocket, h2c']) {
    const bytes = await bytesFor(
      world.port,
      requestText(world.origin.slice(7), '/bff/api/orders/socket', {
        headers: {
          ...{ ...BY_PAGE, Cookie: alice.cookies(), 'X-CSRF-Token': alice.cookie('csrf') },
          ...{ Upgrade: upgrade, Connection: 'Upgrade, close' },
          ...{ 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
        },
      }),
    )
    expect(bytes).toMatch(/^HTTP\/1\.1 200/)
    expect(answersIn(bytes)).toBe(1)
  }
})

it('T97 the address an upstream is asked for is the one that came, byte for byte', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  for (const path of [
    ...['1', 'a%20b', '%C3%A9', 'a%2Cb', 'A%3db', "!$&'()*+,;=~-._", 'x?a=%2f%2e%2e&b=//c', 'x??', 'x?'],
    ...['a;v=1/b', 'x?q=%zz', '%e2%82%ac?%e2%82%ac'],
  ]) {
    const answer = await alice.call(`/bff/api/orders/${path}`)
    expect([path, answer.status, world.api.received.at(-1)?.url]).toEqual([path, 200, `/v1/${path}`])
  }
})
