import { afterEach, describe, expect, it } from 'vitest'
import { admin } from '../../../src/bff/server/admin.js'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { startOddBench } from '../bench.js'
import { run } from '../node/harness.js'
import type { Answer, Running } from '../node/harness.js'

let app: Running
afterEach(() => app.close())

/** The listener of a BFF with two sessions of one user, and a store that may fail. */
async function start() {
  const store = memoryStore()
  const fault = { down: false }
  const failing: typeof store.deleteWhere = (...args) =>
    fault.down ? Promise.reject(new Error('down')) : store.deleteWhere(...args)
  const bench = await startOddBench(
    {},
    { bff: (base) => ({ ...base, store: { ...store, deleteWhere: failing } }) },
  )
  const other = bench.newBrowser()
  await bench.browser.login()
  await other.login()
  app = await run(admin(bench.bff, 'https://app.test'))
  return { ...bench, other, fault, sub: bench.idp.traits.user.sub, sid: bench.idp.traits.sid ?? '' }
}

const body = ({ body: text }: Answer): Record<string, unknown> => JSON.parse(text)

describe('/sessions of the admin listener', () => {
  it('lists the sessions of a user or of an IDP session, and shows nothing of what they hold', async () => {
    const { sub, sid, browser } = await start()
    const { ref } = await browser.signedIn()
    for (const query of [`sub=${sub}`, `sid=${sid}`, `sub=${sub}&sid=${sid}`]) {
      const answer = await app.call(`/sessions?${query}`)
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
      const { sessions: listed } = body(answer) as { sessions: Record<string, unknown>[] }
      expect(listed).toHaveLength(2)
      expect(listed.find((one) => one['id'] === ref)).toEqual({
        ...{ id: ref, ref, user_agent: expect.any(String) },
        ...{ started_at: expect.any(Number), used_at: expect.any(Number), expires_at: expect.any(Number) },
      })
    }
    expect(body(await app.call('/sessions?sub=nobody'))).toEqual({ sessions: [] })
    expect(body(await app.call(`/sessions?sub=nobody&sid=${sid}`))).toEqual({ sessions: [] })
  })

  it('ends one, or all, as an administrator', async () => {
    const { sub, browser, other } = await start()
    const end = (query: string): Promise<Answer> => app.call(`/sessions?${query}`, { method: 'DELETE' })
    expect(body(await end(`id=${(await browser.signedIn()).ref}`))).toEqual({ ended: 1 })
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'revoked' } })
    expect((await other.session()).authenticated).toBe(true)
    expect(body(await end(`sub=${sub}&sid=another`))).toEqual({ ended: 0 })
    expect(body(await end(`sub=${sub}`))).toEqual({ ended: 1 })
    expect(await other.session()).toMatchObject({ last: { ended_by: 'revoked' } })
  })

  it('does nothing where it is not told whose, clearly', async () => {
    const { sub, other } = await start()
    const queries = ['', 'sub=', `sub=${sub}&sub=bob`, `sub=${sub}&all=1`, `id=x&sub=${sub}`, 'user=alice']
    for (const method of ['GET', 'DELETE'])
      for (const query of queries) {
        const answer = await app.call(`/sessions?${query}`, { method })
        expect([answer.status, body(answer)['code']]).toEqual([400, 'invalid_request'])
      }
    expect((await app.call('/sessions?id=x')).status).toBe(400)
    expect(await app.call(`/sessions?sub=${sub}`, { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, DELETE' },
    })
    expect((await other.session()).authenticated).toBe(true)
  })

  it('answers no page of a browser, and says so where the store does not answer', async () => {
    const { sub, other, fault } = await start()
    for (const headers of [{ origin: 'http://evil.test' }, { 'sec-fetch-site': 'same-origin' }])
      for (const method of ['GET', 'DELETE'])
        expect((await app.call(`/sessions?sub=${sub}`, { method, headers })).status).toBe(403)
    fault.down = true
    expect(await app.call(`/sessions?sub=${sub}`, { method: 'DELETE' })).toMatchObject({
      status: 503,
      headers: { 'retry-after': expect.any(String) },
    })
    expect((await other.session()).authenticated).toBe(true)
  })
})
