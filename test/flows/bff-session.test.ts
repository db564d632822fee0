import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { memoryStore } from '../../src/bff/stores/memory.js'
import type { BffOptions } from '../../src/bff/options.js'
import { cookieNames } from '../../src/protocol.js'
import { ORIGIN, problemOf, SECRET, startOddBench } from '../bff/bench.js'
import type { Browser } from '../bff/bench.js'

const limits = (session: BffOptions['session']) => ({
  bff: (base: BffOptions): BffOptions => ({ ...base, session: session ?? {} }),
})

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

const steal = (from: Browser, to: Browser): void => {
  to.agent.cookies.set(
    new URL(ORIGIN),
    `${cookieNames.session}=${from.cookie('session')}; Path=/; Secure; HttpOnly; SameSite=Strict`,
  )
}

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
    const { browser, clock } = await startOddBench({}, limits({ idle: 600, absolute: 1500 }))
    await browser.login()
    const { ends_at: end } = (await browser.signedIn()).app
    for (let i = 0; i < 4; i++) {
      clock.advance(350)
      expect((await browser.post('/bff/refresh')).status).toBe(200)
      expect((await browser.signedIn()).app.ends_at).toBe(end)
      expect((await browser.signedIn()).app.idle_ends_at).toBeLessThanOrEqual(end)
    }
    clock.advance(101)
    expect(await browser.session()).toEqual({
      authenticated: false,
      last: { ended_by: 'app_session_over', at: end },
    })
  })

  it('caps of the IDP: session_expiry, refresh_expires_in, idpLifetime', async () => {
    const expiry = Math.floor(Date.now() / 1000) + 500
    const capped = await startOddBench({
      user: { sub: 'alice', session_expiry: expiry },
      issuesRefreshToken: true,
    })
    await capped.browser.login()
    expect((await capped.browser.signedIn()).idp.ends_at).toBe(expiry * 1000)
    capped.clock.advance(501)
    const over = await capped.browser.fetch('/bff/api/echo/x')
    expect(await problemOf(over)).toMatchObject({ ended_by: 'idp_session_over' })
    expect(capped.idp.tokenCalls).toHaveLength(1)

    const lived = await startOddBench({}, limits({ idpLifetime: 1000 }))
    await lived.browser.login()
    const first = (await lived.browser.signedIn()).idp.ends_at ?? 0
    lived.clock.advance(100)
    await lived.browser.post('/bff/refresh')
    expect((await lived.browser.signedIn()).idp.ends_at).toBeGreaterThan(first + 90_000)
  })
})

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

  it('is known to the administrator before, and gone after', async () => {
    const { browser, bff, newBrowser } = await startOddBench(
      {},
      {
        bff: (base) => ({ ...base, store: store() }),
      },
    )
    await browser.login()
    const other = newBrowser()
    await other.login()
    const { user, ref, idp } = await browser.signedIn()
    const listed = await bff.sessions.list({ sub: user.sub })
    expect(listed).toHaveLength(2)
    expect(listed.find((one) => one.ref === ref)).toEqual({
      id: ref,
      ref,
      startedAt: expect.any(Number),
      usedAt: expect.any(Number),
      expiresAt: expect.any(Number),
      userAgent: expect.stringMatching(/\w/),
    })
    expect(await bff.sessions.list({ sid: idp.sid ?? '' })).toHaveLength(2)
    expect(await bff.sessions.list({ sub: 'nobody' })).toEqual([])
    expect(await bff.sessions.end({ id: ref })).toBe(1)
    expect((await browser.session()).authenticated).toBe(false)
    expect((await other.session()).authenticated).toBe(true)
    expect(await bff.sessions.end({ sid: idp.sid ?? '', sub: 'nobody' })).toBe(0)
    expect(await bff.sessions.end({ sid: idp.sid ?? '' })).toBe(1)
    expect((await other.session()).authenticated).toBe(false)
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

describe('a tossed cookie', () => {
  it.each(Object.entries(cookieNames))(
    '(%s) is refused once, and gone at the next request',
    async (name, wire) => {
      const { browser, bff, api } = await startOddBench()
      await browser.login()
      const own = browser.agent.cookies.header({
        ...{ url: new URL(ORIGIN), method: 'GET', initiator: new URL(ORIGIN), topLevel: false },
      })
      const value = browser.cookie(name as 'session') ?? 'x'
      const twice = [`${own}; ${wire}=tossed; ${wire}=${value}`, `${wire}=tossed; ${wire}=${value}; ${own}`]
      for (const cookie of twice) {
        const headers = { cookie, 'sec-fetch-site': 'same-origin' }
        const answer = await bff.fetch(new Request(`${ORIGIN}/bff/api/echo/x`, { headers }))
        expect([answer.status, (await problemOf(answer))['code']]).toEqual([400, 'cookie_conflict'])
        const cure = answer.headers.getSetCookie()
        expect(cure.every((one) => one.startsWith(`${wire}=; `) && one.includes('Max-Age=0'))).toBe(true)
        expect(cure.some((one) => one.includes('Path=/bff/api') && one.includes('Domain=app.test'))).toBe(
          true,
        )
        for (const one of cure) browser.agent.cookies.set(new URL(`${ORIGIN}/bff/api/echo/x`), one)
      }
      expect(api.calls).toEqual([])
      // The next request is clean, and what is missing is set again.
      const after = await browser.session()
      expect(after.authenticated).toBe(name !== 'session')
      if (after.authenticated) {
        expect(browser.cookie('csrf')).toBeDefined()
        expect(browser.cookie('hint')).toBeDefined()
      }
    },
  )
})

describe('what is stored', () => {
  it('opens with neither the store, nor the secret, nor both without the cookie', async () => {
    const store = memoryStore()
    const { browser, idp, another } = await startOddBench({}, { bff: (base) => ({ ...base, store }) })
    await browser.login()
    const { ref, user } = await browser.signedIn()
    const [record] = await store.list({ ref }, 0)
    const kept = JSON.stringify(record)
    expect(kept).not.toContain(browser.cookie('session'))
    expect(kept).not.toContain(user.sub)
    expect(kept).not.toContain('refresh-')
    expect(kept).not.toContain(idp.issuer)

    // Another secret, same store, right cookie: nobody. The old one in the ring: still signed in.
    const use = (bff: ReturnType<typeof another>) =>
      browser.agent.handle(ORIGIN, (request) => bff.fetch(request))
    use(another({ secrets: ['another-test-secret-0123456789abcdef'] }))
    expect((await browser.fetch('/bff/session', { csrf: '1' })).status).toBe(200)
    use(another({ secrets: ['another-test-secret-0123456789abcdef', SECRET] }))
  })

  it('survives a rotation of secrets, and the administrator still finds it', async () => {
    const store = memoryStore()
    const { browser, another } = await startOddBench({}, { bff: (base) => ({ ...base, store }) })
    await browser.login()
    const { ref, user } = await browser.signedIn()
    const rotated = another({ secrets: ['another-test-secret-0123456789abcdef', SECRET] })
    browser.agent.handle(ORIGIN, (request) => rotated.fetch(request))
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect((await browser.signedIn()).ref).toBe(ref)
    expect(await rotated.sessions.list({ sub: user.sub })).toHaveLength(1)
    await browser.post('/bff/refresh')
    const after = another({ secrets: ['another-test-secret-0123456789abcdef'] })
    browser.agent.handle(ORIGIN, (request) => after.fetch(request))
    expect((await browser.signedIn()).ref).toBe(ref)
  })

  it('is swept from time to time', async () => {
    const store = memoryStore()
    const timers: (() => void)[] = []
    const { browser, clock, bff } = await startOddBench(
      {},
      {
        bff: (base) => ({ ...base, store }),
        edges: {
          timer(callback, ms, background) {
            if (background === true && ms >= 60_000) timers.push(callback)
            else if (background !== true)
              return (
                (timer) => () =>
                  clearTimeout(timer)
              )(setTimeout(callback, ms))
            return () => {}
          },
        },
      },
    )
    await browser.login()
    const { user } = await browser.signedIn()
    clock.advance(1801)
    timers.pop()?.()
    await expect.poll(() => timers.length).toBe(1)
    expect(await store.list({ ref: 'x' }, 0)).toEqual([])
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'app_session_over' } })
    expect(await bff.sessions.list({ sub: user.sub })).toEqual([])
  })
})

