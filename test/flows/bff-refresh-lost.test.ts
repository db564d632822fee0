import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { BffOptions } from '../../src/bff/options.js'
import { problemOf, startBench } from '../bff/bench.js'
import type { BffBench } from '../bff/bench.js'
import { listenTo } from '../support/event-stream.js'
import type { Listening } from '../support/event-stream.js'
import type { Idp } from '../support/idp.js'

type Bench = BffBench & { readonly idp: Idp }

/** Signed in at a provider that rotates refresh tokens and notices when one is used twice. */
async function signedIn(
  refreshReuseWindow: number,
  changes: Partial<BffOptions> = {},
  timeout = 10,
): Promise<Bench & { stream: Listening }> {
  const bench = await startBench({
    idp: { refreshReuseWindow },
    bff: (base) => ({ ...base, ...changes, idp: { ...base.idp, timeout } }),
  })
  await bench.browser.login('alice')
  const stream = listenTo(await bench.browser.fetch('/bff/events', { csrf: null }))
  await stream.next('session')
  onTestFinished(() => stream.leave())
  return { ...bench, stream }
}

/** The provider rotates, and its answer is cut off: nothing is known, and the session is kept. */
async function loseAnAnswer({ browser, idp }: Bench): Promise<void> {
  idp.faults.next('token', { kind: 'lost-answer' })
  const { access } = await browser.signedIn()
  const answer = await browser.post('/bff/refresh', { if_expires_at: access.expires_at })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
  expect((await browser.signedIn()).idp.status).toBe('active')
}

const refreshes = ({ tokenRequests }: Idp): (string | null | undefined)[] =>
  tokenRequests.filter(({ grant_type }) => grant_type === 'refresh_token').map(({ error }) => error ?? null)

const store = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-lost-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return `sqlite:${join(folder, 'sessions.db')}`
}

describe('a token answer that was lost, at a provider with a reuse window', () => {
  it('costs one more request: the same token brings the next', async () => {
    const bench = await signedIn(30)
    const { browser, idp, stream } = bench
    await loseAnAnswer(bench)
    const { access } = await browser.signedIn()
    const answer = await browser.post('/bff/refresh', { if_expires_at: access.expires_at })
    expect(answer.status).toBe(200)
    expect((await browser.signedIn()).access.expires_at).toBeGreaterThan(access.expires_at)
    expect((await browser.signedIn()).idp.status).toBe('active')
    expect(refreshes(idp)).toEqual([null, null])
    // And what came is good: the window may close.
    idp.settings.refreshReuseWindow = 0
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect(stream.of('idp_session_ended')).toEqual([])
    expect(stream.of('ended')).toEqual([])
  })

  it('is made good by the next call, where access has expired meanwhile', async () => {
    const bench = await signedIn(30)
    const { browser, clock, idp } = bench
    await loseAnAnswer(bench)
    clock.advance(301)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect(refreshes(idp)).toEqual([null, null])
  })
})

describe('a token answer that was lost, at a provider without a reuse window', () => {
  it('is told as that: the app relies on what it has, and ends when that does', async () => {
    const bench = await signedIn(0, { store: store() })
    const { browser, clock, idp, stream, another } = bench
    const { access } = await browser.signedIn()
    await loseAnAnswer(bench)
    const answer = await browser.post('/bff/refresh', { if_expires_at: access.expires_at })
    expect(answer.status).toBe(200)
    const { idp: at, access: now } = await browser.signedIn()
    expect(at).toMatchObject({ status: 'ended', ended_by: 'refresh_lost' })
    expect(now).toMatchObject({ extendable: false, expires_at: access.expires_at })
    expect(await stream.next('idp_session_ended')).toEqual({
      ended_by: 'refresh_lost',
      until: access.expires_at,
    })
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect(refreshes(idp)).toEqual([null, 'invalid_grant'])

    clock.advance(301)
    const over = await browser.fetch('/bff/api/echo/x')
    expect(over.status).toBe(401)
    expect(await problemOf(over)).toMatchObject({ code: 'login_required', ended_by: 'refresh_lost' })
    await stream.ended
    expect(stream.of('ended')).toEqual([{ ended_by: 'refresh_lost', at: access.expires_at }])
    const last = { ended_by: 'refresh_lost', at: access.expires_at }
    expect(await browser.session()).toEqual({ authenticated: false, last })
    // Also for an instance that has just started.
    const fresh = another()
    browser.agent.handle('https://app.test', (request) => fresh.fetch(request))
    expect(await browser.session()).toEqual({ authenticated: false, last })
    expect(refreshes(idp)).toHaveLength(2)
  })

  it('ends the app session at once, by that name, where the policy says so', async () => {
    const policy = { logout: 'end', expired: 'end' } as const
    const bench = await signedIn(0, { session: { whenIdpSessionEnds: policy } })
    await loseAnAnswer(bench)
    const answer = await bench.browser.post('/bff/refresh')
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'refresh_lost' })
    expect(await bench.stream.next('ended')).toMatchObject({ ended_by: 'refresh_lost' })
    expect(bench.stream.of('idp_session_ended')).toEqual([])
  })

  it('is remembered through an outage, and by an answer that came too late', async () => {
    const bench = await signedIn(0, {}, 0.3)
    const { browser, idp, clock } = bench
    clock.advance(301)
    idp.faults.next('token', { kind: 'held-answer' }, { kind: 'status', status: 503 }, { kind: 'cut' })
    for (let i = 0; i < 3; i++) expect((await browser.post('/bff/refresh')).status).toBe(503)
    idp.faults.release()
    expect(await problemOf(await browser.post('/bff/refresh'))).toMatchObject({ ended_by: 'refresh_lost' })
  })
})

describe('a refusal without a lost answer', () => {
  const revoke: [string, (bench: Bench) => Promise<unknown>][] = [
    ['an administrator revoked what was issued', ({ idp }) => idp.revoke('alice')],
    ['the IDP session was ended, and nobody was told', ({ idp }) => idp.endSession('alice')],
  ]

  it.each(revoke)('is no lost answer: %s', async (_, end) => {
    const bench = await signedIn(0)
    const { browser, stream, clock } = bench
    await end(bench)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect((await browser.signedIn()).idp).toMatchObject({ status: 'ended', ended_by: 'unknown' })
    expect(await stream.next('idp_session_ended')).toMatchObject({ ended_by: 'unknown' })
    clock.advance(301)
    const over = await browser.fetch('/bff/api/echo/x')
    expect(await problemOf(over)).toMatchObject({ ended_by: 'idp_session_over' })
    await stream.ended
    expect(stream.of('ended')).toMatchObject([{ ended_by: 'idp_session_over' }])
  })
})
