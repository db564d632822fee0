/** The warning before the end of the app session: once per end, and of an idle end only after the BFF was asked. */
import { describe, expect, it } from 'vitest'
import { alarmAt } from '../../src/session/due.js'
import { transition } from '../../src/session/machine.js'
import { defaultIdpEndPolicy } from '../../src/session/session.js'
import type { Session, SessionState } from '../../src/session/session.js'
import { aSession, at, authenticated, HOUR, inShort, MINUTE, offline, SECOND, T0 } from './sessions.js'
import type { Happening } from './sessions.js'
import { states } from './states.js'

const rulesOf = (keeper: 'bff' | 'page') => ({ idpEnd: defaultIdpEndPolicy, keeper })
const access = { expiresAt: T0 + 12 * HOUR }
/** Ends in an hour for good. */
const absolute = aSession({ app: { startedAt: T0, endsAt: T0 + HOUR }, access })
/** Ends in an hour unless it is used. */
const idling = (idleEndsAt = T0 + HOUR): Session =>
  aSession({ app: { startedAt: T0, idleEndsAt, endsAt: T0 + 10 * HOUR }, access })
const begun = (session: Session, when = T0): SessionState =>
  transition(states.loading, at(when, { type: 'restored', session }))[0]

describe.each([
  ['absolute end, kept by the BFF', absolute, 'bff'],
  ['absolute end, kept by this page', absolute, 'page'],
  ['idle end, kept by this page', idling(), 'page'],
] as const)('%s', (_, session, keeper) => {
  const tick = (state: SessionState, when: number) =>
    transition(state, at(when, { type: 'tick' }), rulesOf(keeper))

  it('comes a minute before, once, with the time that is left', () => {
    const warnAt = T0 + HOUR - MINUTE
    const state = begun(session)
    expect(alarmAt(state)).toBe(warnAt)
    expect(inShort(tick(state, warnAt - 1)[1])).toEqual([])
    const [warned, effects] = tick(state, warnAt)
    expect(effects).toEqual([{ type: 'expiring', detail: { endsAt: T0 + HOUR, timeLeft: MINUTE } }])
    const [still, nothing] = tick(warned, warnAt + 1)
    expect(still).toBe(warned)
    expect(nothing).toEqual([])
    expect(alarmAt(warned)).toBe(T0 + HOUR)
  })

  it('does not come when it is over', () => {
    expect(inShort(tick(begun(session), T0 + HOUR)[1])).toEqual(['forget', 'ended(app_session_over)'])
  })

  it('comes again where use has moved the end', () => {
    const [warned] = tick(begun(session), T0 + HOUR - MINUTE)
    const moved = aSession({ app: { startedAt: T0, endsAt: T0 + 2 * HOUR }, access })
    const [state, effects] = transition(
      warned,
      at(T0 + HOUR, { type: 'restored', session: moved }),
      rulesOf(keeper),
    )
    expect(inShort(effects)).toEqual([])
    expect(inShort(tick(state, T0 + 2 * HOUR - MINUTE)[1])).toEqual(['expiring'])
  })
})

it('comes in the last quarter of the time that use gives, however long the session has lasted', () => {
  const short = (idleEndsAt: number) =>
    at(idleEndsAt - 40 * SECOND, { type: 'restored', session: idling(idleEndsAt) } as const)
  let state = begun(idling(T0 + 40 * SECOND))
  for (let used = 1; used <= 100; used += 1) {
    const [next, effects] = transition(state, short(T0 + used * 20 * SECOND + 40 * SECOND), rulesOf('page'))
    expect(inShort(effects)).toEqual([])
    state = next
  }
  const endsAt = T0 + 2040 * SECOND
  expect(alarmAt(state)).toBe(endsAt - 10 * SECOND)
  expect(inShort(transition(state, at(endsAt - 10 * SECOND, { type: 'tick' }), rulesOf('page'))[1])).toEqual([
    'expiring',
  ])
})

