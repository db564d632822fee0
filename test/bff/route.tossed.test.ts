import { describe, expect, it } from 'vitest'
import { ORIGIN, problemOf, startOddBench } from './bench.js'

describe('a cookie that came twice', () => {
  it.each(['GET', 'POST'])('lets nobody into an own route (%s), and is cleared', async (method) => {
    const { bff, browser } = await startOddBench()
    let calls = 0
    const route = bff.protect(() => ((calls += 1), new Response()))
    await browser.login()
    const [session, csrf] = [browser.cookie('session'), browser.cookie('csrf') ?? '']
    const cookie = `__Host-Http-session=${session}; __Host-Http-session=${'x'.repeat(43)}; __Host-csrf=${csrf}`
    for (const one of [cookie, cookie.split('; ').toReversed().join('; ')]) {
      const headers = { cookie: one, 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf }
      const answer = await route(new Request(`${ORIGIN}/page`, { method, headers }))
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([400, 'cookie_conflict'])
      expect(answer.headers.getSetCookie().join()).toContain('__Host-Http-session=; ')
    }
    expect(calls).toBe(0)
  })
})
