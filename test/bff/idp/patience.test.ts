import { describe, expect, it, vi } from 'vitest'
import { systemEdges } from '../../../src/bff/edges.js'
import { NoAnswer } from '../../../src/bff/idp/failures.js'
import { withPatience } from '../../../src/bff/idp/patience.js'
import { silentLog } from '../../../src/bff/log.js'
import { problemOf, startBench, startOddBench } from '../bench.js'

describe('an IDP that answers no refresh', () => {
  it('is left alone by all sessions, however many call; each is told when to come again, and none ends', async () => {
    const { idp, browser, newBrowser, clock, api } = await startBench()
    const browsers = [browser, ...Array.from({ length: 9 }, () => newBrowser())]
    for (const one of browsers) await one.login()
    clock.advance(310)
    idp.faults.set('token', { kind: 'status', status: 503 })
    const before = idp.count('token')
    for (let round = 0; round < 5; round++)
      for (const one of browsers) {
        const answer = await one.fetch('/bff/api/echo/x')
        expect(answer.status).toBe(503)
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
        expect(await problemOf(answer)).toMatchObject({ code: 'idp_unavailable' })
      }
    // Fifty calls: five of them were asked for, and one more for each pause that was over meanwhile, on a busy machine.
    expect(idp.count('token') - before).toBeLessThanOrEqual(12)
    for (const one of browsers) expect((await one.signedIn()).idp.status).toBe('active')
    idp.faults.clear()
    clock.advance(20)
    for (const one of browsers) expect((await one.fetch('/bff/api/echo/x')).status).toBe(200)
    expect(api.calls).toHaveLength(10)
  })

  it('because it hangs costs five time-outs, and no call after these waits for one', async () => {
    const { idp, browser, newBrowser, clock } = await startBench({
      bff: (base) => ({ ...base, idp: { ...base.idp, timeout: 0.5 } }),
    })
    const browsers = [browser, ...Array.from({ length: 5 }, () => newBrowser())]
    for (const one of browsers) await one.login()
    clock.advance(310)
    idp.faults.set('token', { kind: 'hang' })
    const before = idp.count('token')
    const last = browsers.pop()
    await Promise.all(browsers.map((one) => one.fetch('/bff/api/echo/x')))
    expect(idp.count('token') - before).toBe(5)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => last?.fetch('/bff/api/echo/x') ?? Promise.reject(new Error('nobody'))),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
    // A pause may be over, on a busy machine.
    expect(idp.count('token') - before).toBeLessThanOrEqual(7)
    idp.faults.clear()
    idp.faults.release()
  })

  it('that a login comes back from is asked for the code all the same, and its answer ends the wait', async () => {
    const { idp, browser, newBrowser, clock } = await startBench()
    await browser.login()
    clock.advance(310)
    idp.faults.set('token', { kind: 'cut' })
    for (let i = 0; i < 6; i++) await browser.fetch('/bff/api/echo/x')
    idp.faults.clear()
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(503)
    expect((await newBrowser().login('bob')).href).toMatch(/\/app$/)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
  })

  it('but refuses is asked each time: a refusal is an answer, and ends one session alone', async () => {
    const { idp, browser, newBrowser, clock } = await startBench()
    const browsers = [browser, ...Array.from({ length: 7 }, () => newBrowser())]
    for (const one of browsers) await one.login()
    const last = newBrowser()
    await last.login('bob')
    clock.advance(310)
    await idp.revoke('alice')
    for (const one of browsers) expect((await one.fetch('/bff/api/echo/x')).status).toBe(401)
    expect((await last.fetch('/bff/api/echo/x')).status).toBe(200)
  })
})

describe('an endpoint that has moved', () => {
  it('is looked up in the metadata again, at once and not more often than twice a minute', async () => {
    const { idp, browser, clock } = await startOddBench()
    await browser.login()
    clock.advance(400)
    idp.traits.answers = { token: { status: 404, body: 'gone', contentType: 'text/plain' } }
    const asked = idp.count('discovery')
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    await expect.poll(() => idp.count('discovery')).toBe(asked + 1)
    // Doubted again at once, it is not asked again at once.
    for (let i = 0; i < 5; i++) expect((await browser.post('/bff/refresh')).status).toBe(503)
    expect(idp.count('discovery')).toBe(asked + 1)
    clock.advance(31)
    idp.traits.answers = {}
    expect((await browser.post('/bff/refresh')).status).toBe(200)
  })
})

describe('what is asked with patience', () => {
  const start = (failure: NoAnswer) => {
    const doubt = vi.fn()
    const source = { get: vi.fn(), reach: vi.fn(), doubt, isFailing: false }
    const idp = {
      exchange: vi.fn(async () => 'tokens'),
      refresh: vi.fn<() => Promise<unknown>>(() => Promise.reject(failure)),
    }
    return { doubt, idp, asked: withPatience(idp, source, systemEdges, silentLog) }
  }
  const outage = new NoAnswer('It is down.', { lost: true, isOutage: true })

  it('a code is exchanged in any case, also while a refresh tries whether the IDP is back', async () => {
    const { idp, asked } = start(outage)
    for (let i = 0; i < 5; i++) await expect(asked.refresh()).rejects.toBe(outage)
    expect(asked.rest()).toBeGreaterThan(0)
    idp.refresh.mockReturnValue(new Promise(() => {}))
    void asked.refresh()
    await expect(asked.refresh()).rejects.toMatchObject({ lost: false })
    expect(await asked.exchange()).toBe('tokens')
    expect(asked.rest()).toBe(0)
  })

  it.each([
    ['no answer', outage, 1],
    ['a wish to wait', new NoAnswer('Wait.', { lost: false, isLimited: true }), 0],
    ['an error of the IDP', new NoAnswer('No.', { lost: false, error: 'invalid_client' }), 0],
  ])('%s: the metadata is in doubt, or not', async (_, failure, times) => {
    const { doubt, asked } = start(failure)
    await expect(asked.refresh()).rejects.toBe(failure)
    expect(doubt).toHaveBeenCalledTimes(times)
  })
})
