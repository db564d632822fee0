import { describe, expect, it } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { ConfigurationError } from '../../src/errors.js'
import { ORIGIN, SECRET, startOddBench } from './bench.js'

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
    for (const secret of [...secrets, 'refresh-1', 'refresh-2', 'test-secret', 'eyJhbGciOi', 'alice@'])
      expect(text).not.toContain(secret ?? 'undefined')
  })
})

describe('createBff', () => {
  it('names every option that is wrong', () => {
    expect(() => createBff({ origin: 'x', idp: {}, secrets: [] } as never)).toThrow(ConfigurationError)
    const options = {
      origin: ORIGIN,
      idp: { issuer: 'https://idp.test', clientId: 'a', clientSecret: 'b' },
      secrets: [SECRET],
    }
    expect(() => createBff({ ...options, store: 'memory:', log: console.log as never })).toThrow(/^log: /)
    expect(() => createBff({ ...options, basePath: 'x', log: null as never })).toThrow(
      /^basePath: .*\nlog: is no log\. Give an object with info, warn and error/,
    )
    for (const nothing of [null, undefined, [1]])
      expect(() => createBff(nothing as never)).toThrow(
        /^options: is .*Write an object with origin, idp and secrets/,
      )
  })

  it('refuses own routes whose criteria are none: a misspelt one would let everybody in', async () => {
    const { bff } = await startOddBench()
    const misspelt: object = { maxage: 300 }
    const message = 'criteria.maxage: is not an option here. Did you mean "maxAge"?'
    expect(() => bff.protect(() => new Response(), misspelt)).toThrow(message)
    expect(() => bff.node.protect(misspelt)).toThrow(/^criteria\.maxage: /)
    expect(() => bff.node.protect({ maxAge: '300' } as never)).toThrow(/^criteria\.maxAge: /)
    // As where the call is forgotten: `app.get('/me', bff.node.protect, …)`.
    expect(() => bff.node.protect({ method: 'GET', url: '/me' } as never)).toThrow(ConfigurationError)
    expect(bff.node.protect({ acr: ['mfa', 'phr'], maxAge: 0 })).toBeTypeOf('function')
  })

  it('asks for nothing before it is needed, and answers while there is no IDP', async () => {
    const { bff, idp } = await startOddBench()
    await bff.ready
    expect((await bff.fetch(new Request(`${ORIGIN}/healthz`))).status).toBe(200)
    expect((await bff.fetch(new Request(`${ORIGIN}/bff/callback`))).status).toBe(400)
    expect(idp.requests).toEqual([])
    expect((await bff.fetch(new Request(`${ORIGIN}/readyz`))).status).toBe(200)
    expect(idp.count('discovery')).toBe(1)
  })

  it('closes what it opened, once or twice, and leaves a store that was given open', async () => {
    const store = memoryStore()
    let closed = 0
    const given = { ...store, close: async () => void closed++ }
    const { bff } = await startOddBench({}, { bff: (base) => ({ ...base, store: given }) })
    await bff.close()
    await bff.close()
    expect(closed).toBe(0)
  })

  it('waits, when it closes, for what is still to be done at the IDP', async () => {
    const { browser, bff, idp } = await startOddBench()
    await browser.login()
    let release = (): void => {}
    idp.traits.hangs = ['revocation']
    const ended = browser.post('/bff/logout', { scope: 'app' })
    await expect.poll(() => idp.count('revocation')).toBe(1)
    const closing = bff.close().then(() => release())
    const finished = new Promise<string>((resolve) => (release = () => resolve('closed')))
    const first = await Promise.race([ended.then(() => 'answered'), finished])
    expect(first).toBe('answered')
    await idp.close()
    await closing
  })
})
