// The BFF and the provider run in this process; the page is a stand-in anyway.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { startBench } from '../bff/bench.js'
import { openApp, openMediated, pass, signedIn } from './real-bff.js'

const limit = (burst: number) => ({
  bff: (base: Parameters<NonNullable<NonNullable<Parameters<typeof startBench>[0]>['bff']>>[0]) => ({
    ...base,
    mediateTokens: true,
    rateLimit: { session: { burst, perSecond: 0.2 } },
  }),
})

/** Uses up what the session may ask for. */
async function exhaust(browser: Awaited<ReturnType<typeof startBench>>['browser']): Promise<void> {
  for (let i = 0; i < 50; i++) if ((await browser.fetch('/bff/session')).status === 429) return
  throw new Error('there is no limit')
}

describe('a page whose session has asked for too much', () => {
  it('keeps its session when a renewal is refused, and renews when the time has come', async () => {
    const bench = await startBench(limit(10))
    const app = await signedIn(bench.browser)
    await exhaust(bench.browser)
    await expect(app.client.refresh()).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'network_failed',
      retryable: true,
      retryAfter: 5_000,
    })
    expect(app.client.getState()).toMatchObject({
      status: 'authenticated',
      session: { user: { sub: 'alice' } },
    })
    pass(bench, app, 6)
    expect(await app.client.refresh()).toMatchObject({ user: { sub: 'alice' } })
  })

  it('that was just loaded goes on trying, and is never signed out', async () => {
    const bench = await startBench(limit(10))
    await signedIn(bench.browser)
    await exhaust(bench.browser)
    const app = openApp(bench.browser)
    expect(await app.client.start()).toMatchObject({
      status: 'loading',
      error: { code: 'network_failed' },
      retryAt: expect.any(Number),
    })
    const seen: string[] = []
    app.client.subscribe(({ status }) => seen.push(status))
    await expect
      .poll(() => {
        pass(bench, app, 2)
        return app.client.getState().status
      })
      .toBe('authenticated')
    expect(seen).not.toContain('unauthenticated')
    expect(app.page.left).toEqual([])
  })

  it('is told to wait where it asks for a token, and where it asks whether it is signed in', async () => {
    const bench = await startBench(limit(10))
    await signedIn(bench.browser)
    const client = openMediated(bench.browser)
    await client.start()
    await exhaust(bench.browser)
    await expect(client.oauth.getAccessToken()).rejects.toMatchObject({ name: 'NetworkError' })
    await expect(client.checkSession()).rejects.toMatchObject({ name: 'NetworkError' })
    expect(client.getState()).toMatchObject({ status: 'authenticated' })
  })

  it('can still leave', async () => {
    const bench = await startBench(limit(10))
    const app = await signedIn(bench.browser)
    await exhaust(bench.browser)
    await app.client.logout({ scope: 'app' })
    expect(app.client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    expect(bench.browser.cookie('session')).toBeUndefined()
  })
})
