/** Too much, too slow, or broken off. */
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { each, heldMemory, many, PATIENCE } from './masses.js'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { bytesFor, dial, eventually, read, requestText } from './wire.js'
import type { HeaderList } from './wire.js'
import { testWorld } from './world.js'
import type { World } from './world.js'

/** A call as text, with the session of a visitor. */
const call = (world: World, who: Visitor, path: string, method: string, ...more: HeaderList): string =>
  requestText(world.origin.slice(7), path, {
    method,
    headers: [
      ['Cookie', who.cookies()],
      ['X-CSRF-Token', who.cookie('csrf')],
      ...Object.entries(BY_PAGE),
      ...more,
    ],
  })

it('T89 what is too large is refused while it comes, and costs no memory', async () => {
  const world = await testWorld({
    bff: (base) => ({
      ...base,
      upstreams: { orders: { url: base.upstreams?.['orders']?.url ?? '', maxBody: 100_000 } },
    }),
  })
  const alice = await world.signedIn()
  const host = world.origin.slice(7)
  const status = async (text: string): Promise<number> => read(await bytesFor(world.port, text)).status
  expect(
    await status(call(world, alice, '/bff/api/orders/1', 'POST', ['Content-Length', '1000000000'])),
  ).toBe(413)
  const chunk = `2710\r\n${'x'.repeat(10_000)}\r\n`
  const chunked = call(world, alice, '/bff/api/orders/1', 'POST', ['Transfer-Encoding', 'chunked'])
  expect(await status(chunked + chunk.repeat(11) + '0\r\n\r\n')).toBe(413)
  expect(await status(chunked + chunk.repeat(9) + '0\r\n\r\n')).toBe(200)

  const doors = [
    ['/bff/logout', 'application/json'],
    ['/bff/refresh', 'application/json'],
    ['/bff/backchannel-logout', 'application/x-www-form-urlencoded'],
    ['/bff/callback', 'application/x-www-form-urlencoded'],
  ] as const
  for (const [door, type] of doors) {
    const text = call(world, alice, door, 'POST', ['Content-Type', type], ['Content-Length', '200000'])
    expect([door, await status(text + 'x'.repeat(200_000))]).toEqual([door, 413])
  }
  expect(await status(requestText(host, `/bff/${'x'.repeat(65_536)}`))).toBeGreaterThanOrEqual(414)
  expect(await status(requestText(host, '/bff/session', { headers: { 'X-A': 'x'.repeat(100_000) } }))).toBe(
    431,
  )
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`X-${i}`, '1']))
  expect(await status(requestText(host, '/bff/session', { headers: many }))).toBe(431)
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
})

it('T90 slow heads and bodies are cut off, and nobody else waits for them', async () => {
  const world = await testWorld({ serve: { timeouts: { head: 0.4, request: 0.8, idle: 0.4 } } })
  const alice = await world.signedIn()
  const begun = Date.now()
  const closed: string[] = []
  const slow = async (name: string, first: string): Promise<void> => {
    const socket = await dial(world.port)
    let text = ''
    socket.on('data', (data) => (text += String(data)))
    socket.on('error', () => {})
    socket.write(first)
    const drip = setInterval(() => first !== '' && socket.writable && socket.write('x'), 100)
    onTestFinished(() => (clearInterval(drip), void socket.destroy()))
    socket.on('close', () => (clearInterval(drip), closed.push(name), answers.set(name, text)))
  }
  const answers = new Map<string, string>()
  for (let i = 0; i < 50; i++) await slow(`head ${i}`, `GET /bff/session HTTP/1.1\r\nX-Slow: `)
  await slow('nothing', '')
  await slow('body', call(world, alice, '/bff/api/orders/1', 'POST', ['Content-Length', '1000']))
  await slow('door', call(world, alice, '/bff/logout', 'POST', ['Content-Length', '1000']))
  expect((await alice.call('/bff/api/orders/2')).status).toBe(200)
  expect(await eventually(() => closed.length === 53)).toBe(true)
  expect(Date.now() - begun).toBeLessThan(25_000)
  for (const [name, text] of answers)
    if (text !== '') expect([name, text.slice(0, 12)]).toEqual([name, 'HTTP/1.1 408'])
  expect(await alice.session()).toMatchObject({ authenticated: true })
})

/** An answer that never ends. */
const endless = (_: unknown, response: ServerResponse): void => {
  const more = (): void => {
    while (response.write(Buffer.alloc(65_536)));
  }
  response.on('drain', more)
  more()
}

