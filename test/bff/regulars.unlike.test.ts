import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { startOddBench } from './bench.js'
import { countingStore, signedIn } from './regular-calls.js'

describe('a call like one before', () => {
  it('is none where it writes and that one read, though all that a browser says of it is the same', async () => {
    const { bff, request, api } = await signedIn()
    const send = async (method: string): Promise<number> => {
      const { url, headers } = request({ csrf: null })
      return (await bff.fetch(new Request(url, { method, headers }))).status
    }
    for (let i = 0; i < 2; i++) expect(await send('GET')).toBe(200)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'QUERY']) expect(await send(method)).toBe(403)
    expect(api.calls.map(({ method }) => method)).toEqual(['GET', 'GET'])
  })

  it('is none where it comes from another address: that is told to the upstream', async () => {
    const { bff, request, api } = await signedIn()
    const addresses = ['203.0.113.7', '203.0.113.7', '203.0.113.8', '203.0.113.7']
    for (const clientAddress of addresses)
      expect((await bff.fetch(request(), { clientAddress })).status).toBe(200)
    expect(api.calls.map(({ headers }) => headers['x-forwarded-for'])).toEqual(addresses)
  })

  it('is decided anew once anything was written about the session, whatever it was', async () => {
    const { store, counts } = countingStore()
    const { call, bff } = await signedIn(store, { idle: 0 })
    for (let i = 0; i < 2; i++) await call()
    const [{ ref } = { ref: '' }] = await bff.sessions.list({ sub: 'alice' })
    const [record] = await store.list({ ref }, 0)
    if (record === undefined) throw new Error('no record')
    expect(await store.replace(record, record.version)).toBe(true)
    const { get } = counts
    expect((await call())[0]).toBe(200)
    expect(counts.get).toBeGreaterThan(get)
  })

  it('is refused once time alone has ended the session: that at the IDP, and the access it relied on', async () => {
    const ends = { idle: 0, idpLifetime: 30, whenIdpSessionEnds: { expired: 'end' as const } }
    const { call, clock } = await signedIn(memoryStore(), ends)
    for (let i = 0; i < 2; i++) expect((await call())[0]).toBe(200)
    clock.advance(31)
    expect(await call()).toEqual([401, 'login_required'])

    const bench = await startOddBench(
      { expiresIn: 40 },
      {
        bff: (base) => {
          const url = base.upstreams?.['echo']?.url ?? ''
          return {
            ...base,
            session: { idle: 0 },
            upstreams: { echo: { url }, other: { url, resource: 'urn:other' } },
          }
        },
      },
    )
    await bench.browser.login()
    bench.idp.traits.expiresIn = 400
    const other = async (): Promise<number> => (await bench.browser.fetch('/bff/api/other/x')).status
    expect(await other()).toBe(200)
    bench.idp.revokeAll()
    await bench.browser.post('/bff/refresh')
    for (let i = 0; i < 3; i++) expect(await other()).toBe(200)
    bench.clock.advance(41)
    expect(await other()).toBe(401)
  })
})
