import { describe, expect, it } from 'vitest'
import { absentBy, openDoors, problemIn } from '../../src/client/bff-http.js'
import { BffError, NetworkError } from '../../src/errors.js'
import { withPatience } from '../../src/client/patience.js'
import { createTestPlatform } from '../support/test-platform.js'
import { foreign, own, problem } from './wire-bff.js'

const answering = (...answers: (() => Response | Promise<Response>)[]) => {
  let now = 0
  const calls: (RequestInit & { url: string })[] = []
  const page = createTestPlatform({
    fetch: async (url, init = {}) => {
      calls.push({ url: String(url), ...init })
      const answer = answers[Math.min(now, answers.length - 1)]
      now += 1
      return answer ? answer() : Promise.reject(new TypeError('Failed to fetch'))
    },
  })
  return { page, calls, door: openDoors(page, '/bff') }
}

describe('a door', () => {
  it('is asked as the contract says', async () => {
    const { door, calls } = answering(() => own({ a: 1 }))
    const { signal } = new AbortController()
    expect(await door('POST', '/refresh', { csrf: 'v', body: { b: 2 }, signal })).toEqual({ a: 1 })
    expect(calls).toEqual([
      {
        url: 'https://app.test/bff/refresh',
        method: 'POST',
        headers: { Accept: 'application/json', 'X-CSRF-Token': 'v', 'Content-Type': 'application/json' },
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        body: '{"b":2}',
        signal,
      },
    ])
  })

  it('teaches the server’s time', async () => {
    const { door, page } = answering(() => own({ now: page.clock.device() + 3_600_000 }))
    await door('GET', '/session', { csrf: '1' })
    expect(page.clock.now() - page.clock.device()).toBeGreaterThan(3_599_000)
  })

  it('that refuses is a BffError with the problem', async () => {
    const { door } = answering(() =>
      problem('login_required', 401, { ended_by: 'revoked', detail: 'Log in.' }),
    )
    const refused = door('POST', '/refresh', { csrf: 'v' })
    await expect(refused).rejects.toBeInstanceOf(BffError)
    await expect(refused).rejects.toMatchObject({
      code: 'login_required',
      status: 401,
      message: 'Log in.',
      problem: { ended_by: 'revoked' },
    })
  })

  it('asks once more after a tossed cookie, whose answer clears it', async () => {
    const { door, calls } = answering(
      () => problem('cookie_conflict', 400),
      () => own({ a: 1 }),
    )
    expect(await door('GET', '/session', { csrf: '1' })).toEqual({ a: 1 })
    expect(calls).toHaveLength(2)
  })

  it('gives up when the cookie is tossed again', async () => {
    const { door, calls } = answering(() => problem('cookie_conflict', 400))
    await expect(door('GET', '/session', { csrf: '1' })).rejects.toMatchObject({ code: 'cookie_conflict' })
    expect(calls).toHaveLength(2)
  })
})

describe('what is no answer', () => {
  it.each<[string, () => Response | Promise<Response>, string]>([
    ['a page of somebody else', () => foreign('<html>log in to the hotel</html>'), 'network_failed'],
    ['JSON of somebody else', () => foreign('{"authenticated":false}'), 'network_failed'],
    [
      'a refusal of somebody else',
      () => foreign('{"code":"login_required","status":401}', 401),
      'network_failed',
    ],
    ['a refusal that is no problem document', () => own({}, 401), 'network_failed'],
    ['a proxy’s 502', () => foreign('bad gateway', 502), 'network_failed'],
    ['a proxy’s 429', () => foreign('slow down', 429), 'network_failed'],
    ['the BFF’s 500', () => own({}, 500), 'network_failed'],
    ['an IDP that is down', () => problem('idp_unavailable', 503), 'idp_unavailable'],
  ])('%s is a NetworkError, for which trying again can help', async (_, answer, code) => {
    const failed = answering(answer).door('GET', '/session', { csrf: '1' })
    await expect(failed).rejects.toBeInstanceOf(NetworkError)
    await expect(failed).rejects.toMatchObject({ code, retryable: true })
  })

  it('names what answered', async () => {
    const { door } = answering(() => foreign('<html>'))
    await expect(door('GET', '/session', { csrf: '1' })).rejects.toThrow(
      'GET /bff/session was answered 200 by something that is not the BFF.',
    )
  })

  it('no connection, asked with patience: the same', async () => {
    const { door, page } = answering(() => Promise.reject(new TypeError('Failed to fetch')))
    const failed = withPatience(page.clock, (signal) => door('GET', '/session', { csrf: '1', signal }))
    await expect(failed).rejects.toBeInstanceOf(NetworkError)
    await expect(failed).rejects.toMatchObject({
      code: 'network_failed',
      message: 'No usable answer came (TypeError: Failed to fetch). Try again in a moment.',
    })
  })

  it.each([
    ['120', 120_000],
    ['0', undefined],
    ['soon', undefined],
    ['-5', undefined],
  ])('Retry-After: %s', async (value, retryAfter) => {
    const { door } = answering(() => problem('idp_unavailable', 503, {}, { 'Retry-After': value }))
    await expect(door('GET', '/session', { csrf: '1' })).rejects.toMatchObject({ retryAfter })
  })

  it('Retry-After as a date counts from the server’s now', async () => {
    const at = new Date(Date.now() + 60_000).toUTCString()
    const { door } = answering(() => foreign('', 503, { 'Retry-After': at }))
    const error: unknown = await door('GET', '/session', { csrf: '1' }).catch((failure: unknown) => failure)
    const { retryAfter } = error as NetworkError
    expect(retryAfter).toBeGreaterThan(55_000)
    expect(retryAfter).toBeLessThanOrEqual(60_000)
  })
})

describe('the problem in an answer to a routed call', () => {
  it('is the BFF’s where it says so', async () => {
    expect(await problemIn(problem('session_conflict', 409))).toMatchObject({ code: 'session_conflict' })
  })

  it.each<[string, Response]>([
    ['an upstream’s problem document', foreign('{"code":"login_required","status":401}', 401)],
    ['an answer of the BFF’s own that is no problem', own({ a: 1 })],
    ['a problem of the BFF’s that cannot be read', foreign('<html>', 401, { 'X-Tandem': '1' })],
  ])('is none in %s', async (_, response) => expect(await problemIn(response)).toBeNull())

  it('leaves the body to be read', async () => {
    const response = problem('session_conflict', 409)
    await problemIn(response)
    expect(await response.json()).toMatchObject({ code: 'session_conflict' })
  })

  it('says why the session is over and since when, where that is known', () => {
    expect(absentBy({ ended_by: 'revoked', ended_at: 7 })).toEqual({
      type: 'absent',
      reason: 'revoked',
      endedAt: 7,
    })
    expect(absentBy({})).toEqual({ type: 'absent' })
  })
})
