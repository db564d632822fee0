import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  appEndsAt,
  defaultIdpEndPolicy,
  endReasonOf,
  isExtendable,
  isSameSession,
  withIdpEnded,
} from '../../src/session/session.js'
import { aSession, anySession, bobs, frozen, HOUR, MINUTE, overAtIdp, T0 } from './sessions.js'

describe('appEndsAt', () => {
  it('is the absolute end where there is no idle limit', () => {
    expect(appEndsAt(aSession({ app: { endsAt: T0 + HOUR } }))).toBe(T0 + HOUR)
  })

  it('is whichever end comes first', () => {
    expect(appEndsAt(aSession({ app: { endsAt: T0 + HOUR, idleEndsAt: T0 + MINUTE } }))).toBe(T0 + MINUTE)
    expect(appEndsAt(aSession({ app: { endsAt: T0 + MINUTE, idleEndsAt: T0 + HOUR } }))).toBe(T0 + MINUTE)
  })
})

describe('isExtendable', () => {
  it.each([
    ['active', aSession(), true],
    ['unknown', aSession({ idp: { status: 'unknown' } }), true],
    ['ended', overAtIdp(aSession()), false],
    ['ended, access not marked', aSession({ idp: { status: 'ended' } }), false],
    ['without a refresh token', aSession({ access: { extendable: false } }), false],
    ['before the cap', aSession({ access: { extendableUntil: T0 + 1 } }), true],
    ['at the cap', aSession({ access: { extendableUntil: T0 } }), false],
    ['expected to be over at the IDP, but not known to be', aSession({ idp: { endsAt: T0 - 1 } }), true],
  ])('%s', (_, session, extendable) => {
    expect(isExtendable(session, T0)).toBe(extendable)
  })
})

describe('withIdpEnded', () => {
  it('marks the IDP session as over and access as not extendable, and keeps everything else', () => {
    const session = frozen(aSession({ idp: { sid: 'sid-1', endsAt: T0 + HOUR } }))
    expect(withIdpEnded(session, 'logout')).toEqual({
      ...session,
      idp: { status: 'ended', sid: 'sid-1', endsAt: T0 + HOUR, endedBy: 'logout' },
      access: { ...session.access, extendable: false },
    })
  })

  it('keeps who ended it first', () => {
    const over = withIdpEnded(aSession(), 'logout')
    expect(withIdpEnded(over, 'expired')).toBe(over)
  })

  it('leaves nothing extendable, ever', () => {
    fc.assert(
      fc.property(anySession(T0), fc.integer(), (session, when) => {
        expect(isExtendable(withIdpEnded(session, 'revoked'), when)).toBe(false)
      }),
    )
  })
})

describe('isSameSession', () => {
  it('is true for news of one session', () => {
    expect(isSameSession(aSession(), overAtIdp(aSession()))).toBe(true)
  })

  it('is false for another authentication, and for another user whatever the reference says', () => {
    expect(isSameSession(aSession(), aSession({ ref: 'ref-alice-2' }))).toBe(false)
    expect(isSameSession(aSession(), bobs())).toBe(false)
    expect(isSameSession(aSession(), bobs({ ref: aSession().ref }))).toBe(false)
  })
})

describe('words', () => {
  it('a logout and a lost answer keep their names; expiry and refusal are idp_session_over', () => {
    expect(endReasonOf('logout')).toBe('logout')
    expect(endReasonOf('refresh_lost')).toBe('refresh_lost')
    for (const endedBy of ['expired', 'revoked', 'unknown', undefined] as const) {
      expect(endReasonOf(endedBy)).toBe('idp_session_over')
    }
  })

  it('the default policy: an explicit logout ends at once, anything else relies until access expires', () => {
    expect(defaultIdpEndPolicy).toEqual({ logout: 'end', expired: 'rely' })
  })
})
