import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/bff/stores/memory.js'
import type { BffOptions } from '../../src/bff/options.js'
import { cookieNames } from '../../src/protocol.js'
import { ORIGIN, problemOf, startOddBench } from './bench.js'
import type { Browser } from './bench.js'

const limits = (session: BffOptions['session']) => ({
  bff: (base: BffOptions): BffOptions => ({ ...base, session: session ?? {} }),
})

const steal = (from: Browser, to: Browser): void => {
  to.agent.cookies.set(
    new URL(ORIGIN),
    `${cookieNames.session}=${from.cookie('session')}; Path=/; Secure; HttpOnly; SameSite=Strict`,
  )
}

describe('a session that is not known', () => {
  it('says since when the server is up, where it keeps sessions in memory only', async () => {
    const { browser, another, clock } = await startOddBench()
    await browser.login()
    clock.advance(100)
    const before = clock.now()
    const restarted = another({ store: 'memory:' })
    const after = clock.now()
    clock.advance(20)
    browser.agent.handle(ORIGIN, restarted.fetch)
    const { up_since: upSince, ...problem } = await problemOf(await browser.fetch('/bff/api/echo/x'))
    expect(upSince).toBeGreaterThanOrEqual(before)
    expect(upSince).toBeLessThanOrEqual(after)
    expect(problem).toMatchObject({
      status: 401,
      code: 'session_unknown',
      detail: expect.stringContaining(new Date(Number(upSince)).toISOString()),
    })
  })

  it('says nothing of the server where others keep sessions, too', async () => {
    const { browser, another } = await startOddBench()
    await browser.login()
    const other = another({ store: { ...memoryStore(), sharedBy: 'network' } })
    browser.agent.handle(ORIGIN, other.fetch)
    const problem = await problemOf(await browser.fetch('/bff/api/echo/x'))
    expect(problem).toMatchObject({ code: 'session_unknown' })
    expect(problem).not.toHaveProperty('up_since')
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