it('T90 a reader that takes nothing any more is let go of, and so is what it was reading', async () => {
  const world = await testWorld({ serve: { timeouts: { stalled: 0.5 } } })
  const alice = await world.signedIn()
  world.api.answer = endless
  const socket = await dial(world.port)
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.pause()
  socket.write(call(world, alice, '/bff/api/orders/endless', 'GET'))
  expect(await eventually(() => world.api.received.at(-1)?.abandoned() === true)).toBe(true)

  // An answer that is slow itself is waited for, by a reader that would take it.
  world.api.answer = (_, response) => void setTimeout(() => response.end('late'), 1200)
  expect((await alice.call('/bff/api/orders/late')).body).toBe('late')
})

it('T90 a reader that takes a little now and then is let go of as well, and one that is only slow is not', async () => {
  const world = await testWorld({ serve: { timeouts: { slow: 0.4, stalled: 60 } } })
  const alice = await world.signedIn()
  world.api.answer = endless
  const socket = await dial(world.port)
  let taken = 0
  const trickle = setInterval(() => (taken += (socket.read(4000) as Buffer | null)?.length ?? 0), 100)
  onTestFinished(() => (clearInterval(trickle), void socket.destroy()))
  socket.on('error', () => {})
  socket.pause()
  socket.write(call(world, alice, '/bff/api/orders/endless', 'GET'))
  expect(await eventually(() => world.api.received.at(-1)?.abandoned() === true, 20_000)).toBe(true)
  expect(taken).toBeGreaterThan(0)

  // A whole answer that is read as fast as it comes, and a stream that is silent for long, are nobody's fault.
  const size = 20_000_000
  world.api.answer = (_, response) => void response.end(Buffer.alloc(size))
  expect((await alice.call('/bff/api/orders/large')).body).toHaveLength(size)
  world.api.answer = (_, response) => {
    response.write('a')
    setTimeout(() => response.end('b'), 1000)
  }
  expect((await alice.call('/bff/api/orders/silent')).body).toBe('ab')
})

it('T91 what is compressed passes as it is, both ways', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const bomb = gzipSync(Buffer.alloc(20_000_000))
  const digest = createHash('sha256').update(bomb).digest('hex')
  world.api.answer = (_, response, received) => {
    void received.body.then((body) => {
      response.setHeader('X-Received', createHash('sha256').update(body).digest('hex'))
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' }).end(bomb)
    })
  }
  const text = call(
    world,
    alice,
    '/bff/api/orders/1',
    'POST',
    ['Content-Encoding', 'gzip'],
    ['Content-Length', String(bomb.length)],
  )
  const answer = read(await bytesFor(world.port, Buffer.concat([Buffer.from(text), bomb])))
  expect([answer.header('content-encoding'), answer.header('x-received')]).toEqual(['gzip', digest])
  expect(createHash('sha256').update(Buffer.from(answer.body, 'latin1')).digest('hex')).toBe(digest)
})

it(
  'T92 masses of transfers that the client breaks off leave nothing behind',
  { timeout: PATIENCE },
  async () => {
    const world = await testWorld()
    const alice = await world.signedIn()
    // By path: a transfer has come, and was broken off.
    const [come, gone] = [new Map<string, () => void>(), new Map<string, () => void>()]
    world.api.answer = (request, response) => {
      request.resume()
      response.on('close', () => gone.get(request.url ?? '')?.())
      response.writeHead(200).write('x', () => come.get(request.url ?? '')?.())
    }
    const [before, late, width] = [heldMemory(), new Set<string>(), 10]
    await each(many(200, 10_000), width, async (i) => {
      const [path, socket] = [`/v1/${i}`, await dial(world.port)]
      socket.on('error', () => {})
      const uploads = i % 2 === 0
      const length: HeaderList = uploads ? [['Content-Length', '100000']] : []
      const text = call(world, alice, `/bff/api/orders/${i}`, uploads ? 'POST' : 'GET', ...length)
      const hasCome = new Promise<void>((resolve) => come.set(path, resolve))
      const isGone = new Promise<void>((resolve) => gone.set(path, resolve))
      socket.write(uploads ? `${text}half` : text)
      await hasCome
      const begun = performance.now()
      socket.destroy()
      await isGone
      if (performance.now() - begun > 1000) late.add(path)
      come.delete(path)
      gone.delete(path)
      world.api.received.length = 0
    })
    expect([...late]).toEqual([])
    // No more connections than there were transfers at a time: they serve the calls that come.
    const open = await new Promise<number>((resolve) =>
      world.api.server.getConnections((_, count) => resolve(count)),
    )
    expect(open).toBeLessThanOrEqual(width)
    expect(heldMemory() - before).toBeLessThan(32)
  },
)
