/** What is due by itself: when a renewal is, after news and after a renewal; the alarm. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alarmAt } from '../../src/session/due.js'
import { transition } from '../../src/session/machine.js'
import type { Session, SessionState } from '../../src/session/session.js'
import { refreshAt } from '../../src/session/timing.js'
import {
  anySession,
  aSession,
  at,
  authenticated,
  bobs,
  HOUR,
  inShort,
  MINUTE,
  overAtIdp,
  renewedUntil,
  SECOND,
  T0,
} from './sessions.js'
import { dueAt, now, session, states } from './states.js'

const told = (state: SessionState, news: Session, when = now, random = 0.5) =>
  transition(state, at(when, { type: 'restored', session: news }, random))
const signedIn = (as: Session, when = now) => authenticated(told(states.loading, as, when)[0])

describe('a session that begins', () => {
  it('is due for renewal by what is left of access from now', () => {
    const [state] = told(states.loading, session)
    const due = refreshAt(now, session.access.expiresAt, 0.5)
    expect(state).toEqual({ status: 'authenticated', session, renewal: { status: 'idle', dueAt: due } })
    expect(alarmAt(state)).toBe(due)
  })

  it('nothing of another session is left: no renewal, no wait, no warning, no question', () => {
    for (const other of [bobs(), aSession({ ref: 'ref-alice-2' }), bobs({ ref: session.ref })]) {
      const old = { ...authenticated(states.idle), warnedFor: T0, askedAt: T0 }
      for (const state of [states.renewing, states.waiting, old]) {
        expect(told(state, other)[0]).toStrictEqual(signedIn(other))
      }
    }
  })

  it('an access that expired while nobody looked is due at once', () => {
    const [state] = told(states.loading, renewedUntil(session, now - HOUR))
    expect(alarmAt(state)).toBe(now - HOUR)
  })

  it.each<[string, Session]>([
    ['nothing can be extended', aSession({ access: { extendable: false } })],
    ['the IDP session is over', overAtIdp(session)],
    ['a cap comes before it would be due', aSession({ access: { extendableUntil: T0 + 2 * MINUTE } })],
    ['a cap has passed', aSession({ access: { extendableUntil: now } })],
  ])('no renewal is due where %s: the alarm is for the end of access', (_, fixed) => {
    const [state] = told(states.loading, fixed)
    expect(authenticated(state).renewal).toEqual({ status: 'idle', dueAt: null })
    expect(alarmAt(state)).toBe(fixed.access.expiresAt)
  })
})

describe('news', () => {
  it('keeps a renewal that is set where access is the same, or it would be put off again and again', () => {
    const [state] = told(signedIn(session, T0), session, now, 0.9)
    expect(authenticated(state).renewal).toEqual({ status: 'idle', dueAt })
    expect(alarmAt(state)).toBe(dueAt)
  })

  it.each<[string, Session]>([
    ['later', renewedUntil(session, T0 + HOUR)],
    ['earlier', renewedUntil(session, T0 + 2 * MINUTE)],
  ])('sets it anew where access expires %s', (_, news) => {
    const [state] = told(signedIn(session, T0), news)
    const due = refreshAt(now, news.access.expiresAt, 0.5)
    expect(authenticated(state).renewal).toEqual({ status: 'idle', dueAt: due })
  })

  it('sets it anew where access became extendable, or a cap moved', () => {
    for (const fixed of [{ extendable: false }, { extendableUntil: T0 + MINUTE }]) {
      const [state] = told(signedIn(aSession({ access: fixed }), T0), session)
      expect(authenticated(state).renewal).not.toEqual({ status: 'idle', dueAt: null })
    }
  })

  it('a wait goes on unless the news is what was waited for', () => {
    const [same] = told(states.waiting, session)
    expect(authenticated(same).renewal.status).toBe('waiting')
    const [better] = told(states.waiting, renewedUntil(session, T0 + HOUR))
    expect(authenticated(better).renewal.status).toBe('idle')
  })
})

describe('after a renewal', () => {
  const answered = (news: Session) =>
    authenticated(transition(states.renewing, at(now, { type: 'renewed', session: news }))[0])
  const dueAfter = (expiresAt: number): number | null => {
    const { renewal } = answered(renewedUntil(session, expiresAt))
    return renewal.status === 'idle' ? renewal.dueAt : NaN
  }

  it('the next is due by what is left of access', () => {
    expect(dueAfter(now + HOUR)).toBe(refreshAt(now, now + HOUR, 0.5))
    expect(dueAfter(now + 3 * SECOND)).toBe(refreshAt(now, now + 3 * SECOND, 0.5))
  })

  it('there is a second between two at least, and ten where the last brought nothing valid', () => {
    expect(dueAfter(now + 100)).toBe(now + SECOND)
    expect(dueAfter(now)).toBe(now + 10 * SECOND)
    expect(dueAfter(now - HOUR)).toBe(now + 10 * SECOND)
  })

  it('never at once, for any answer', () => {
    fc.assert(
      fc.property(anySession(now), (answer) => {
        const { renewal } = answered({ ...answer, ref: session.ref, user: session.user })
        expect(renewal.status).toBe('idle')
        const soonest = renewal.status === 'idle' && renewal.dueAt !== null ? renewal.dueAt : Infinity
        expect(soonest).toBeGreaterThanOrEqual(now + SECOND)
      }),
    )
  })
})

it('an end that was missed is due at once', () => {
  const idle = signedIn(aSession({ app: { idleEndsAt: now } }), T0)
  expect(alarmAt(idle)).toBeLessThanOrEqual(now)
})

it('the alarm is for the warning and then for the end, when nothing else is due before', () => {
  const fixed = aSession({
    app: { startedAt: T0, endsAt: T0 + 10 * MINUTE },
    access: { expiresAt: T0 + HOUR, extendable: false },
  })
  const state = signedIn(fixed, T0)
  expect(alarmAt(state)).toBe(T0 + 9 * MINUTE)
  const [warned, effects] = transition(state, at(T0 + 9 * MINUTE, { type: 'tick' }))
  expect(inShort(effects)).toEqual(['expiring'])
  expect(alarmAt(warned)).toBe(T0 + 10 * MINUTE)
})

it.each(['unauthenticated', 'toLogin', 'toLogout', 'loading'] as const)('no alarm rings while %s', (name) => {
  expect(alarmAt(states[name])).toBe(Infinity)
})
