/** What the rows of the machine share: adoption, news, the pause after a renewal, the alarm and the warning. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adopt, end, keep, restoring, told, update } from '../../src/session/changes.js'
import type { Session } from '../../src/session/session.js'
import { refreshAt } from '../../src/session/timing.js'
import {
  alarmIn,
  anySession,
  aSession,
  authenticated,
  bobs,
  HOUR,
  inShort,
  MINUTE,
  offline,
  overAtIdp,
  renewedUntil,
  SECOND,
  T0,
} from './sessions.js'
import { dueAt, now, session, states } from './states.js'

const moment = { now, random: 0.5, keeper: 'bff' } as const
const signedIn = (as: Session, when = now) =>
  authenticated(adopt({ status: 'loading' }, as, { ...moment, now: when })[0])

describe('adopt', () => {
  it('begins: the renewal is due by what is left of access from now', () => {
    const [state, effects] = adopt({ status: 'loading' }, session, moment)
    const due = refreshAt(now, session.access.expiresAt, 0.5)
    expect(state).toEqual({ status: 'authenticated', session, renewal: { status: 'idle', dueAt: due } })
    expect(alarmIn(effects)).toBe(due)
  })

  it('nothing of another session is left: no renewal, no wait, no warning', () => {
    for (const other of [bobs(), aSession({ ref: 'ref-alice-2' }), bobs({ ref: session.ref })]) {
      for (const old of [states.renewing, states.waiting, { ...authenticated(states.idle), warnedFor: T0 }]) {
        expect(adopt(old, other, moment)[0]).toEqual(signedIn(other))
      }
    }
  })

  it('an access that expired while nobody looked is due at once', () => {
    const [, effects] = adopt({ status: 'loading' }, renewedUntil(session, now - HOUR), moment)
    expect(alarmIn(effects)).toBe(now - HOUR)
  })

  it.each<[string, Session]>([
    ['nothing can be extended', aSession({ access: { extendable: false } })],
    ['the IDP session is over', overAtIdp(session)],
    ['a cap comes before it would be due', aSession({ access: { extendableUntil: T0 + 2 * MINUTE } })],
    ['a cap has passed', aSession({ access: { extendableUntil: now } })],
  ])('no renewal is due where %s: the alarm is for the end of access', (_, fixed) => {
    const [state, effects] = adopt({ status: 'loading' }, fixed, moment)
    expect(authenticated(state).renewal).toEqual({ status: 'idle', dueAt: null })
    expect(alarmIn(effects)).toBe(fixed.access.expiresAt)
  })
})

describe('update', () => {
  it('keeps a renewal that is set where access is the same, or it would be put off again and again', () => {
    const [state, effects] = update(signedIn(session, T0), session, { ...moment, random: 0.9 })
    expect(authenticated(state).renewal).toEqual({ status: 'idle', dueAt })
    expect(alarmIn(effects)).toBe(dueAt)
  })

  it.each<[string, Session]>([
    ['later', renewedUntil(session, T0 + HOUR)],
    ['earlier', renewedUntil(session, T0 + 2 * MINUTE)],
  ])('sets it anew where access expires %s', (_, news) => {
    const [state] = update(signedIn(session, T0), news, moment)
    const due = refreshAt(now, news.access.expiresAt, 0.5)
    expect(authenticated(state).renewal).toEqual({ status: 'idle', dueAt: due })
  })

  it('sets it anew where access became extendable, or a cap moved', () => {
    for (const fixed of [{ extendable: false }, { extendableUntil: T0 + MINUTE }]) {
      const [state] = update(signedIn(aSession({ access: fixed }), T0), session, moment)
      expect(authenticated(state).renewal).not.toEqual({ status: 'idle', dueAt: null })
    }
  })

  it('a wait goes on unless the news is what was waited for', () => {
    const [same] = update(authenticated(states.waiting), session, moment)
    expect(authenticated(same).renewal.status).toBe('waiting')
    const [better] = update(authenticated(states.waiting), renewedUntil(session, T0 + HOUR), moment)
    expect(authenticated(better).renewal.status).toBe('idle')
  })

  it('tells a renewal only where access lasts longer', () => {
    const state = signedIn(session)
    expect(inShort(update(state, renewedUntil(session, T0 + HOUR), moment)[1])).toEqual([
      'alarm',
      'refreshed',
    ])
    expect(inShort(update(state, session, moment)[1])).toEqual(['alarm'])
    expect(inShort(update(state, renewedUntil(session, now), moment)[1])).toEqual(['alarm'])
  })
})

describe('after a renewal', () => {
  const dueAfter = (expiresAt: number): number | null => {
    const [state] = update(authenticated(states.renewing), renewedUntil(session, expiresAt), moment, true)
    const { renewal } = authenticated(state)
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
        const news = { ...answer, ref: session.ref, user: session.user }
        const [state] = update(authenticated(states.renewing), news, moment, true)
        const { renewal } = authenticated(state)
        expect(renewal.status).toBe('idle')
        const soonest = renewal.status === 'idle' && renewal.dueAt !== null ? renewal.dueAt : Infinity
        expect(soonest).toBeGreaterThanOrEqual(now + SECOND)
      }),
    )
  })
})

describe('the warning before the end of the app session', () => {
  const ending = signedIn(aSession({ app: { startedAt: T0, endsAt: T0 + HOUR } }), T0)
  const atTime = (when: number, state = ending) => keep(state, { ...moment, now: when })

  it('comes a minute before, once, with the time that is left', () => {
    const warnAt = T0 + HOUR - MINUTE
    expect(inShort(atTime(warnAt - 1)[1])).toEqual(['alarm'])
    const [warned, effects] = atTime(warnAt)
    expect(effects).toContainEqual({
      type: 'notify',
      notice: { type: 'expiring', detail: { endsAt: T0 + HOUR, timeLeft: MINUTE } },
    })
    expect(inShort(atTime(warnAt + 1, authenticated(warned))[1])).toEqual(['alarm'])
  })

  it('comes again where use has moved the end', () => {
    const [warned] = atTime(T0 + HOUR - MINUTE)
    const moved = { ...authenticated(warned), session: aSession({ app: { endsAt: T0 + 2 * HOUR } }) }
    expect(inShort(atTime(T0 + HOUR, moved)[1])).toEqual(['alarm'])
    expect(inShort(atTime(T0 + 2 * HOUR - MINUTE, moved)[1])).toEqual(['alarm', 'expiring'])
  })

  it('comes in the last quarter of a session shorter than four minutes', () => {
    const short = signedIn(aSession({ app: { startedAt: T0, endsAt: T0 + 40 * SECOND } }), T0)
    expect(inShort(atTime(T0 + 29 * SECOND, short)[1])).toEqual(['alarm'])
    expect(inShort(atTime(T0 + 30 * SECOND, short)[1])).toEqual(['alarm', 'expiring'])
  })

  it('does not come when it is over', () => {
    expect(inShort(atTime(T0 + HOUR)[1])).toEqual(['alarm'])
  })

  it('is what the alarm is for, when nothing else is due before', () => {
    const fixed = aSession({
      app: { startedAt: T0, endsAt: T0 + 10 * MINUTE },
      access: { expiresAt: T0 + HOUR, extendable: false },
    })
    const state = signedIn(fixed, T0)
    expect(alarmIn(atTime(T0, state)[1])).toBe(T0 + 9 * MINUTE)
    const [warned, effects] = atTime(T0 + 9 * MINUTE, state)
    expect(alarmIn(effects)).toBe(T0 + 10 * MINUTE)
    expect(authenticated(warned).warnedFor).toBe(T0 + 10 * MINUTE)
  })
})

it('an idle end that this page keeps is due at once when it was missed', () => {
  const idle = signedIn(aSession({ app: { idleEndsAt: now } }), T0)
  expect(alarmIn(keep(idle, { ...moment, now: now + HOUR, keeper: 'page' })[1])).toBeLessThanOrEqual(now)
})

it('end leaves nothing behind and says why', () => {
  const [state, effects] = end(authenticated(states.waiting), 'revoked', offline)
  expect(state).toEqual({ status: 'unauthenticated', reason: 'revoked', error: offline })
  expect(inShort(effects)).toEqual(['no alarm', 'unwatch', 'forget', 'ended(revoked)', 'error'])
  expect(end(authenticated(states.idle), 'logout')[0]).toEqual({
    status: 'unauthenticated',
    reason: 'logout',
  })
})

it('restoring starts over', () => {
  expect(restoring()).toEqual([{ status: 'loading' }, [{ type: 'restore' }]])
})

it('told tells an error, if there is one', () => {
  expect(told(offline)).toEqual([{ type: 'notify', notice: { type: 'error', detail: { error: offline } } }])
  expect(told(undefined)).toEqual([])
})
