import { describe, expect, it } from 'vitest'
import { answerFor, visit } from '../arrival.js'
import { ORIGIN, startBench, startOddBench } from '../bench.js'
import { memoryStore } from '../../../src/bff/stores/memory.js'

describe('an answer at the redirect URI', () => {
  it('that comes twice at once is exchanged once, and both get the same session', async () => {
    const { browser, bff, idp } = await startOddBench()
    const answer = await answerFor(browser)
    const answers = await Promise.all([1, 2, 3].map(() => bff.fetch(visit(browser, answer))))
    const sessions = answers.map((one) =>
      one.headers.getSetCookie().find((cookie) => cookie.startsWith('__Host-Http-session=')),
    )
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
    expect(new Set(sessions).size).toBe(1)
    expect(sessions[0]).toMatch(/=[\w-]{43};/)
    expect(idp.tokenCalls).toHaveLength(1)
  })
})

describe('a login that cannot be kept', () => {
  it('goes back with why, and not to a problem document', async () => {
    const store = memoryStore()
    const failing = { ...store, create: () => Promise.reject(new Error('disk full')) }
    const { browser, log } = await startOddBench({}, { bff: (base) => ({ ...base, store: failing }) })
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=server_error`)
    expect(log.some(({ level }) => level === 'error')).toBe(true)
    expect(JSON.stringify(log)).not.toContain('disk full')
  })
})

describe('a login without a refresh token', () => {
  it('is told of once where offline_access was asked for, and again a day later', async () => {
    const { newBrowser, log, clock } = await startOddBench({ issuesRefreshToken: false })
    const told = () => log.filter(({ event }) => event === 'refresh_token_missing')
    for (let i = 0; i < 3; i++) await newBrowser().login()
    expect(told()).toEqual([{ level: 'warn', event: 'refresh_token_missing' }])
    clock.advance(24 * 60 * 60 + 1)
    await newBrowser().login()
    expect(told().at(-1)).toEqual({ level: 'warn', event: 'refresh_token_missing', untold: 2 })
  })

  it('is as it should be where that was not asked for, and nothing is told where one came', async () => {
    const plain = await startOddBench(
      { issuesRefreshToken: false },
      { bff: (base) => ({ ...base, idp: { ...base.idp, scope: 'openid profile' } }) },
    )
    await plain.browser.login()
    const given = await startOddBench()
    await given.browser.login()
    for (const { log, browser } of [plain, given]) {
      await browser.signedIn()
      expect(log.map(({ event }) => event)).not.toContain('refresh_token_missing')
    }
  })
})

describe('a login of somebody who is signed in', () => {
  it('is a new session; the one it was started from ends, though its cookie does not come along', async () => {
    const { browser, bff, newBrowser } = await startBench()
    await browser.login('alice')
    const [before, ref] = [browser.cookie('session') ?? '', (await browser.signedIn()).ref]
    await browser.login('alice', '/bff/login?return_to=/&prompt=login')
    expect(browser.cookie('session')).not.toBe(before)
    expect((await browser.signedIn()).ref).not.toBe(ref)

    const thief = newBrowser()
    thief.agent.cookies.set(new URL(ORIGIN), `__Host-Http-session=${before}; Secure; HttpOnly; Path=/`)
    expect(await thief.session()).toEqual({
      authenticated: false,
      last: { ended_by: 'replaced', at: expect.any(Number) },
    })
    expect(await bff.sessions.list({ sub: 'alice' })).toHaveLength(1)
  })

  it('as another user ends the first one’s session as user_changed', async () => {
    const { browser, bff, newBrowser } = await startBench()
    await browser.login('alice')
    const before = browser.cookie('session') ?? ''
    await browser.login('bob', '/bff/login?return_to=/&prompt=login')
    expect((await browser.signedIn()).user.sub).toBe('bob')
    const late = newBrowser()
    late.agent.cookies.set(new URL(ORIGIN), `__Host-Http-session=${before}; Secure; HttpOnly; Path=/`)
    expect(await late.session()).toMatchObject({ last: { ended_by: 'user_changed' } })
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
  })

  it('that fails leaves the session as it was', async () => {
    const { browser } = await startBench()
    await browser.login('alice')
    const { ref } = await browser.signedIn()
    await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app&prompt=login`, { from: `${ORIGIN}/` })
    const back = await browser.agent.cancelLogin()
    expect(back.url.href).toBe(`${ORIGIN}/app?login_error=access_denied`)
    expect((await browser.signedIn()).ref).toBe(ref)
  })
})
