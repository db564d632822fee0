import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLogoutAnswer, isProblem, isSessionAnswer, isTokenAnswer } from '../src/protocol.js'
import { wire } from './wire-session.js'

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
    [isLogoutAnswer, { end_session_url: null, left: ['refresh_token'] }, true],
    [isLogoutAnswer, { end_session_url: null, left: 'refresh_token' }, false],
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
