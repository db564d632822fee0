import { describe, expect, it } from 'vitest'
import { answerFor } from '../arrival.js'
import { ORIGIN, startOddBench } from '../bench.js'
import type { BffBench, Browser } from '../bench.js'

const arrive = async (browser: Browser, url: URL): Promise<string> => {
  const page = await browser.agent.navigate(url, { from: 'http://localhost' })
  return page.url.href.slice(ORIGIN.length)
}

describe('logins that go in circles', () => {
  const round = async (browser: Browser): Promise<string> => arrive(browser, await answerFor(browser))

  it('stop after three that came back and led to no used session', async () => {
    const { browser, log } = await startOddBench()
    for (let i = 0; i < 3; i++) {
      expect(await round(browser)).toBe('/app')
      // The app never sees the session: its cookie is gone before it asks.
      browser.agent.cookies.delete(ORIGIN, '__Host-Http-session')
    }
    const stopped = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, { from: `${ORIGIN}/` })
    expect(stopped.url.href).toBe(`${ORIGIN}/app?login_error=login_loop`)
    expect(log.map(({ event }) => event)).toContain('login_loop')
  })

  it('stop after three that failed, and go on after a minute', async () => {
    const { browser, clock } = await startOddBench({ authorizationError: 'access_denied' })
    for (let i = 0; i < 3; i++) expect(await round(browser)).toBe('/app?login_error=access_denied')
    const stopped = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, { from: `${ORIGIN}/` })
    expect(stopped.url.href).toBe(`${ORIGIN}/app?login_error=login_loop`)
    clock.advance(61)
    expect(await round(browser)).toBe('/app?login_error=access_denied')
  })

  const uses: [string, (browser: Browser, bench: BffBench) => Promise<unknown>][] = [
    ['asked for', (browser) => browser.signedIn()],
    ['used for a call', (browser) => browser.fetch('/bff/api/echo/x')],
  ]

  it.each(uses)('are none where each session is %s', async (_, use) => {
    const bench = await startOddBench()
    for (let i = 0; i < 5; i++) {
      expect(await round(bench.browser)).toBe('/app')
      await use(bench.browser, bench)
    }
  })

  it('are none where logins are only begun', async () => {
    const { browser } = await startOddBench()
    for (let i = 0; i < 6; i++) await answerFor(browser)
    expect(await round(browser)).toBe('/app')
  })
})
