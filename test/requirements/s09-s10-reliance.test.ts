/** S9 and S10: what the end of the IDP session leaves to the app, and what it takes. */
import { decodeJwt } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { problemOf } from '../bff/bench.js'
import { startWorld, type World } from './world.js'

/** The end of alice's access token, ms, as its own `exp` says it. */
const expiryOf = ({ api }: World): number => {
  const token = api.calls.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? ''
  return (decodeJwt(token).exp ?? 0) * 1000
}

/** alice is signed in and has called once; then her IDP session ends elsewhere, and nobody is told. */
const startAbandoned = async (): Promise<World> => {
  const world = await startWorld({
    bff: (base) => ({ ...base, session: { ...base.session, idle: 0 } }),
    own: {},
  })
  await world.browser.login('alice')
  expect((await world.browser.fetch('/bff/api/orders/1')).status).toBe(200)
  expect(await world.mosaic.endSessions('alice')).toBe(1)
  return world
}

/** Until `ms` before (or, negative, after) a moment. */
const passUntil = (world: World, moment: number, ms: number): void =>
  world.pass((moment - ms - Date.now()) / 1000)

describe('S09 the IDP session is over: the app may rely on the current authentication until that expires', () => {
  it('S09 calls go on until the access token expires, and not beyond', async () => {
    const world = await startAbandoned()
    const { browser, api, mosaic } = world
    const expiry = expiryOf(world)
    expect(expiry - Date.now()).toBeGreaterThan(3_500_000)
    for (const before of [1_800_000, 60_000, 2_000]) {
      passUntil(world, expiry, before)
      expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
      expect((await browser.fetch('/own')).status).toBe(200)
    }
    expect(mosaic.idp.tokenRequests, 'nothing was asked for meanwhile').toHaveLength(1)
    const reached = api.calls.length
    passUntil(world, expiry, -1_000)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect((await browser.fetch('/own')).status).toBe(401)
    expect(api.calls).toHaveLength(reached)
  })

  it('S09 once it is known, the session client says that access cannot be extended, and until when it lasts', async () => {
    const world = await startWorld({ bff: (base) => ({ ...base, session: { ...base.session, idle: 0 } }) })
    const { openApp, mosaic, pass } = world
    const page = openApp()
    const { access } = await page.signIn()
    expect(access.extendable).toBe(true)
    await mosaic.endSessions('alice')
    // Nobody tells; the renewal that is due a minute before the end is refused.
    pass(3545)
    await vi.waitFor(() => expect(page.session.access.extendable).toBe(false))
    expect(page.session).toMatchObject({
      idp: { status: 'ended' },
      access: { expiresAt: access.expiresAt, extendable: false },
    })
    expect(page.told).toContainEqual({
      type: 'idp-session-ended',
      detail: expect.objectContaining({ until: access.expiresAt }),
    })
    expect((await page.call()).status).toBe(200)
    expect(page.types()).not.toContain('ended')

    pass((access.expiresAt - Date.now()) / 1000 + 1)
    await vi.waitFor(() =>
      expect(page.state).toMatchObject({ status: 'unauthenticated', reason: 'idp_session_over' }),
    )
  })
})

describe('S10 …but access cannot be extended without authenticating again', () => {
  it('S10 past the expiry neither a refresh nor a silent login helps, and no token is issued', async () => {
    const world = await startAbandoned()
    const { browser, mosaic, api } = world
    passUntil(world, expiryOf(world), -1_000)
    mosaic.idp.clearRequests()
    const reached = api.calls.length

    const call = await browser.fetch('/bff/api/orders/1')
    expect(call.status).toBe(401)
    expect(await problemOf(call)).toMatchObject({ code: 'login_required', ended_by: 'idp_session_over' })
    expect(mosaic.idp.tokenRequests).toMatchObject([{ grant_type: 'refresh_token', error: 'invalid_grant' }])
    const refresh = await browser.post('/bff/refresh')
    expect(refresh.status).toBe(401)
    const silent = await browser.login('alice', '/bff/login?return_to=/app&prompt=none')
    expect(silent.searchParams.get('login_error')).toBe('login_required')

    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect(api.calls).toHaveLength(reached)
    expect(world.issued(), 'tokens issued since').toBe(0)

    await browser.login('alice')
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
  })

  it('S10 a refresh before the expiry extends nothing either', async () => {
    const world = await startAbandoned()
    const { browser } = world
    const before = (await browser.signedIn()).access
    world.pass(1_800)
    const answer = await browser.post('/bff/refresh')
    expect(answer.status).toBe(200)
    const { access, idp } = await browser.signedIn()
    expect(idp.status).toBe('ended')
    expect(access).toMatchObject({ expires_at: before.expires_at, extendable: false })
    expect(world.issued()).toBe(1)
  })
})
