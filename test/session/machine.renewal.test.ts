/** The renewal of access: when it is due, how it is tried again, what may happen while it is on the wire. */
import { describe, expect, it } from 'vitest'
import { alarmAt } from '../../src/session/due.js'
import { transition } from '../../src/session/machine.js'
import { retryDelay } from '../../src/session/timing.js'
import {
  aSession,
  at,
  authenticated,
  HOUR,
  inShort,
  MINUTE,
  offline,
  renewedUntil,
  SECOND,
  T0,
} from './sessions.js'
import { dueAt, having, named, now, session, states } from './states.js'

describe('renewal', () => {
  it('is due at its moment, not before', () => {
    expect(inShort(transition(states.idle, at(dueAt - 1, { type: 'tick' }))[1])).toEqual([])
    expect(inShort(transition(states.idle, at(dueAt, { type: 'tick' }))[1])).toEqual(['renew'])
    const retry = now + SECOND
    expect(inShort(transition(states.waiting, at(retry - 1, { type: 'tick' }))[1])).toEqual([])
    expect(inShort(transition(states.waiting, at(retry, { type: 'tick' }))[1])).toEqual(['renew'])
  })

  it('counts its attempts: a wait doubles until an answer came', () => {
    const [again] = transition(states.waiting, at(now + SECOND, { type: 'tick' }))
    expect(authenticated(again).renewal).toEqual({ status: 'renewing', attempt: 3 })
    const [waits] = transition(again, at(now + SECOND, { type: 'renew-failed', error: offline }))
    const retryAt = now + SECOND + retryDelay(3, 0.5)
    expect(authenticated(waits).renewal).toEqual({ status: 'waiting', attempt: 3, retryAt, error: offline })
    expect(alarmAt(waits)).toBe(retryAt)
    const [fine] = transition(again, at(now, { type: 'renewed', session: renewedUntil(session, T0 + HOUR) }))
    const [anew] = transition(fine, at(now, { type: 'renew', forced: true }))
    expect(authenticated(anew).renewal).toEqual({ status: 'renewing', attempt: 1 })
  })

  it('on the wire is always allowed to land, even when access expired and a cap passed meanwhile', () => {
    const capped = aSession({ access: { extendableUntil: T0 + 4 * MINUTE } })
    const onTheWire = having({ status: 'renewing', attempt: 1 }, capped)
    const late = T0 + 6 * MINUTE
    const [state] = transition(onTheWire, at(late, { type: 'tick' }))
    expect(state).toBe(onTheWire)
    const [landed] = transition(
      state,
      at(late, { type: 'renewed', session: renewedUntil(capped, T0 + HOUR) }),
    )
    expect(authenticated(landed).session.access.expiresAt).toBe(T0 + HOUR)
  })

  it("another tab's news leaves the one on the wire where it is", () => {
    const news = renewedUntil(session, T0 + HOUR)
    const [state] = transition(states.renewing, at(now, { type: 'restored', session: news }))
    expect(authenticated(state)).toMatchObject({ session: news, renewal: { status: 'renewing' } })
    expect(inShort(transition(state, at(now, { type: 'renew', forced: true }))[1])).toEqual([])
  })

  it('slept over the cap: nothing is due any more, and the session lasts as long as its access', () => {
    const capped = aSession({ access: { extendableUntil: T0 + 4 * MINUTE } })
    for (const renewal of [
      { status: 'idle', dueAt },
      { status: 'waiting', attempt: 1, retryAt: dueAt, error: offline },
    ] as const) {
      const [state, effects] = transition(having(renewal, capped), at(T0 + 4.5 * MINUTE, { type: 'tick' }))
      expect(authenticated(state).renewal).toEqual({ status: 'idle', dueAt: null })
      expect(inShort(effects)).toEqual([])
      expect(alarmAt(state)).toBe(T0 + 5 * MINUTE)
      const [over] = transition(state, at(T0 + 5 * MINUTE, { type: 'tick' }))
      expect(named(over)).toBe('unauthenticated(idp_session_over)')
    }
  })

  it('that brought access which is over already is not asked for again at once, unless the user wants it', () => {
    const fruitless = renewedUntil(session, now)
    const [state] = transition(states.renewing, at(now, { type: 'renewed', session: fruitless }))
    expect(authenticated(state).renewal).toEqual({ status: 'idle', dueAt: now + 10 * SECOND })
    const soon = now + 10 * SECOND - 1
    expect(transition(state, at(soon, { type: 'renew', forced: false }))).toEqual([state, []])
    expect(inShort(transition(state, at(soon, { type: 'renew', forced: true }))[1])).toContain('renew')
    expect(inShort(transition(state, at(soon + 1, { type: 'renew', forced: false }))[1])).toContain('renew')
    expect(inShort(transition(state, at(soon + 1, { type: 'tick' }))[1])).toContain('renew')
  })

  it('is not asked for where nothing can be extended', () => {
    const fixed = having({ status: 'idle', dueAt: null }, aSession({ access: { extendable: false } }))
    expect(transition(fixed, at(now, { type: 'renew', forced: true }))).toEqual([fixed, []])
  })

  it('is not asked for once the session is over by time', () => {
    const ending = having({ status: 'idle', dueAt }, aSession({ app: { endsAt: now } }))
    const [state, effects] = transition(ending, at(now, { type: 'renew', forced: true }))
    expect(named(state)).toBe('unauthenticated(app_session_over)')
    expect(inShort(effects)).not.toContain('renew')
  })
})