it('comes in the last quarter of a session shorter than four minutes', () => {
  const short = begun(aSession({ app: { startedAt: T0, endsAt: T0 + 40 * SECOND }, access }))
  const tick = (when: number) => inShort(transition(short, at(when, { type: 'tick' }))[1])
  expect(tick(T0 + 29 * SECOND)).toEqual([])
  expect(tick(T0 + 30 * SECOND)).toEqual(['expiring'])
})

it('comes at once to a page that opens within the last minute', () => {
  const [, effects] = transition(
    states.loading,
    at(T0 + 59.5 * MINUTE, { type: 'restored', session: idling() }),
  )
  expect(inShort(effects)).toEqual(['authenticated', 'expiring'])
})

describe('an idle end that the BFF keeps: another tab may have moved it', () => {
  const warnAt = T0 + HOUR - MINUTE
  const step = (state: SessionState, when: number, happening: Happening) =>
    transition(state, at(when, happening), rulesOf('bff'))
  const [asked, effects] = step(begun(idling()), warnAt, { type: 'tick' })

  it('is asked for first, and nobody is warned yet', () => {
    expect(inShort(step(begun(idling()), warnAt - 1, { type: 'tick' })[1])).toEqual([])
    expect(inShort(effects)).toEqual(['restore'])
    expect(authenticated(asked).warnedFor).toBeUndefined()
  })

  it('is warned of where the answer leaves it, once', () => {
    const news = { type: 'restored', session: idling() } as const
    const [warned, told] = step(asked, warnAt + 50, news)
    expect(told).toEqual([{ type: 'expiring', detail: { endsAt: T0 + HOUR, timeLeft: MINUTE - 50 } }])
    expect(inShort(step(warned, warnAt + 100, news)[1])).toEqual([])
    expect(inShort(step(warned, warnAt + 100, { type: 'tick' })[1])).toEqual([])
    expect(alarmAt(warned)).toBe(T0 + HOUR)
  })

  it('is not warned of where the answer has moved it; the next is asked for in its time', () => {
    const [moved, told] = step(asked, warnAt + 50, {
      type: 'restored',
      session: idling(T0 + HOUR + 20 * MINUTE),
    })
    expect(inShort(told)).toEqual([])
    expect(alarmAt(moved)).toBe(warnAt + 20 * MINUTE)
    expect(inShort(step(moved, warnAt + 20 * MINUTE, { type: 'tick' })[1])).toEqual(['restore'])
  })

  it('moved by less than half a minute, it is asked for anew in its time, not half a minute after the last question', () => {
    const [moved] = step(asked, warnAt + 50, { type: 'restored', session: idling(T0 + HOUR + 10 * SECOND) })
    expect(alarmAt(moved)).toBeGreaterThan(warnAt + 10 * SECOND)
    expect(alarmAt(moved)).toBeLessThan(T0 + HOUR)
  })

  it('is asked for again in half a minute, and at the end, while no answer comes; calls meanwhile add none', () => {
    const [failed] = step(asked, warnAt + 50, { type: 'restore-failed', error: offline })
    expect(step(failed, warnAt + 29 * SECOND, { type: 'tick' })).toEqual([failed, []])
    expect(alarmAt(failed)).toBe(warnAt + 30 * SECOND)
    const [again, second] = step(failed, warnAt + 40 * SECOND, { type: 'tick' })
    expect(inShort(second)).toEqual(['restore'])
    expect(alarmAt(again)).toBe(T0 + HOUR)
    const [, third] = step(again, T0 + HOUR, { type: 'tick' })
    expect(inShort(third)).toEqual(['restore'])
  })

  it('a renewal that is due meanwhile is not kept waiting', () => {
    const due = aSession({ app: idling().app, access: { expiresAt: T0 + HOUR } })
    const [, both] = step(begun(due), warnAt + SECOND, { type: 'tick' })
    expect(inShort(both).toSorted()).toEqual(['renew', 'restore'])
  })
})
