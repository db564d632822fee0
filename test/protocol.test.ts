import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  cookieNames,
  CSRF_HEADER,
  doors,
  isLogoutAnswer,
  isProblem,
  isSessionAnswer,
  isTokenAnswer,
  LOGIN_ERROR_PARAM,
  REQUEST_ID_HEADER,
  sessionFromWire,
  sessionToWire,
  TANDEM_HEADER,
} from '../src/protocol.js'
import type { WireSession } from '../src/protocol.js'
import type { Session } from '../src/session/session.js'

const wire: WireSession = {
  ref: 'r3f',
  user: {
    sub: 'alice',
    given_name: 'Alice',
    'https://example.com/claim_of_ours': { someThing: 1, some_thing: 2 },
  },
  app: { started_at: 1_000, idle_ends_at: 2_000, ends_at: 3_000 },
  idp: { status: 'ended', sid: 's1d', ends_at: 4_000, ended_by: 'refresh_lost' },
  access: {
    expires_at: 5_000,
    extendable: false,
    extendable_until: 6_000,
    scope: ['openid'],
    audience: ['https://api.example.com'],
    roles: [],
  },
  authentication: { time: 7_000, acr: 'mfa', amr: ['pwd', 'otp'] },
}
const session: Session = {
  ref: 'r3f',
  user: wire.user,
  app: { startedAt: 1_000, idleEndsAt: 2_000, endsAt: 3_000 },
  idp: { status: 'ended', sid: 's1d', endsAt: 4_000, endedBy: 'refresh_lost' },
  access: {
    expiresAt: 5_000,
    extendable: false,
    extendableUntil: 6_000,
    scope: ['openid'],
    audience: ['https://api.example.com'],
    roles: [],
  },
  authentication: { time: 7_000, acr: 'mfa', amr: ['pwd', 'otp'] },
}

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
    expectTypeOf<ReturnType<typeof sessionFromWire>>().toEqualTypeOf<Session>()
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

/** The value without the member at this path, or with another value there. */
function changed(value: object, path: string, ...to: [unknown?]): unknown {
  const copy = structuredClone(value) as Record<string, unknown>
  const names = path.split('.')
  const last = names.pop() ?? ''
  const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, copy)
  if (to.length === 0) delete parent[last]
  else parent[last] = to[0]
  return copy
}

describe('isSessionAnswer', () => {
  const answer = { authenticated: true, session: wire, now: 8_000 }

  it('takes both answers, and members it does not know', () => {
    expect(isSessionAnswer(answer)).toBe(true)
    expect(isSessionAnswer({ authenticated: false })).toBe(true)
    expect(isSessionAnswer({ authenticated: false, last: { ended_by: 'logout', at: 1 } })).toBe(true)
    expect(isSessionAnswer({ ...answer, news: true, session: { ...wire, more: 1 } })).toBe(true)
  })

  it.each([
    'app.idle_ends_at',
    'idp.sid',
    'idp.ends_at',
    'idp.ended_by',
    'access.extendable_until',
    'authentication.acr',
  ])('does without session.%s', (path) => {
    expect(isSessionAnswer(changed(answer, `session.${path}`))).toBe(true)
  })

  it.each([
    'authenticated',
    'now',
    'session',
    'session.ref',
    'session.user',
    'session.user.sub',
    'session.app',
    'session.app.started_at',
    'session.app.ends_at',
    'session.idp',
    'session.idp.status',
    'session.access',
    'session.access.expires_at',
    'session.access.extendable',
    'session.access.scope',
    'session.access.audience',
    'session.access.roles',
    'session.authentication',
    'session.authentication.time',
    'session.authentication.amr',
  ])('refuses one without %s, or with a value of another kind there', (path) => {
    expect(isSessionAnswer(changed(answer, path))).toBe(false)
    for (const other of [null, undefined, '', 0, true, [], {}, '12']) {
      const kind = path
        .split('.')
        .reduce((at: unknown, name) => (at as Record<string, unknown>)[name], answer)
      const same = typeof kind === typeof other && Array.isArray(kind) === Array.isArray(other)
      const isEmptied = typeof other === 'object' && !Array.isArray(other)
      if (same && !isEmptied) continue
      expect(isSessionAnswer(changed(answer, path, other))).toBe(false)
    }
  })

  it('refuses what is no answer, whatever it is', () => {
    for (const value of [
      null,
      undefined,
      '',
      'authenticated',
      1,
      true,
      [],
      {},
      [answer],
      { session: wire },
    ]) {
      expect(isSessionAnswer(value)).toBe(false)
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => void expect(isSessionAnswer(value)).toBe(false)))
  })
})

describe('the other guards', () => {
  it.each([
    [isLogoutAnswer, { end_session_url: null }, true],
    [isLogoutAnswer, { end_session_url: 'https://idp.example/end' }, true],
    [isLogoutAnswer, { end_session_url: 1 }, false],
    [isLogoutAnswer, {}, false],
    [isTokenAnswer, { access_token: 'test-token', expires_at: 1 }, true],
    [isTokenAnswer, { access_token: 'test-token' }, false],
    [isTokenAnswer, { access_token: 'test-token', expires_at: '1' }, false],
    [isTokenAnswer, { expires_at: 1 }, false],
    [isProblem, { type: 'about:blank', title: 'No', status: 401, code: 'login_required' }, true],
    [isProblem, { status: 401, error: 'invalid_token' }, false],
    [isProblem, { status: '401', code: 'login_required' }, false],
  ])('%o of %o is %s', (guard, value, expected) => {
    expect(guard(value)).toBe(expected)
  })

  it.each([isLogoutAnswer, isTokenAnswer, isProblem])('%o refuses what is no object', (guard) => {
    for (const value of [null, undefined, '', 'text', 1, true, []]) expect(guard(value)).toBe(false)
  })
})
