/** The event stream over real sockets: node:http at one end, `fetch` at the other, and a wire in between that can fail. */
import { createServer } from 'node:http'
import { connect, createServer as createWire, type AddressInfo, type Server, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import type { Bff } from '../../src/bff/index.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { bffClient, createSessionClient, type SessionState } from '../../src/index.js'
import { cookiesOn } from '../support/app-tab.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, startTestIdp } from '../support/idp.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import { createUserAgent } from '../support/user-agent.js'

const until = <T>(look: () => T): Promise<T> => vi.waitFor(look, { timeout: 8000, interval: 5 })

const listening = async (server: Server, port = 0): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A wire to a server: cut, or dead without a word. */
const layWire = async (to: () => number) => {
  const ends = new Map<Socket, Socket>()
  const wire = createWire((near) => {
    const far = connect(to(), '127.0.0.1')
    ends.set(near, far)
    near.pipe(far).pipe(near)
    const gone = (): void => {
      ends.delete(near)
      near.destroy()
      far.destroy()
    }
    for (const end of [near, far]) end.on('error', gone).on('close', gone)
  })
  const port = await listening(wire)
  const cut = (): void => {
    for (const near of ends.keys()) near.destroy()
  }
  onTestFinished(() => {
    cut()
    wire.close()
  })
  return {
    port,
    cut,
    /** Nothing comes through any more on what is connected now, and nobody is told. */
    die: () => {
      for (const [near, far] of ends) {
        far.unpipe(near)
        far.resume()
      }
    },
  }
}

/** A page of the app that is signed in and hears of its session. */
const start = async () => {
  let port = 0
  const wire = await layWire(() => port)
  const origin = `http://localhost:${wire.port}`
  const idp = await startTestIdp({ appOrigins: [origin] })
  const store = memoryStore()
  const idpOptions = { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET }
  const make = (): Bff =>
    createBff({ origin, idp: idpOptions, secrets: ['test-secret-of-thirty-two-letters-or-more'], store })
  let bff = make()
  let streams = 0
  let asked = 0
  const server = createServer((request, response) => {
    if (request.url === '/bff/events') {
      asked += 1
      streams += 1
      response.once('close', () => (streams -= 1))
    }
    bff.node(request, response, () => response.end('the app'))
  })
  port = await listening(server)
  const agent = createUserAgent()
  await agent.navigate(`${origin}/bff/login?return_to=/`, { from: `${origin}/` })
  await agent.login('alice')

  const fetch = agent.newTab().fetchFrom(`${origin}/`)
  const page = createTestPlatform({ address: `${origin}/`, fetch, cookies: cookiesOn(agent, `${origin}/`) })
  const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, page)
  onTestFinished(async () => {
    client.stop()
    await bff.close()
    server.closeAllConnections()
    server.close()
    await idp.close()
  })
  expect((await client.start()).status).toBe('authenticated')
  const statuses: SessionState['status'][] = []
  client.subscribe(({ status }) => statuses.push(status))
  const world = {
    ...{ client, page, wire, statuses },
    get bff() {
      return bff
    },
    get asked() {
      return asked
    },
    get streams() {
      return streams
    },
    async restart() {
      await bff.close()
      bff = make()
    },
  }
  await streaming(world)
  return world
}

const streaming = (world: { page: TestPlatform; streams: number; asked: number }, asked = 1): Promise<void> =>
  until(() => {
    world.page.advance(asked > world.asked ? 500 : 0)
    expect(world.streams).toBe(1)
    expect(world.asked).toBeGreaterThanOrEqual(asked)
  })

/** An administrator ends the session: the page hears it by itself, and by then so much time has passed at each look, ms. */
const heardOf = async (world: Awaited<ReturnType<typeof start>>, passing = 0): Promise<void> => {
  await world.bff.sessions.end({ sub: 'alice' })
  await until(() => {
    world.page.advance(passing)
    expect(world.client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'revoked' })
  })
}

describe('the event stream over a wire', () => {
  it('brings what happens, and is closed then', async () => {
    const world = await start()
    await heardOf(world)
    await until(() => expect(world.streams).toBe(0))
    // It leads on for a moment, until the other tabs know.
    world.page.advance(1000)
    expect([world.page.timers, world.asked]).toEqual([0, 1])
  })

  it('is closed at both ends when the client stops', async () => {
    const world = await start()
    world.client.stop()
    await until(() => expect(world.streams).toBe(0))
  })

  it('that is cut is laid anew', async () => {
    const world = await start()
    world.wire.cut()
    await streaming(world, 2)
    expect(world.statuses).not.toContain('unauthenticated')
    await heardOf(world)
  })

  it('that is cut while the session is ended brings why', async () => {
    const world = await start()
    world.wire.cut()
    await heardOf(world, 500)
  })

  it('that is dead without a word is noticed by its silence', async () => {
    const world = await start()
    world.wire.die()
    await world.bff.sessions.end({ sub: 'alice' })
    world.page.advance(39_000)
    expect(world.client.getState().status).toBe('authenticated')
    await heardOf(world, 500)
  })

  it('leads to the next instance where one stops', async () => {
    const world = await start()
    await world.restart()
    await streaming(world, 2)
    expect(world.statuses).not.toContain('unauthenticated')
    await heardOf(world)
  })
})
