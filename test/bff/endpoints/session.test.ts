import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cookieNames } from '../../../src/protocol.js'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'

/** A store that is there for the length of a test. */
const stores: [string, () => string][] = [
  ['memory', () => 'memory:'],
  [
    'SQLite',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'tandem-flow-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      return `sqlite:${join(folder, 'sessions.db')}`
    },
  ],
]

describe.each(stores)('a session that was ended (%s)', (_, store) => {
  it('says who ended it and when to the holder of its cookie, in every tab, for a day', async () => {
    const { browser, bff, clock, newBrowser } = await startOddBench(
      {},
      {
        bff: (base) => ({ ...base, store: store() }),
      },
    )
    await browser.login()
    const tab = browser.newTab()
    const { user } = await browser.signedIn()
    expect(await bff.sessions.end({ sub: user.sub })).toBe(1)
    const at = clock.now()
    clock.advance(3600)
    for (const one of [browser, tab, browser]) {
      const answer = await one.session()
      expect(answer).toEqual({ authenticated: false, last: { ended_by: 'revoked', at: expect.any(Number) } })
      expect(Math.abs((answer.authenticated ? 0 : (answer.last?.at ?? 0)) - at)).toBeLessThan(5000)
    }
    const call = await browser.fetch('/bff/api/echo/x', { csrf: null })
    expect(call.headers.get('www-authenticate')).toContain('Bearer')
    expect(await problemOf(call)).toMatchObject({ status: 401, code: 'login_required', ended_by: 'revoked' })
    expect(await newBrowser().session()).toEqual({ authenticated: false })

    clock.advance(24 * 3600)
    expect(await browser.session()).toEqual({ authenticated: false })
    expect(browser.cookie('session')).toBeUndefined()
  })
})

describe('a cookie that opens no session', () => {
  it.each(['A'.repeat(43), 'short', 'x'.repeat(5000), '%00', "' OR 1=1 --"])(
    '(%j) is nobody',
    async (value) => {
      const { bff } = await startOddBench()
      const headers = {
        cookie: `${cookieNames.session}=${value}`,
        'sec-fetch-site': 'same-origin',
        'x-csrf-token': '1',
      }
      const answer = await bff.fetch(new Request(`${ORIGIN}/bff/session`, { headers }))
      expect(await answer.json()).toEqual({ authenticated: false })
      expect(answer.headers.getSetCookie().join()).toContain(`${cookieNames.session}=;`)
      delete (headers as Partial<typeof headers>)['x-csrf-token']
      const call = await bff.fetch(new Request(`${ORIGIN}/bff/api/echo/x`, { headers }))
      expect(await problemOf(call)).toMatchObject({ status: 401, code: 'session_unknown' })
    },
  )

  it('none at all asks to log in', async () => {
    const { bff } = await startOddBench()
    const headers = { 'sec-fetch-site': 'same-origin' }
    const call = await bff.fetch(new Request(`${ORIGIN}/bff/api/echo/x`, { headers }))
    expect(await problemOf(call)).toMatchObject({ status: 401, code: 'login_required' })
  })
})
