import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowedUntil, decide, list, unmetCriteria } from '../../src/session/access.js'
import type { Decision } from '../../src/session/access.js'
import type { Criteria } from '../../src/session/session.js'
import { aSession, anySession, HOUR, MINUTE, overAtIdp, renewedUntil, SECOND, T0 } from './sessions.js'

const now = T0 + MINUTE
const live = aSession()
const expired = renewedUntil(live, now)
const allow: Decision = { outcome: 'allow' }
const extend: Decision = { outcome: 'extend' }
const appSessionOver: Decision = { outcome: 'authenticate', why: 'app_session_over' }
const idpSessionOver: Decision = { outcome: 'authenticate', why: 'idp_session_over' }
const unmet = (...names: string[]): object => ({
  outcome: 'authenticate',
  why: 'criteria_unmet',
  unmet: names,
})

describe('the decision table, row by row', () => {
  it('app session over: authenticate, whatever else is true', () => {
    for (const session of [live, expired, overAtIdp(live), overAtIdp(expired)]) {
      const over = { ...session, app: { ...session.app, endsAt: now } }
      for (const criteria of [{}, { roles: 'admin' }])
        expect(decide(over, criteria, now)).toEqual(appSessionOver)
    }
  })

  it('live, criteria unmet: authenticate and say which, whatever access and IDP session are', () => {
    for (const session of [live, expired, overAtIdp(live), overAtIdp(expired)]) {
      expect(decide(session, { acr: 'mfa', maxAge: 10 }, now)).toEqual(unmet('maxAge', 'acr'))
    }
  })

  it.each(['active', 'unknown', 'ended'] as const)(
    'live, met, access valid, IDP session %s: allow',
    (status) => {
      expect(decide({ ...live, idp: { status } }, {}, now)).toEqual(allow)
    },
  )

  it('valid access is allowed after the end of the IDP session even though nothing can be extended', () => {
    expect(decide(overAtIdp(live), {}, now)).toEqual(allow)
  })

  it.each(['active', 'unknown'] as const)('live, met, access expired, IDP session %s: extend', (status) => {
    expect(decide({ ...expired, idp: { status } }, {}, now)).toEqual(extend)
  })

  it('live, met, access expired, IDP session ended: authenticate', () => {
    expect(decide(overAtIdp(expired), {}, now)).toEqual(idpSessionOver)
    // Even if somebody forgot to say that it cannot be extended.
    expect(decide({ ...expired, idp: { status: 'ended' } }, {}, now)).toEqual(idpSessionOver)
  })

  it('access that expired and cannot be renewed without the user: authenticate', () => {
    expect(decide(aSession({ access: { expiresAt: now, extendable: false } }), {}, now)).toEqual(
      idpSessionOver,
    )
  })

  it('when the IDP session was expected to end is no answer: extend, and let the IDP say', () => {
    expect(decide({ ...expired, idp: { status: 'active', endsAt: now - HOUR } }, {}, now)).toEqual(extend)
  })
})

describe('boundaries: a time that has come has come', () => {
  it('the absolute end of the app session', () => {
    const ending = aSession({ app: { endsAt: now } })
    expect(decide(ending, {}, now - 1)).toEqual(allow)
    expect(decide(ending, {}, now)).toEqual(appSessionOver)
  })

  it('the idle end, when it comes first', () => {
    const idle = aSession({ app: { idleEndsAt: now } })
    expect(decide(idle, {}, now - 1)).toEqual(allow)
    expect(decide(idle, {}, now)).toEqual(appSessionOver)
    const late = aSession({ app: { endsAt: now, idleEndsAt: now + HOUR } })
    expect(decide(late, {}, now)).toEqual(appSessionOver)
  })

  it('the expiry of access', () => {
    expect(decide(expired, {}, now - 1)).toEqual(allow)
    expect(decide(expired, {}, now)).toEqual(extend)
  })

  it('the cap on rotation', () => {
    const capped = aSession({ access: { expiresAt: now - MINUTE, extendableUntil: now } })
    expect(decide(capped, {}, now - 1)).toEqual(extend)
    expect(decide(capped, {}, now)).toEqual(idpSessionOver)
  })

  it('maxAge: as old as allowed is young enough', () => {
    const signedInAt = aSession({ authentication: { time: now - 300 * SECOND } })
    expect(decide(signedInAt, { maxAge: 300 }, now)).toEqual(allow)
    expect(decide(signedInAt, { maxAge: 300 }, now + 1)).toEqual(unmet('maxAge'))
  })
})

