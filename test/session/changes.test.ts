/** What follows from a change of state. */
import { describe, expect, it } from 'vitest'
import { consequences } from '../../src/session/changes.js'
import type { SessionState } from '../../src/session/session.js'
import {
  aSession,
  authenticated,
  bobs,
  HOUR,
  inShort,
  MINUTE,
  offline,
  overAtIdp,
  renewedUntil,
  T0,
} from './sessions.js'
import { having, now, session, states } from './states.js'
import type { StateName } from './states.js'

const about = (news = session): SessionState => ({ ...authenticated(states.idle), session: news })
const follows = (before: SessionState, after: SessionState): string[] =>
  inShort(consequences(before, after, now))

it('nothing follows where nothing changed', () => {
  for (const state of Object.values(states)) expect(consequences(state, state, now)).toEqual([])
})

describe('the end', () => {
  it('is told with its reason and its time, and nothing is kept', () => {
    const over: SessionState = { status: 'unauthenticated', reason: 'revoked', endedAt: T0, error: offline }
    expect(consequences(states.waiting, over, now)).toEqual([
      { type: 'forget' },
      { type: 'ended', detail: { reason: 'revoked', endedAt: T0, session } },
    ])
    expect(consequences(states.idle, states.unauthenticated, now)).toContainEqual({
      type: 'ended',
      detail: { reason: 'logout', endedAt: now, session },
    })
  })

  it('is a log-out where the page is left for one; who leaves to log in keeps the session', () => {
    expect(follows(states.idle, states.toLogout)).toEqual(['forget', 'ended(logout)'])
    expect(follows(states.idle, states.toLogin)).toEqual([])
  })

  it('is told of the old session before another begins', () => {
    expect(follows(states.idle, about(bobs()))).toEqual(['ended(user_changed)', 'authenticated'])
    expect(follows(states.idle, about(aSession({ ref: 'ref-alice-2' })))).toEqual([
      'ended(replaced)',
      'authenticated',
    ])
    expect(follows(states.idle, about(bobs({ ref: session.ref })))).toEqual([
      'ended(user_changed)',
      'authenticated',
    ])
  })

  it.each<StateName>(['loading', 'toLogin'])(
    'nothing is kept, and nobody told, where there was none: %s',
    (name) => {
      expect(follows(states[name], states.unauthenticated)).toEqual(['forget'])
    },
  )

  it('what was forgotten is not forgotten again', () => {
    expect(follows(states.toLogout, states.unauthenticated)).toEqual([])
  })
})

describe('news', () => {
  it('tells a renewal only where access lasts longer', () => {
    expect(follows(states.idle, about(renewedUntil(session, T0 + HOUR)))).toEqual(['refreshed'])
    expect(follows(states.idle, about(renewedUntil(session, now)))).toEqual([])
  })

  it('tells once that the IDP session is over, and until when the app may rely on what it has', () => {
    const over = about(overAtIdp(session))
    expect(consequences(states.idle, over, now)).toEqual([
      { type: 'idp-session-ended', detail: { endedBy: 'expired', until: session.access.expiresAt } },
    ])
    expect(follows(over, { ...authenticated(over), warnedFor: 0 })).not.toContain('idp-session-ended')
  })

  it('a renewal is sent when it begins, and its failure told when it fails', () => {
    expect(follows(states.idle, states.renewing)).toEqual(['renew'])
    expect(follows(states.waiting, having({ status: 'renewing', attempt: 3 }))).toEqual(['renew'])
    expect(consequences(states.renewing, states.waiting, now)).toEqual([
      { type: 'refresh-failed', detail: { error: offline, retryAt: now + 1_000 } },
    ])
  })

  it('warns once of an end', () => {
    const warned: SessionState = { ...authenticated(states.idle), warnedFor: now + MINUTE }
    const warning = { type: 'expiring', detail: { endsAt: now + MINUTE, timeLeft: MINUTE } }
    expect(consequences(states.idle, warned, now)).toEqual([warning])
    expect(consequences(states.loading, warned, now)).toContainEqual(warning)
    expect(follows(warned, { ...warned })).toEqual([])
  })
})
