import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { ORIGIN, problemOf, startOddBench } from './bench.js'

describe('doors', () => {
  it('that are not there, or not for this method, say so', async () => {
    const { browser, bff } = await startOddBench()
    for (const path of [
      '/bff/nothing',
      '/bff/',
      '/bff/session/',
      '/bff/Session',
      '/bff/token',
      '/bff/events/',
    ]) {
      const answer = await browser.fetch(path)
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([404, 'invalid_request'])
    }
    // As after a login whose `origin` is the BFF's address, and not that of the pages.
    const page = await problemOf(await bff.fetch(new Request(`${ORIGIN}/orders?a=1`)))
    expect(page).toMatchObject({ status: 404, code: 'invalid_request' })
    expect(page['detail']).toContain('have static serve them')
    for (const [method, path, allow] of [
      ['POST', '/bff/login', 'GET'],
      ['GET', '/bff/logout', 'POST'],
      ['GET', '/bff/refresh', 'POST'],
      ['DELETE', '/bff/session', 'GET, POST'],
      ['POST', '/bff/events', 'GET'],
      ['GET', '/bff/backchannel-logout', 'POST'],
      ['POST', '/bff/frontchannel-logout', 'GET'],
    ] as const) {
      const answer = await browser.fetch(path, { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
    }
  })

  it('are not taken for members every object has', async () => {
    const { browser, bff } = await startOddBench()
    for (const method of ['toString', 'constructor', 'hasOwnProperty']) {
      expect((await browser.fetch('/bff/session', { method })).status).toBe(405)
      expect((await bff.fetch(new Request(`${ORIGIN}/bff/login`, { method }))).status).toBe(405)
    }
    expect((await browser.fetch('/bff/api/constructor/x')).status).toBe(401)
  })

  it('answer with the BFF’s marks, and nothing a cache may keep', async () => {
    const { browser } = await startOddBench()
    await browser.login()
    const answers = [
      await browser.fetch('/bff/session', { csrf: '1' }),
      await browser.post('/bff/refresh'),
      await browser.fetch('/bff/nothing'),
      await browser.fetch('/bff/api/nothing/x'),
      await browser.fetch('/bff/session', { csrf: null }),
    ]
    for (const { headers } of answers) {
      expect(headers.get('x-tandem')).toBe('1')
      expect(headers.get('x-request-id')).toMatch(/^[\w-]{22}$/)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
    expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(answers.length)
  })

  it('of health say whether store and IDP answer', async () => {
    const { bff, another, idp } = await startOddBench()
    for (const path of ['/healthz', '/readyz']) {
      const answer = await bff.fetch(new Request(`http://10.0.0.7:9999${path}`))
      expect([answer.status, answer.headers.get('x-tandem')]).toEqual([200, '1'])
    }
    const { warnings } = (await (await bff.fetch(new Request(`${ORIGIN}/readyz`))).json()) as {
      warnings: string[]
    }
    expect(warnings).toEqual([expect.stringMatching(/memory of this process.*"redis:.*"sqlite:PATH"/)])
    const shared = another({ store: { ...memoryStore(), sharedBy: 'machine' } })
    expect(await (await shared.fetch(new Request(`${ORIGIN}/readyz`))).json()).toEqual({ status: 'ready' })
    const storeless = another({ store: 'sqlite:/nowhere/at/all/sessions.db' })
    await expect(storeless.ready).rejects.toThrow('cannot be opened')
    expect((await storeless.fetch(new Request(`${ORIGIN}/healthz`))).status).toBe(200)
    expect((await storeless.fetch(new Request(`${ORIGIN}/readyz`))).status).toBe(503)
    const session = await storeless.fetch(
      new Request(`${ORIGIN}/bff/session`, {
        headers: {
          'sec-fetch-site': 'same-origin',
          'x-csrf-token': '1',
          cookie: `__Host-Http-session=${'a'.repeat(43)}`,
        },
      }),
    )
    expect(session.status).toBe(503)
    expect(session.headers.has('retry-after')).toBe(true)
    expect(session.headers.has('set-cookie')).toBe(false)
    // What is ready asks the IDP for nothing any more.
    const asked = idp.requests.length
    expect((await bff.fetch(new Request(`${ORIGIN}/readyz`))).status).toBe(200)
    expect(idp.requests).toHaveLength(asked)
  })
})
