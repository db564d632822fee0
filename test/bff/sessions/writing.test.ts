import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../../../src/bff/options.js'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { problemOf, startOddBench } from '../bench.js'

const limits = (session: BffOptions['session']) => ({
  bff: (base: BffOptions): BffOptions => ({ ...base, session: session ?? {} }),
})

describe('the ends of an app session', () => {
  it('idle: calls move it, asking does not', async () => {
    const { browser, clock } = await startOddBench({}, limits({ idle: 600, absolute: 7200 }))
    await browser.login()
    const { app } = await browser.signedIn()
    expect(app.idle_ends_at).toBe(app.started_at + 600_000)
    for (let i = 0; i < 3; i++) {
      clock.advance(250)
      expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    }
    for (let i = 0; i < 4; i++) {
      clock.advance(149)
      expect((await browser.session()).authenticated).toBe(true)
      const body = { if_expires_at: (await browser.signedIn()).access.expires_at }
      expect((await browser.post('/bff/refresh', body)).status).toBe(200)
    }
    clock.advance(10)
    const over = await browser.fetch('/bff/api/echo/x')
    expect(await problemOf(over)).toMatchObject({ code: 'login_required', ended_by: 'app_session_over' })
  })

  it('idle: is written once a second at most, however busy the session is', async () => {
    const store = memoryStore()
    let writes = 0
    const counting: typeof store = {
      ...store,
      async replace(record, version) {
        const written = await store.replace(record, version)
        if (written) writes++
        return written
      },
    }
    let now = Date.now()
    const { browser } = await startOddBench(
      {},
      { bff: (base) => ({ ...base, store: counting }), edges: { now: () => now } },
    )
    await browser.login()
    const { app } = await browser.signedIn()
    const calls = () => Promise.all(Array.from({ length: 20 }, () => browser.fetch('/bff/api/echo/x')))
    now += 2000
    await calls()
    await calls()
    expect((await browser.signedIn()).app.idle_ends_at).toBe((app.idle_ends_at ?? 0) + 2000)
    expect(writes).toBe(1)
  })

  it('idle: none where it is 0', async () => {
    const { browser, clock } = await startOddBench(
      { expiresIn: 100_000 },
      limits({ idle: 0, absolute: 86_400 }),
    )
    await browser.login()
    expect((await browser.signedIn()).app).not.toHaveProperty('idle_ends_at')
    clock.advance(80_000)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
  })

  it('absolute: nothing moves it', async () => {
    const { bff, browser, clock } = await startOddBench({}, limits({ idle: 600, absolute: 1500 }))
    await browser.login()
    const { ends_at: end } = (await browser.signedIn()).app
    for (let i = 0; i < 4; i++) {
      clock.advance(350)
      expect((await browser.post('/bff/refresh')).status).toBe(200)
      expect((await browser.signedIn()).app.ends_at).toBe(end)
      expect((await browser.signedIn()).app.idle_ends_at).toBeLessThanOrEqual(end)
      const [stored] = await bff.sessions.list({ sub: (await browser.signedIn()).user.sub })
      expect(stored?.expiresAt).toBeLessThanOrEqual(end)
    }
    clock.advance(101)
    expect(await browser.session()).toEqual({
      authenticated: false,
      last: { ended_by: 'app_session_over', at: end },
    })
  })
})
