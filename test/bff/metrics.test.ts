import { describe, expect, it } from 'vitest'
import { loginFailure, noMetrics } from '../../src/bff/metrics.js'
import type { Metrics } from '../../src/bff/metrics.js'
import { ORIGIN, startBench } from './bench.js'

describe('what the BFF counts', () => {
  it('is logins, token requests, refreshes, ends and streams as they happen', async () => {
    const counts: string[] = []
    const metrics: Metrics = {
      ...noMetrics,
      tokenRequest: (result, seconds) => void (seconds >= 0 && counts.push(`token ${result}`)),
      refresh: (result) => void counts.push(`refresh ${result}`),
      login: (result) => void counts.push(`login ${result}`),
      sessionEnded: (reason) => void counts.push(`ended ${reason}`),
      stream: (change) => void counts.push(`stream ${change}`),
    }
    const taken = (): string[] => counts.splice(0)
    const { browser, bff } = await startBench({ edges: { metrics } })
    await browser.login()
    expect(taken()).toEqual(['token tokens', 'login succeeded'])

    await browser.post('/bff/refresh')
    expect(taken()).toEqual(['token tokens', 'refresh renewed'])

    const events = await browser.fetch('/bff/events')
    expect(taken()).toEqual(['stream 1'])
    await events.body?.cancel()
    expect(taken()).toEqual(['stream -1'])

    await bff.sessions.end({ sub: 'alice' })
    expect(taken()).toEqual(['ended revoked'])
  })

  it('keeps the codes that somebody else may have written out of its labels', async () => {
    const counts: string[] = []
    const metrics: Metrics = { ...noMetrics, login: (result) => void counts.push(result) }
    const { bff, idp } = await startBench({ edges: { metrics } })
    const visit = (path: string, cookie = ''): Promise<Response> =>
      bff.fetch(new Request(ORIGIN + path, { headers: { Cookie: cookie, Host: new URL(ORIGIN).host } }))
    for (const error of ['access_denied', 'alice_was_here']) {
      const begun = await visit('/bff/login?return_to=/app')
      const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
      const cookie = begun.headers.getSetCookie()[0]?.split(';')[0]
      await visit(`/bff/callback?${new URLSearchParams({ state, error, iss: idp.issuer })}`, cookie)
    }
    expect(counts).toEqual(['access_denied', 'other'])
    expect(loginFailure('alice_was_here')).toBe('other')
  })
})
