import { describe, expect, it, vi } from 'vitest'
import { NetworkError } from '../../src/index.js'
import { open, setUp, facts, statusOf } from './open-client.js'
import { createWireBff, offline, own, problem, silence } from './wire-bff.js'

describe('a BFF that does not answer', () => {
  it('is waited for less than 10 s: start() settles, and does not say signed out', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.always('GET /bff/session', silence)
    const starting = client.start()
    await vi.waitFor(() => expect(bff.log()).toHaveLength(1))
    bff.page.advance(9_999)
    const state = await starting
    expect(state).toMatchObject({ status: 'loading', error: { code: 'timeout' } })
    expect(state.status === 'loading' && state.retryAt).toBeGreaterThan(bff.page.clock.now() - 2_000)
  })

  it('is asked again by itself, ever more seldom, until it answers', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.always('GET /bff/session', offline)
    const heard = facts(client)
    const seen: string[] = []
    client.subscribe(({ status }) => seen.push(status))
    const retryAt = (): number => {
      const state = client.getState()
      return (state.status === 'loading' ? state.retryAt : undefined) ?? Number.NaN
    }
    await client.start()
    const waits: number[] = []
    for (const tries of [2, 3, 4]) {
      waits.push(Math.round((retryAt() - bff.page.clock.now()) / 100))
      bff.page.advance(retryAt() - bff.page.clock.now() + 5)
      await expect.poll(() => bff.log().length === tries && retryAt()).toBeGreaterThan(0)
    }
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits)
    expect(new Set(waits).size).toBe(3)
    bff.always('GET /bff/session', () =>
      own({ authenticated: true, session: bff.session, now: bff.page.clock.now() }),
    )
    bff.page.advance(retryAt() - bff.page.clock.now() + 5)
    await statusOf(client, 'authenticated')
    expect(new Set(seen)).toEqual(new Set(['loading', 'authenticated']))
    expect(heard).toEqual(['error', 'authenticated'])
  })

  it('is asked at once when the device is online again', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', offline)
    expect(await client.start()).toMatchObject({ status: 'loading', error: { code: 'network_failed' } })
    bff.page.wake('online')
    await statusOf(client, 'authenticated')
    expect(bff.log()).toHaveLength(2)
  })

  it('is not asked twice at a time when the device wakes while it is being asked', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.always('GET /bff/session', silence)
    void client.start()
    for (const sign of ['online', 'visible', 'restored'] as const) bff.page.wake(sign)
    await vi.waitFor(() => expect(bff.log()).toHaveLength(1))
    client.stop()
  })

  it('is not asked before it wants to be', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', () => problem('idp_unavailable', 503, {}, { 'Retry-After': '30' }))
    await client.start()
    bff.page.advance(29_000)
    expect(bff.log()).toHaveLength(1)
    bff.page.advance(2_000)
    await statusOf(client, 'authenticated')
  })

  it('leaves a call that needs a session with a NetworkError, not with a login', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.always('GET /bff/session', offline)
    await expect(client.require({})).rejects.toBeInstanceOf(NetworkError)
    await expect(client.refresh()).rejects.toBeInstanceOf(NetworkError)
    expect(bff.page.left).toEqual([])
  })
})

describe('a login that failed', () => {
  const address = 'https://app.test/deep?x=1&login_error=access_denied#part'

  it('is typed, and cleaned from the address', async () => {
    const { bff, client } = setUp({ address })
    const heard = facts(client)
    expect(await client.start()).toMatchObject({
      status: 'unauthenticated',
      error: { name: 'OAuthError', code: 'access_denied' },
    })
    expect(bff.page.address().href).toBe('https://app.test/deep?x=1#part')
    expect(bff.page.history).toHaveLength(1)
    expect(heard).toEqual(['error'])
    expect(bff.log()).toEqual([])
  })

  it('is shown to the app’s router instead, where that navigates', async () => {
    const bff = createWireBff({ address })
    const navigate = vi.fn<(...heard: unknown[]) => void>()
    await open(bff, { navigate }).start()
    expect(navigate).toHaveBeenCalledExactlyOnceWith('/deep?x=1#part')
    expect(bff.page.address().search).toContain('login_error')
  })

  it('is told although the router throws', async () => {
    const client = open(createWireBff({ address }), {
      navigate: () => {
        throw new Error('not ready')
      },
    })
    expect(await client.start()).toMatchObject({
      status: 'unauthenticated',
      error: { code: 'access_denied' },
    })
  })

  it('of a step-up leaves the session as it is, and is told', async () => {
    const { bff, client } = setUp({ address, signedIn: 'alice' })
    const errors: string[] = []
    client.on('error', ({ error }) => errors.push(error.code))
    expect(await client.start()).toMatchObject({ status: 'authenticated' })
    expect(errors).toEqual(['access_denied'])
    expect(bff.page.address().search).toBe('?x=1')
  })
})
