import { afterEach, describe, expect, it, vi } from 'vitest'
import { createRuntime } from '../../src/client/runtime.js'
import type { Runtime } from '../../src/client/runtime.js'
import { SessionError } from '../../src/errors.js'
import { sessionFromWire } from '../../src/protocol.js'
import type { Session } from '../../src/session/session.js'
import { createTestPlatform } from '../support/test-platform.js'
import type { TestPlatform } from '../support/test-platform.js'
import { MINUTE, wireSession } from './wire-bff.js'
import type { Changes } from './wire-bff.js'

const setUp = (): { runtime: Runtime; page: TestPlatform; deeds: string[] } => {
  const page = createTestPlatform()
  const deeds: string[] = []
  const deed = (name: string) => (): void => void deeds.push(name)
  const runtime = createRuntime(
    { keeper: 'bff', idpEnd: { logout: 'end', expired: 'rely' } },
    {
      restore: deed('restore'),
      renew: deed('renew'),
      forget: deed('forget'),
    },
    page.clock,
    page.random,
  )
  runtime.run()
  return { runtime, page, deeds }
}
const aSession = (page: TestPlatform, changes?: Changes): Session =>
  sessionFromWire(wireSession('alice', page.clock.now(), changes))

afterEach(() => vi.unstubAllGlobals())

describe('the runtime', () => {
  it('begins with loading', () => expect(setUp().runtime.getState()).toEqual({ status: 'loading' }))

  it('does what the effects say', () => {
    const { runtime, page, deeds } = setUp()
    runtime.dispatch({ type: 'restored', session: aSession(page) })
    expect(deeds).toEqual([])
    runtime.dispatch({ type: 'renew', forced: true })
    runtime.dispatch({ type: 'absent', reason: 'revoked' })
    expect(deeds).toEqual(['renew', 'forget'])
  })

  it('rings when something is due, in the server’s time', () => {
    const { runtime, page, deeds } = setUp()
    page.skewBy(-60 * MINUTE)
    page.clock.learn(page.clock.device() + 60 * MINUTE, page.clock.device(), page.clock.device())
    runtime.dispatch({ type: 'restored', session: aSession(page) })
    page.advance(3.8 * MINUTE)
    expect(deeds).not.toContain('renew')
    page.advance(0.3 * MINUTE)
    expect(deeds).toContain('renew')
  })

  it('does nothing by itself while it rests, and what was missed as soon as it runs', () => {
    const { runtime, page, deeds } = setUp()
    runtime.dispatch({ type: 'restored', session: aSession(page) })
    runtime.rest()
    page.advance(4.5 * MINUTE)
    expect(deeds).toEqual([])
    runtime.run()
    expect(deeds).toEqual(['renew'])
  })

  it('sets no alarm while it rests, whatever is told to it', () => {
    const { runtime, page, deeds } = setUp()
    runtime.rest()
    runtime.dispatch({ type: 'restored', session: aSession(page) })
    page.advance(4.5 * MINUTE)
    expect(deeds).toEqual([])
  })
})

describe('listeners', () => {
  it('hear of a change with the state before it, and of nothing where nothing changed', () => {
    const { runtime, page } = setUp()
    const heard = vi.fn<(...heard: unknown[]) => void>()
    runtime.subscribe(heard)
    const before = runtime.getState()
    runtime.dispatch({ type: 'restored', session: aSession(page) })
    expect(heard).toHaveBeenCalledExactlyOnceWith(runtime.getState(), before)
    runtime.dispatch({ type: 'tick' })
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('of a fact are called after the state is changed, once, with its detail', () => {
    const { runtime, page } = setUp()
    const session = aSession(page)
    const heard: unknown[] = []
    runtime.subscribe(({ status }) => heard.push(status))
    runtime.on('authenticated', (detail) => heard.push(detail, runtime.getState().status))
    runtime.dispatch({ type: 'restored', session })
    expect(heard).toEqual(['authenticated', { session }, 'authenticated'])
  })

  it('hear nothing any more once they have stopped, even from within a call', () => {
    const { runtime, page } = setUp()
    const heard = vi.fn<() => void>(() => stop())
    const stop = runtime.on('refreshed', heard)
    const session = aSession(page)
    runtime.dispatch({ type: 'restored', session })
    for (const more of [1, 2]) {
      const access = { ...session.access, expiresAt: session.access.expiresAt + more }
      runtime.dispatch({ type: 'renewed', session: { ...session, access } })
    }
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('that throw harm nobody, and are reported', () => {
    const reported = vi.fn<(...heard: unknown[]) => void>()
    vi.stubGlobal('reportError', reported)
    const { runtime, page, deeds } = setUp()
    const mistake = new Error('a mistake of the app')
    const throws = (): never => {
      throw mistake
    }
    const heard = vi.fn<(...heard: unknown[]) => void>()
    runtime.subscribe(throws)
    runtime.subscribe(heard)
    runtime.on('authenticated', throws)
    runtime.on('authenticated', heard)
    runtime.dispatch({ type: 'restored', session: aSession(page) })
    expect(heard).toHaveBeenCalledTimes(2)
    expect(reported.mock.calls).toEqual([[mistake], [mistake]])
    page.advance(4.5 * MINUTE)
    expect(deeds).toContain('renew')
  })

  it('that throw harm nobody where nothing takes reports', () => {
    vi.stubGlobal('reportError', undefined)
    const { runtime, page } = setUp()
    runtime.subscribe(() => {
      throw new Error('a mistake of the app')
    })
    runtime.dispatch({ type: 'restored', session: aSession(page) })
    expect(runtime.getState().status).toBe('authenticated')
  })

  it('that cause an event are all told of the first before anyone hears of the second', () => {
    const { runtime, page } = setUp()
    const heard: string[] = []
    runtime.subscribe(({ status }) => {
      if (status === 'authenticated') runtime.dispatch({ type: 'absent', reason: 'unknown' })
    })
    runtime.subscribe(({ status }, previous) => heard.push(`${previous.status}→${status}`))
    runtime.on('authenticated', () => heard.push('authenticated'))
    runtime.on('ended', () => heard.push('ended'))
    runtime.dispatch({ type: 'restored', session: aSession(page) })
    expect(heard).toEqual([
      'loading→authenticated',
      'authenticated',
      'authenticated→unauthenticated',
      'ended',
    ])
  })

  it('hear of an error once, not of each try that fails with it', () => {
    const { runtime } = setUp()
    const heard = vi.fn<(...heard: unknown[]) => void>()
    runtime.on('error', heard)
    const error = new SessionError('network_failed', 'x')
    for (const _ of [1, 2, 3]) runtime.dispatch({ type: 'restore-failed', error })
    expect(heard).toHaveBeenCalledExactlyOnceWith({ error })
  })
})