describe('criteria, each of them', () => {
  const session = aSession({
    authentication: { time: now - 60 * SECOND, acr: 'mfa', amr: ['pwd', 'otp'] },
    access: { scope: ['a', 'b'], audience: ['x', 'y'], roles: ['r', 's'] },
  })
  const of = (criteria: Criteria): string[] => unmetCriteria(session, criteria, now)

  it.each<[string, Criteria, string[]]>([
    ['none', {}, []],
    ['maxAge met', { maxAge: 60 }, []],
    ['maxAge unmet', { maxAge: 59 }, ['maxAge']],
    ['maxAge 0', { maxAge: 0 }, ['maxAge']],
    ['maxAge that is no number', { maxAge: NaN }, ['maxAge']],
    ['acr met', { acr: 'mfa' }, []],
    ['acr unmet', { acr: 'phr' }, ['acr']],
    ['acr: one of several', { acr: ['phr', 'mfa'] }, []],
    ['acr: none of several', { acr: ['phr', 'hw'] }, ['acr']],
    ['acr: an empty list asks for nothing', { acr: [] }, []],
    ['amr met', { amr: 'otp' }, []],
    ['amr: all of several', { amr: ['otp', 'pwd'] }, []],
    ['amr: not all', { amr: ['otp', 'face'] }, ['amr']],
    ['audience met', { audience: 'y' }, []],
    ['audience: not all', { audience: ['x', 'z'] }, ['audience']],
    ['scope met', { scope: ['b', 'a'] }, []],
    ['scope: not all', { scope: ['a', 'c'] }, ['scope']],
    ['roles met', { roles: 's' }, []],
    ['roles: not all', { roles: ['r', 'admin'] }, ['roles']],
    ['user met', { user: 'alice' }, []],
    ['user unmet', { user: 'bob' }, ['user']],
    [
      'all unmet, in a fixed order',
      { user: 'bob', roles: 'x', scope: 'x', audience: 'q', amr: 'x', acr: 'x', maxAge: 1 },
      ['maxAge', 'acr', 'amr', 'audience', 'scope', 'roles', 'user'],
    ],
  ])('%s', (_, criteria, names) => {
    expect(of(criteria)).toEqual(names)
  })

  it('a value is compared whole: no prefix, no other case, no part of a string', () => {
    expect(of({ acr: 'MFA' })).toEqual(['acr'])
    expect(of({ amr: 'pw' })).toEqual(['amr'])
    expect(of({ scope: 'a b' })).toEqual(['scope'])
  })

  it('an acr that names every context that was satisfied, separated by spaces', () => {
    const several = aSession({ authentication: { acr: 'mfa urn:example:direct' } })
    expect(unmetCriteria(several, { acr: 'urn:example:direct' }, now)).toEqual([])
    expect(unmetCriteria(several, { acr: 'mfa urn:example:direct' }, now)).toEqual([])
    expect(unmetCriteria(several, { acr: 'urn:example' }, now)).toEqual(['acr'])
  })

  it('a session without acr or amr meets neither', () => {
    const { acr: _, ...authentication } = aSession({ authentication: { amr: [] } }).authentication
    const bare = { ...aSession(), authentication }
    expect(unmetCriteria(bare, { acr: 'pwd', amr: 'pwd' }, now)).toEqual(['acr', 'amr'])
  })
})

describe('properties', () => {
  const moment = fc.integer({ min: T0 - HOUR, max: T0 + HOUR })
  const criteria: fc.Arbitrary<Criteria> = fc.record(
    { maxAge: fc.nat(7200), acr: fc.constantFrom('pwd', 'mfa'), roles: fc.constantFrom('clerk', 'admin') },
    { requiredKeys: [] },
  )

  it('is the table, for any session, criteria and moment', () => {
    fc.assert(
      fc.property(anySession(T0), criteria, moment, (session, wanted, when) => {
        const { app, access, idp } = session
        const over = app.endsAt <= when || (app.idleEndsAt !== undefined && app.idleEndsAt <= when)
        const names = unmetCriteria(session, wanted, when)
        const capped = access.extendableUntil !== undefined && access.extendableUntil <= when
        const extendable = idp.status !== 'ended' && access.extendable && !capped
        const expected = over
          ? appSessionOver
          : names.length > 0
            ? unmet(...names)
            : access.expiresAt > when
              ? allow
              : extendable
                ? extend
                : idpSessionOver
        expect(decide(session, wanted, when)).toEqual(expected)
      }),
    )
  })

  it('more criteria never let more through', () => {
    fc.assert(
      fc.property(anySession(T0), criteria, criteria, moment, (session, some, more, when) => {
        const fewer = unmetCriteria(session, some, when).filter((name) => !(name in more))
        expect(unmetCriteria(session, { ...some, ...more }, when)).toEqual(expect.arrayContaining(fewer))
      }),
    )
  })

  it('once it says authenticate for a session, time alone never makes it say allow', () => {
    fc.assert(
      fc.property(anySession(T0), criteria, moment, fc.nat(HOUR), (session, wanted, when, later) => {
        if (decide(session, wanted, when).outcome !== 'authenticate') return
        expect(decide(session, wanted, when + later).outcome).toBe('authenticate')
      }),
    )
  })
})

describe('list', () => {
  it('makes a list of one value, several or none', () => {
    expect(list('a')).toEqual(['a'])
    expect(list(['a', 'b'])).toEqual(['a', 'b'])
    expect(list(undefined)).toEqual([])
  })
})

describe('until when it is allowed', () => {
  it('an access that is allowed now is allowed for so long, and no longer', () => {
    let allowed = 0
    fc.assert(
      fc.property(
        anySession(T0),
        fc.option(fc.integer({ min: 0, max: 7200 }), { nil: undefined }),
        fc.integer({ min: 0, max: 12 * HOUR }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (session, maxAge, passed, share) => {
          const criteria: Criteria = maxAge === undefined ? {} : { maxAge }
          const at = T0 + passed
          if (decide(session, criteria, at).outcome !== 'allow') return
          allowed++
          const until = allowedUntil(session, criteria)
          expect(until).toBeGreaterThan(at)
          expect(decide(session, criteria, at + Math.floor((until - at) * share))).toEqual(allow)
          expect(decide(session, criteria, until)).not.toEqual(allow)
        },
      ),
      { numRuns: 3000 },
    )
    expect(allowed).toBeGreaterThan(100)
  })
})
