import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import type { BffOptions } from '../../src/bff/options.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { ORIGIN, problemOf, startOddBench } from './bench.js'
import { PROXY, behind, doorsOf, from, shut } from './bound.js'
import { steal, wired } from './wired.js'

describe('a session bound to its network', () => {
  it('is nobody at every door from another one, and stays for its owner', async () => {
    const bench = await wired(behind({ ip: true }, { mediateTokens: true }))
    const [owner, thief] = [bench.at(from('203.0.113.7')), bench.at(from('198.51.100.7'))]
    await owner.login()
    steal(owner, thief)
    expect(await doorsOf(thief, owner.cookie('csrf') ?? '')).toEqual(shut)
    expect(bench.api.calls).toEqual([])
    // Another address of the same network is no other one, and what a client writes itself counts for nothing.
    owner.route = from('1.2.3.4, 203.0.113.200:4711')
    expect((await owner.session()).authenticated).toBe(true)
    thief.route = { proxy: '127.0.0.2', headers: { 'x-forwarded-for': '203.0.113.7' } }
    expect(await problemOf(await thief.fetch('/bff/session'))).toMatchObject({ code: 'invalid_request' })
    const warned = bench.log.filter(({ event }) => event === 'binding_mismatch')
    expect(warned[0]).toMatchObject({
      property: 'ip',
      bound: '203.0.113.0/24',
      now: '198.51.100.0/24',
      policy: 'step-up',
    })
    expect(JSON.stringify(bench.log)).not.toMatch(/203\.0\.113\.[1-9]|198\.51\.100\.[1-9]/)
  })

  it('looks at IPv6 by 56 bits, or as many as are configured', async () => {
    for (const [ip, address, same] of [
      [true, '2001:db8:0:12ff::9', true],
      [true, '2001:db8:0:1300::9', false],
      [{ v6: 64 }, '2001:db8:0:1201::9', false],
      [{ v6: 32 }, '2001:db8:9::9', true],
      [true, '203.0.113.7', false],
    ] as const) {
      const owner = (await wired(behind({ ip }))).at(from('2001:db8:0:1200::1'))
      await owner.login()
      owner.route = from(address)
      expect([ip, address, (await owner.session()).authenticated]).toEqual([ip, address, same])
    }
  })

  it('ends everywhere, and at once, where the policy says so: its open stream hears it', async () => {
    const bench = await wired(behind({ onMismatch: { ip: 'end' }, ip: true }))
    const [owner, thief] = [bench.at(from('203.0.113.7')), bench.at(from('198.51.100.7'))]
    await owner.login()
    steal(owner, thief)
    const stream = await new Promise<IncomingMessage>((resolve, reject) =>
      request(
        `${bench.url}/bff/events`,
        {
          agent: false,
          headers: {
            ...{ host: 'app.test', 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' },
            ...{ 'sec-fetch-site': 'same-origin', cookie: `__Host-Http-session=${owner.cookie('session')}` },
          },
        },
        resolve,
      )
        .on('error', reject)
        .end(),
    )
    let heard = ''
    stream.on('data', (chunk: Buffer) => (heard += chunk))
    await vi.waitFor(() => expect(heard).toContain('event: session'))
    expect(await thief.session()).toMatchObject({ last: { ended_by: 'binding' } })
    await vi.waitFor(() => expect(heard).toMatch(/event: ended\ndata: \{"ended_by":"binding"/))
    expect(await owner.session()).toMatchObject({ last: { ended_by: 'binding' } })
  })

  it('is only logged where the policy says so, whatever the others say', async () => {
    const bench = await wired(behind({ ip: true, onMismatch: { ip: 'observe', userAgent: 'end' } }))
    const owner = bench.at(from('203.0.113.7'))
    await owner.login()
    owner.route = from('198.51.100.7')
    expect((await owner.session()).authenticated).toBe(true)
    expect(bench.log.filter(({ event }) => event === 'binding_mismatch')).toMatchObject([
      { policy: 'observe' },
    ])
  })

  it('begins anew with a login from the other network, as step-up asks for', async () => {
    const bench = await wired(behind({ ip: true }))
    const owner = bench.at(from('203.0.113.7'))
    await owner.login()
    const before = owner.cookie('session')
    owner.route = from('198.51.100.7')
    expect((await owner.session()).authenticated).toBe(false)
    await owner.login()
    expect((await owner.session()).authenticated).toBe(true)
    expect(owner.cookie('session')).not.toBe(before)
  })

  it('keeps no address, and its range only under seal', async () => {
    const store = memoryStore()
    const records: string[] = []
    const create: typeof store.create = (record) => {
      records.push(JSON.stringify(record))
      return store.create(record)
    }
    const owner = (await wired(behind({ ip: true }, { store: { ...store, create } }))).at(from('203.0.113.7'))
    await owner.login()
    expect(records).toHaveLength(1)
    expect(records[0]).not.toContain('203.0.113')
  })

  it('is told to the API as the address it came from', async () => {
    const bench = await wired(behind({}))
    const owner = bench.at(from('1.2.3.4, 203.0.113.7'))
    await owner.login()
    await owner.fetch('/bff/api/echo/x')
    expect(bench.api.calls[0]?.headers['x-forwarded-for']).toBe('203.0.113.7')
  })
})

describe('a request without a socket', () => {
  const bench = (changes: Partial<BffOptions>) =>
    startOddBench({}, { bff: (base) => ({ ...base, ...changes }) })
  const ask = () => new Request(`${ORIGIN}/bff/login?return_to=/`)

  it.each([
    ['session.bindTo.ip', { session: { bindTo: { ip: true } } }],
    ['trustedProxies', { trustedProxies: ['10.0.0.1'] }],
  ] as const)('must come with its address where %s needs it', async (option, changes) => {
    const { bff } = await bench(changes)
    for (const answer of [bff.fetch(ask()), bff.protect(() => new Response())(ask())])
      await expect(answer).rejects.toThrow(ConfigurationError)
    await expect(bff.fetch(ask())).rejects.toThrow(
      new RegExp(`^${option}: .*fetch\\(request, \\{ clientAddress`),
    )
    const given = { clientAddress: '10.0.0.1' }
    expect((await bff.fetch(ask(), given)).status).not.toBe(500)
    expect((await bff.protect(() => new Response())(ask(), given)).status).toBe(401)
  })

  it('needs none otherwise, whatever a runtime gives it', async () => {
    const { bff } = await bench({})
    const fetchedBy: (request: Request, env: { DB: string }) => Promise<Response> = bff.fetch
    expect((await fetchedBy(ask(), { DB: 'x' })).status).toBe(303)
  })

  it('with an address that is none is answered by nobody, and ends nothing', async () => {
    const { bff, browser, log } = await bench({ session: { bindTo: { ip: true, onMismatch: 'end' } } })
    let clientAddress = '203.0.113.7'
    browser.agent.handle(ORIGIN, (given) => bff.fetch(given, { clientAddress }))
    await browser.login()
    clientAddress = 'nowhere'
    expect((await browser.fetch('/bff/session')).status).toBe(503)
    expect(log.at(-1)).toMatchObject({ level: 'error' })
    clientAddress = '203.0.113.8'
    expect((await browser.session()).authenticated).toBe(true)
  })
})

describe('the scheme', () => {
  it('is believed from trusted proxies alone, where there are any', async () => {
    const bench = await wired({ trustedProxies: [PROXY] })
    const [user, forger] = [bench.at(from('203.0.113.7')), bench.at({ proxy: '127.0.0.2' })]
    await user.login()
    expect((await user.session()).authenticated).toBe(true)
    const said = await problemOf(await forger.fetch('/bff/session'))
    expect(said['detail']).toContain('this one is not in trustedProxies')
  })
})
