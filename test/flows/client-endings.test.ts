/** How sessions end, and what the user's page comes to know of it, for every way to hold tokens. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { EndReason } from '../../src/index.js'
import { HOLDERS, startWorld, type AppPage } from './client-world.js'

const HOUR = 3600

/** Waits until the page has heard that its session ended. */
const ended = async (page: AppPage, reason: EndReason): Promise<void> => {
  await vi.waitFor(() => expect(page.state).toMatchObject({ status: 'unauthenticated', reason }))
  expect(page.told.find(({ type }) => type === 'ended')?.detail).toMatchObject({
    reason,
    session: { user: { sub: 'alice' } },
  })
}

describe.each(HOLDERS)('the app session’s absolute end, tokens held by: %s', (heldBy) => {
  it('comes while the page is open, though access could be renewed', async () => {
    const { open, pass, bff } = await startWorld(heldBy, { bff: { session: { idle: 0 } }, step: 60 })
    const page = open()
    await page.signIn()
    await pass(11.9 * HOUR, page)
    expect(page.state.status).toBe('authenticated')
    await pass(0.2 * HOUR, page)
    await ended(page, 'app_session_over')
    expect(page.types()).toContain('expiring')
    await expect(page.call()).rejects.toMatchObject({ code: 'session_ended', reason: 'app_session_over' })
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
  })

  it('has come when the device wakes: the page says so before any call', async () => {
    const { open, pass, sleep, api } = await startWorld(heldBy, { bff: { session: { idle: 0 } } })
    const page = open()
    await page.signIn()
    await pass(HOUR, page)
    sleep(12 * HOUR, page)
    await ended(page, 'app_session_over')
    await expect(page.call()).rejects.toMatchObject({ reason: 'app_session_over' })
    expect(api.requests).toEqual([])
    expect((await page.load()).status).toBe('unauthenticated')
  })
})

describe.each(['bff', 'mediated'] as const)('the app session’s idle end, tokens held by: %s', (heldBy) => {
  const idle = { bff: { session: { idle: 1800 } } }

  it('comes when nothing is done, whatever is renewed meanwhile', async () => {
    const { open, pass, refreshes } = await startWorld(heldBy, idle)
    const page = open()
    await page.signIn()
    await pass(1700, page)
    expect(refreshes().length).toBeGreaterThan(3)
    expect(page.state.status).toBe('authenticated')
    await pass(130, page)
    await ended(page, 'app_session_over')
    expect(await page.load()).toMatchObject({ status: 'unauthenticated' })
  })

  it('moves with every use: a call, or a user who says so', async () => {
    const { open, pass } = await startWorld(heldBy, idle)
    const page = open()
    await page.signIn()
    const first = page.session.app.idleEndsAt ?? 0
    await pass(1000, page)
    await page.client.refresh()
    expect(page.session.app.idleEndsAt).toBeGreaterThan(first + 900_000)
    if (heldBy === 'bff') {
      await pass(1000, page)
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
      await pass(1000, page)
      expect(page.state.status).toBe('authenticated')
    }
  })

  it('is moved by another tab: this one asks before it believes it', async () => {
    const { open, pass } = await startWorld(heldBy, idle)
    const page = open()
    await page.signIn()
    const other = open()
    await other.client.start()
    await pass(1500, page, other)
    await other.client.refresh()
    await pass(400, page, other)
    expect([page.state.status, other.state.status]).toEqual(['authenticated', 'authenticated'])
  })
})

describe.each(HOLDERS)('a refused refresh, tokens held by: %s', (heldBy) => {
  it('ends the session at the provider: what is there lasts, is extended by nothing, and then it is over', async () => {
    const { open, pass, idp, refreshes } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    expect(await idp.revoke('alice')).toBe(1)
    await pass(245, page)
    await vi.waitFor(() => expect(page.session.idp.status).toBe('ended'))
    expect(page.session.access.extendable).toBe(false)
    expect(page.types()).toEqual(['authenticated', 'idp-session-ended'])
    expect(await page.call()).toEqual({ status: 200, sub: 'alice' })

    await pass(60, page)
    await ended(page, 'idp_session_over')
    expect(refreshes(), 'a refusal is an answer').toHaveLength(1)
    await expect(page.call()).rejects.toMatchObject({ reason: 'idp_session_over' })
  })

  it('ends the app session at once where that is the policy', async () => {
    const whenIdpSessionEnds = { expired: 'end' } as const
    const { open, pass, idp } = await startWorld(heldBy, {
      bff: { session: { whenIdpSessionEnds } },
      client: { whenIdpSessionEnds },
    })
    const page = open()
    await page.signIn()
    await idp.revoke('alice')
    await pass(245, page)
    await ended(page, 'idp_session_over')
  })

  it('comes, too, where the user’s session at the provider was ended there', async () => {
    const { open, pass, idp } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    await idp.endSession('alice')
    await pass(245, page)
    await vi.waitFor(() => expect(page.session.idp.status).toBe('ended'))
    await pass(60, page)
    await ended(page, 'idp_session_over')
    // Nobody is signed in there any more: the next login asks who it is.
    await page.client.login()
    idp.clearRequests()
    await page.follow('bob')
    expect(page.session.user.sub).toBe('bob')
    expect(idp.count('interaction')).toBeGreaterThan(0)
  })
})

describe.each(['memory', 'sqlite'])('a session that was ended elsewhere, over %s', (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-flows-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  let files = 0
  const store = () => (kind === 'memory' ? 'memory:' : `sqlite:${folder}/${(files += 1)}.db`)

  it('is told to the tab that slept, with who did it and when', async () => {
    const { open, sleep, bff } = await startWorld('bff', { bff: { store: store() } })
    const page = open()
    await page.signIn()
    const at = Date.now()
    expect(await bff.sessions.end({ sub: 'alice' })).toBe(1)
    sleep(HOUR, page)
    await ended(page, 'revoked')
    const { endedAt } = page.state as { endedAt?: number }
    expect(Math.abs((endedAt ?? 0) - at)).toBeLessThan(2_000)
  })

  it('is told to every tab that has the cookie, and to the page that is loaded anew', async () => {
    const { open, sleep, bff } = await startWorld('bff', { bff: { store: store() } })
    const page = open()
    await page.signIn()
    const other = open()
    await other.client.start()
    await bff.sessions.end({ sub: 'alice' })
    sleep(60, page, other)
    await ended(page, 'revoked')
    await ended(other, 'revoked')
  })

  it('is told to a call, which reaches no API', async () => {
    const { open, bff, api } = await startWorld('bff', { bff: { store: store() } })
    const page = open()
    await page.signIn()
    await bff.sessions.end({ sub: 'alice' })
    expect((await page.call()).status).toBe(401)
    await ended(page, 'revoked')
    expect(api.requests).toEqual([])
  })

  it('is no longer known why after a day: then it is over, and that is all', async () => {
    const { open, sleep, bff } = await startWorld('bff', {
      bff: { store: store(), session: { idle: 0, absolute: 72 * HOUR } },
    })
    const page = open()
    await page.signIn()
    await bff.sessions.end({ sub: 'alice' })
    sleep(25 * HOUR, page)
    await vi.waitFor(() => expect(page.state.status).toBe('unauthenticated'))
    expect(page.state).toMatchObject({ reason: 'unknown' })
  })
})
