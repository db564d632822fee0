/** Every event in every state: what becomes of it, and what is to be done. */
import { describe, expect, it } from 'vitest'
import { alarmAt } from '../../src/session/due.js'
import { initialState, transition } from '../../src/session/machine.js'
import { retryDelay } from '../../src/session/timing.js'
import { at, busy, frozen, inShort, offline, SECOND } from './sessions.js'
import { denied, named, now, states } from './states.js'
import type { StateName } from './states.js'
import { table } from './table.js'

describe.each(table)('%s', (_, happening, expected) => {
  it.each(Object.entries(expected) as [StateName, [string, string[]]][])(
    'while %s',
    (name, [next, effects]) => {
      const state = states[name]
      const [after, toDo] = transition(state, frozen(at(now, happening)))
      expect(inShort(toDo)).toEqual(effects)
      expect(next === '' ? after === state : named(after)).toBe(next || true)
    },
  )
})

it('knows nothing at first', () => {
  expect(initialState).toEqual({ status: 'loading' })
})

describe('no answer to whether there is a session', () => {
  it('tries again, later each time, and tells each kind of error once', () => {
    const [first] = transition(states.loading, at(now, { type: 'restore-failed', error: offline }))
    const retryAt = now + retryDelay(1, 0.5)
    expect(first).toEqual({ status: 'loading', error: offline, retryAt, attempt: 1 })
    expect(alarmAt(first)).toBe(retryAt)

    const [trying, due] = transition(first, at(retryAt, { type: 'tick' }))
    expect(trying).toEqual({ status: 'loading', error: offline, attempt: 1 })
    expect(inShort(due)).toEqual(['restore'])

    const [second, again] = transition(trying, at(retryAt, { type: 'restore-failed', error: offline }))
    expect(second).toMatchObject({ attempt: 2, retryAt: retryAt + retryDelay(2, 0.5) })
    expect(inShort(again)).toEqual([])
  })

  it('waits as long as the server asks for', () => {
    const [state] = transition(states.loading, at(now, { type: 'restore-failed', error: busy(20 * SECOND) }))
    expect(state).toMatchObject({ retryAt: now + 20 * SECOND })
  })

  it('an early tick leaves the alarm where it is', () => {
    const [state] = transition(states.retrying, at(now, { type: 'tick' }))
    expect(alarmAt(state)).toBe(now + SECOND)
  })
})

it('a log-out is never overtaken by a log-in', () => {
  const [leaving] = transition(states.idle, at(now, { type: 'logout' }))
  for (const happening of [{ type: 'login' }, { type: 'login-failed', error: denied }] as const) {
    expect(transition(leaving, at(now, happening))).toEqual([leaving, []])
  }
})