describe('a session in another browser', () => {
  const chrome = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36' }
  const newer = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Chrome/157.0 Safari/537.36' }
  const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' }

  it('counts as signed out there, and stays for its owner (step-up, the default)', async () => {
    const { newBrowser } = await startOddBench()
    const [owner, updated, thief] = [newBrowser(chrome), newBrowser(newer), newBrowser(firefox)]
    await owner.login()
    steal(owner, thief)
    steal(owner, updated)
    expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'binding' } })
    const csrf = owner.cookie('csrf') ?? ''
    for (const call of [
      await thief.fetch('/bff/api/echo/x', { csrf }),
      await thief.post('/bff/refresh', {}, { csrf }),
    ])
      expect(await problemOf(call)).toMatchObject({
        status: 401,
        code: 'login_required',
        ended_by: 'binding',
      })
    expect((await owner.session()).authenticated).toBe(true)
    expect((await updated.session()).authenticated).toBe(true)
  })

  it('is ended where the policy says so', async () => {
    const { newBrowser } = await startOddBench({}, limits({ bindTo: { onMismatch: 'end' } }))
    const [owner, thief] = [newBrowser(chrome), newBrowser(firefox)]
    await owner.login()
    steal(owner, thief)
    expect(await thief.session()).toMatchObject({ last: { ended_by: 'binding' } })
    expect(await owner.session()).toMatchObject({ last: { ended_by: 'binding' } })
  })

  it.each([
    ['only logged', { onMismatch: 'observe' }, 1],
    ['not looked at', { userAgent: false }, 0],
  ] as const)('is %s where the policy says so', async (_, bindTo, entries) => {
    const { newBrowser, log } = await startOddBench({}, limits({ bindTo }))
    const [owner, other] = [newBrowser(chrome), newBrowser(firefox)]
    await owner.login()
    steal(owner, other)
    expect((await other.session()).authenticated).toBe(true)
    expect(log.filter(({ event }) => event === 'binding_mismatch')).toHaveLength(entries)
  })
})

describe('the log', () => {
  it('holds no token, no cookie and no claim', async () => {
    const { browser, log, idp } = await startOddBench()
    await browser.login()
    await browser.post('/bff/refresh')
    idp.traits.refuseRefresh = { status: 502, body: 'refresh-1' }
    await browser.post('/bff/refresh')
    await browser.fetch('/bff/api/echo/x', { csrf: 'forged.x' })
    const secrets = [browser.cookie('session'), browser.cookie('csrf')?.split('.')[1]]
    await browser.post('/bff/logout')
    const text = JSON.stringify(log)
    expect(log.length).toBeGreaterThan(3)
    for (const secret of [...secrets, 'refresh-1', 'refresh-2', 'test-secret', 'eyJ', 'alice@'])
      expect(text).not.toContain(secret ?? 'undefined')
  })
})
