/** How a session ends: the app session by time, the IDP session by an answer, and what each brings about. */
import { describe, expect, it } from 'vitest'
import { alarmAt } from '../../src/session/due.js'
import { transition } from '../../src/session/machine.js'
import type { IdpEnd } from '../../src/session/session.js'
import {
  aSession,
  at,
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
import { dueAt, having, named, now, session, states } from './states.js'

describe('the end of the app session', () => {
  const idling = having(
    { status: 'idle', dueAt },
    aSession({ app: { idleEndsAt: now, endsAt: T0 + 12 * HOUR } }),
  )
  const rules = (keeper: 'bff' | 'page') => ({ idpEnd: { logout: 'end', expired: 'rely' }, keeper }) as const

  it.each(['bff', 'page'] as const)('the absolute one comes by itself, whoever keeps it (%s)', (keeper) => {
    const ending = having({ status: 'idle', dueAt }, aSession({ app: { endsAt: now } }))
    const [early] = transition(ending, at(now - 1, { type: 'tick' }), rules(keeper))
    expect(early.status).toBe('authenticated')
    const [state, effects] = transition(ending, at(now, { type: 'tick' }), rules(keeper))
    expect(named(state)).toBe('unauthenticated(app_session_over)')
    expect(inShort(effects)).toEqual(['forget', 'ended(app_session_over)'])
  })

  it('an idle one that this page keeps is a fact', () => {
    const [state] = transition(idling, at(now, { type: 'tick' }), rules('page'))
    expect(named(state)).toBe('unauthenticated(app_session_over)')
  })

  it('an idle one that the BFF keeps is asked for: another tab may have moved it', () => {
    const [state, effects] = transition(idling, at(now, { type: 'tick' }), rules('bff'))
    expect(state.status).toBe('authenticated')
    expect(inShort(effects)).toEqual(['restore'])
    expect(alarmAt(state)).toBe(now + 30 * SECOND)
    const [moved] = transition(
      state,
      at(now, { type: 'restored', session: aSession({ app: { idleEndsAt: now + HOUR } }) }),
      rules('bff'),
    )
    expect(authenticated(moved).session.app.idleEndsAt).toBe(now + HOUR)
    const [over] = transition(state, at(now, { type: 'absent', reason: 'app_session_over' }), rules('bff'))
    expect(named(over)).toBe('unauthenticated(app_session_over)')
  })

  it('is over since when the answer says, else since now', () => {
    const news = { type: 'absent', reason: 'revoked' } as const
    const [told, effects] = transition(idling, at(now, { ...news, endedAt: now - HOUR }), rules('bff'))
    expect(told).toMatchObject({ reason: 'revoked', endedAt: now - HOUR })
    const { session: ended } = authenticated(idling)
    const detail = { reason: 'revoked', endedAt: now - HOUR, session: ended }
    expect(effects).toContainEqual({ type: 'ended', detail })
    expect(transition(idling, at(now, news), rules('bff'))[0]).toMatchObject({ endedAt: now })
  })

  it('is over since its time came, however late that is noticed', () => {
    const { session } = authenticated(idling)
    const { endsAt } = session.app
    const [state, effects] = transition(idling, at(endsAt + HOUR, { type: 'tick' }), rules('bff'))
    expect(state).toMatchObject({ reason: 'app_session_over', endedAt: endsAt })
    expect(effects).toContainEqual({
      type: 'ended',
      detail: { reason: 'app_session_over', endedAt: endsAt, session },
    })
    const [relying] = transition(states.idle, at(now, { type: 'idp-ended', endedBy: 'expired' }))
    const { expiresAt } = authenticated(relying).session.access
    const [late] = transition(relying, at(expiresAt + MINUTE, { type: 'tick' }))
    expect(late).toMatchObject({ reason: 'idp_session_over', endedAt: expiresAt })
  })

  it('an idle end that cannot be confirmed makes no circle, though a renewal is due meanwhile', () => {
    const late = dueAt + MINUTE
    const [asked, effects] = transition(idling, at(late, { type: 'tick' }), rules('bff'))
    expect(inShort(effects)).toEqual(['restore'])
    expect(alarmAt(asked)).toBe(late + 30 * SECOND)
    const [kept] = transition(asked, at(late + 1, { type: 'restore-failed', error: offline }), rules('bff'))
    expect(alarmAt(kept)).toBe(late + 30 * SECOND)
  })
})

describe('the end of the IDP session', () => {
  const ended = (endedBy: IdpEnd, when = now, expired: 'end' | 'rely' = 'rely') =>
    transition(states.idle, at(when, { type: 'idp-ended', endedBy }), {
      idpEnd: { logout: 'rely', expired },
      keeper: 'bff',
    })

  it.each(['logout', 'expired', 'revoked', 'refresh_lost', 'unknown'] as const)(
    '%s: relies on what it has where the policy says so, and says until when',
    (endedBy) => {
      const [state, effects] = ended(endedBy)
      const { session: after, renewal } = authenticated(state)
      expect(after.idp).toEqual({ status: 'ended', endedBy })
      expect(after.access).toEqual({ ...session.access, extendable: false })
      expect(renewal).toEqual({ status: 'idle', dueAt: null })
      expect(alarmAt(state)).toBe(session.access.expiresAt)
      expect(effects).toContainEqual({
        type: 'idp-session-ended',
        detail: { endedBy, until: session.access.expiresAt },
      })
    },
  )

  it.each([
    ['expired', 'idp_session_over'],
    ['revoked', 'idp_session_over'],
    ['unknown', 'idp_session_over'],
    ['refresh_lost', 'refresh_lost'],
  ] as const)(
    '%s: ends the app session as %s where the policy says so, or access is over',
    (endedBy, reason) => {
      expect(named(ended(endedBy, now, 'end')[0])).toBe(`unauthenticated(${reason})`)
      expect(named(ended(endedBy, session.access.expiresAt)[0])).toBe(`unauthenticated(${reason})`)
      const [relying] = ended(endedBy)
      expect(transition(relying, at(session.access.expiresAt - 1, { type: 'tick' }))[0].status).toBe(
        'authenticated',
      )
      const [over] = transition(relying, at(session.access.expiresAt, { type: 'tick' }))
      expect(named(over)).toBe(`unauthenticated(${reason})`)
    },
  )

  it('once over is not begun anew for the moment in which it is not over yet by another clock', () => {
    const [relying] = ended('expired')
    const { session: left } = authenticated(relying)
    const { expiresAt } = left.access
    const [over] = transition(relying, at(expiresAt, { type: 'tick' }))
    // The answer to a question that was asked then, which sets the clock back.
    for (const when of [expiresAt - 1, expiresAt - SECOND]) {
      const [state, effects] = transition(over, at(when, { type: 'restored', session: left }))
      expect(state).toBe(over)
      expect(effects).toEqual([])
    }
    const [again] = transition(over, at(expiresAt - MINUTE, { type: 'restored', session: left }))
    expect(again.status).toBe('authenticated')
    const ending = aSession({ app: { endsAt: now + SECOND } })
    expect(
      transition(states.unauthenticated, at(now, { type: 'restored', session: ending }))[0],
      'nor at the absolute end',
    ).toBe(states.unauthenticated)
  })

  it('is told once', () => {
    const [relying] = ended('expired')
    const [state, effects] = transition(relying, at(now, { type: 'idp-ended', endedBy: 'unknown' }))
    expect(state).toBe(relying)
    expect(inShort(effects)).toEqual([])
  })

  it('a logout after an expiry still ends the app session', () => {
    const [relying] = ended('expired')
    const [state] = transition(relying, at(now, { type: 'idp-ended', endedBy: 'logout' }))
    expect(named(state)).toBe('unauthenticated(logout)')
  })

  it.each(['restored', 'renewed'] as const)('late news (%s) brings nothing back', (type) => {
    const [relying] = ended('expired')
    const news = aSession({ access: { expiresAt: T0 + HOUR }, app: { idleEndsAt: now + HOUR } })
    const [state, effects] = transition(relying, at(now, { type, session: news }))
    const after = authenticated(state)
    expect(after.session.access).toEqual(authenticated(relying).session.access)
    expect(after.session.idp.status).toBe('ended')
    expect(after.renewal).toEqual({ status: 'idle', dueAt: null })
    expect(after.session.app.idleEndsAt).toBe(now + HOUR)
    expect(inShort(effects)).toEqual([])
  })

  it('is known when a restored session says so, whatever the renewal was doing', () => {
    for (const state of [states.idle, states.renewing, states.waiting]) {
      const [after, effects] = transition(state, at(now, { type: 'restored', session: overAtIdp(session) }))
      expect(authenticated(after).renewal).toEqual({ status: 'idle', dueAt: null })
      expect(inShort(effects)).toEqual(['idp-session-ended'])
    }
  })
})

describe('a session that this browser may hold no more', () => {
  const doubt = (state = states.renewing) => transition(state, at(now, { type: 'doubted' }))

  it('is not shown, nor over, until that is known', () => {
    const [state, effects] = doubt()
    expect(named(state)).toBe('loading')
    expect(inShort(effects)).toEqual(['restore'])
    const [waiting, told] = transition(state, at(now, { type: 'restore-failed', error: offline }))
    expect(named(waiting)).toBe('retrying')
    expect(inShort(told)).toEqual(['error'])
  })

  it('goes on where it is still the one: nobody is told that it began or ended', () => {
    const [state, effects] = transition(doubt()[0], at(now, { type: 'restored', session }))
    expect(named(state)).toBe('ref-alice-1 idle')
    expect(inShort(effects)).toEqual([])
    const renewed = renewedUntil(session, now + HOUR)
    expect(inShort(transition(doubt()[0], at(now, { type: 'restored', session: renewed }))[1])).toEqual([
      'refreshed',
    ])
  })

  it('ends before another begins, or with the reason that is told', () => {
    expect(inShort(transition(doubt()[0], at(now, { type: 'restored', session: bobs() }))[1])).toEqual([
      'ended(user_changed)',
      'authenticated',
    ])
    const [over, effects] = transition(doubt()[0], at(now, { type: 'absent', reason: 'logout' }))
    expect(named(over)).toBe('unauthenticated(logout)')
    expect(inShort(effects)).toEqual(['forget', 'ended(logout)'])
    expect(named(transition(doubt()[0], at(now, { type: 'absent' }))[0])).toBe('unauthenticated(unknown)')
  })

  it('keeps what was known of its IDP session', () => {
    const over = having({ status: 'idle', dueAt: null }, overAtIdp(session))
    const [state, effects] = transition(doubt(over)[0], at(now, { type: 'restored', session }))
    expect(authenticated(state).session.idp.status).toBe('ended')
    expect(inShort(effects)).toEqual([])
  })
})
