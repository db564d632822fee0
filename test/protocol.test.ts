import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  cookieNames,
  CSRF_HEADER,
  doors,
  isSessionAnswer,
  LOGIN_ERROR_PARAM,
  REQUEST_ID_HEADER,
  sessionFromWire,
  sessionToWire,
  TANDEM_HEADER,
} from '../src/protocol.js'
import type { Session } from '../src/session/session.js'
import { wire, session } from './wire-session.js'

describe('names: a contract with whoever else speaks it', () => {
  it('doors, headers, cookies', () => {
    expect(doors).toMatchObject({
      login: '/login',
      callback: '/callback',
      session: '/session',
      refresh: '/refresh',
      logout: '/logout',
      token: '/token',
      api: '/api/',
    })
    expect([CSRF_HEADER, TANDEM_HEADER, REQUEST_ID_HEADER, LOGIN_ERROR_PARAM]).toEqual([
      'X-CSRF-Token',
      'X-Tandem',
      'X-Request-Id',
      'login_error',
    ])
    expect(cookieNames).toEqual({
      session: '__Host-Http-session',
      login: '__Host-Http-login',
      csrf: '__Host-csrf',
      hint: '__Host-hint',
    })
  })
})

describe('a session on the wire and off it', () => {
  it('snake_case there, camelCase here; claims keep their names', () => {
    expect(sessionFromWire(wire)).toEqual(session)
    expect(sessionToWire(session)).toEqual(wire)
  })

  it('is the Session of the session room, both ways', () => {
    expectTypeOf(sessionFromWire(wire)).toExtend<Session>()
    expectTypeOf<Session>().toExtend<Parameters<typeof sessionToWire>[0]>()
    // Claims have names there; on the wire any may come.
    type Known<S> = Omit<S, 'user'>
    expectTypeOf<Known<ReturnType<typeof sessionFromWire>>>().toEqualTypeOf<Known<Session>>()
  })

  const time = fc.integer({ min: 0, max: 2 ** 45 })
  const texts = fc.array(fc.string(), { maxLength: 3 })
  const claim = fc.stringMatching(/^[a-zA-Z_:/.]{1,20}$/).filter((name) => name !== '__proto__')
  const anySession: fc.Arbitrary<Session> = fc.record({
    ref: fc.string(),
    user: fc
      .tuple(fc.dictionary(claim, fc.jsonValue(), { noNullPrototype: true }), fc.string())
      .map(([claims, sub]) => ({ ...claims, sub })),
    app: fc.record(
      { startedAt: time, idleEndsAt: time, endsAt: time },
      { requiredKeys: ['startedAt', 'endsAt'] },
    ),
    idp: fc.record(
      {
        status: fc.constantFrom('active' as const, 'ended' as const, 'unknown' as const),
        sid: fc.string(),
        endsAt: time,
        endedBy: fc.constantFrom('logout' as const, 'expired' as const, 'refresh_lost' as const),
      },
      { requiredKeys: ['status'] },
    ),
    access: fc.record(
      {
        expiresAt: time,
        extendable: fc.boolean(),
        extendableUntil: time,
        scope: texts,
        audience: texts,
        roles: texts,
      },
      { requiredKeys: ['expiresAt', 'extendable', 'scope', 'audience', 'roles'] },
    ),
    authentication: fc.record({ time, acr: fc.string(), amr: texts }, { requiredKeys: ['time', 'amr'] }),
  })

  it('comes back as it went, through JSON too, and passes the guard', () => {
    fc.assert(
      fc.property(anySession, time, (one, now) => {
        const sent: unknown = JSON.parse(
          JSON.stringify({ authenticated: true, session: sessionToWire(one), now }),
        )
        const signedIn = isSessionAnswer(sent) && sent.authenticated ? sent : null
        expect(signedIn).not.toBeNull()
        expect(JSON.stringify(signedIn && sessionFromWire(signedIn.session))).toBe(JSON.stringify(one))
      }),
    )
  })

  it('has snake_case members only, but for the claims', () => {
    fc.assert(
      fc.property(anySession, (one) => {
        const { user: _, ...parts } = sessionToWire(one)
        for (const part of Object.values(parts)) {
          for (const name of typeof part === 'object' ? Object.keys(part) : [])
            expect(name).toMatch(/^[a-z_]+$/)
        }
      }),
    )
  })

  it('writes nothing into what it is given', () => {
    const copy = structuredClone(wire)
    sessionFromWire(wire)
    expect(wire).toEqual(copy)
  })
})
