/** Every event in every state: what becomes of it, and what is to be done. */
import { describe, expect, it } from 'vitest'
import { initialState, transition } from '../../src/session/machine.js'
import { retryDelay } from '../../src/session/timing.js'
import {
  alarmIn,
  aSession,
  at,
  bobs,
  frozen,
  HOUR,
  inShort,
  offline,
  renewedUntil,
  SECOND,
  T0,
} from './sessions.js'
import type { Happening } from './sessions.js'
import { denied, named, now, session, states } from './states.js'
import type { StateName } from './states.js'

const unchanged: [string, string[]] = ['', []]
const signedIn = ['ref-alice-1 idle', ['watch', 'alarm', 'authenticated']] satisfies [string, string[]]
const endedAs = (reason: string, ...more: string[]): [string, string[]] => [
  `unauthenticated(${[reason, ...more.map(() => denied.code)].join()})`,
  ['no alarm', 'unwatch', 'forget', `ended(${reason})`, ...more],
]
const whileSignedIn = (to: (name: 'idle' | 'renewing' | 'waiting') => [string, string[]]) => ({
  idle: to('idle'),
  renewing: to('renewing'),
  waiting: to('waiting'),
})
const whileSignedOut = {
  loading: unchanged,
  retrying: unchanged,
  unauthenticated: unchanged,
  toLogin: unchanged,
  toLogout: unchanged,
}
const stays = whileSignedIn((name) => [`ref-alice-1 ${name}`, ['alarm']])

/** Event by event: the next state and the effects, for every state. `unchanged`: the very same state, no effect. */
const table: [string, Happening, Record<StateName, [string, string[]]>][] = [
  [
    'restored: the session that is there',
    { type: 'restored', session },
    {
      loading: signedIn,
      retrying: signedIn,
      unauthenticated: signedIn,
      toLogin: unchanged,
      toLogout: unchanged,
      ...stays,
    },
  ],
  [
    'restored: another authentication of the same user',
    { type: 'restored', session: aSession({ ref: 'ref-alice-2' }) },
    {
      loading: ['ref-alice-2 idle', ['watch', 'alarm', 'authenticated']],
      retrying: ['ref-alice-2 idle', ['watch', 'alarm', 'authenticated']],
      unauthenticated: ['ref-alice-2 idle', ['watch', 'alarm', 'authenticated']],
      toLogin: unchanged,
      toLogout: unchanged,
      ...whileSignedIn(() => [
        'ref-alice-2 idle',
        ['unwatch', 'ended(replaced)', 'watch', 'alarm', 'authenticated'],
      ]),
    },
  ],
  [
    "restored: another user's session",
    { type: 'restored', session: bobs() },
    {
      loading: ['ref-bob-1 idle', ['watch', 'alarm', 'authenticated']],
      retrying: ['ref-bob-1 idle', ['watch', 'alarm', 'authenticated']],
      unauthenticated: ['ref-bob-1 idle', ['watch', 'alarm', 'authenticated']],
      toLogin: unchanged,
      toLogout: unchanged,
      ...whileSignedIn(() => [
        'ref-bob-1 idle',
        ['unwatch', 'ended(user_changed)', 'watch', 'alarm', 'authenticated'],
      ]),
    },
  ],
  [
    'absent, with a reason',
    { type: 'absent', reason: 'app_session_over' },
    {
      loading: ['unauthenticated(app_session_over)', ['no alarm', 'forget']],
      retrying: ['unauthenticated(app_session_over)', ['no alarm', 'forget']],
      unauthenticated: unchanged,
      toLogin: unchanged,
      toLogout: unchanged,
      ...whileSignedIn(() => endedAs('app_session_over')),
    },
  ],
  [
    'absent, with an error',
    { type: 'absent', error: denied },
    {
      loading: ['unauthenticated(state_mismatch)', ['no alarm', 'forget', 'error']],
      retrying: ['unauthenticated(state_mismatch)', ['no alarm', 'forget', 'error']],
      unauthenticated: unchanged,
      toLogin: unchanged,
      toLogout: unchanged,
      ...whileSignedIn(() => endedAs('unknown', 'error')),
    },
  ],
  [
    'restore-failed: waited out, never an end',
    { type: 'restore-failed', error: offline },
    {
      loading: ['retrying', ['alarm', 'error']],
      retrying: ['retrying', ['alarm']],
      unauthenticated: unchanged,
      toLogin: unchanged,
      toLogout: unchanged,
      ...stays,
    },
  ],
  [
    'login',
    { type: 'login' },
    {
      loading: ['redirecting(login)', ['no alarm']],
      retrying: ['redirecting(login)', ['no alarm']],
      unauthenticated: ['redirecting(login)', ['no alarm']],
      toLogin: unchanged,
      toLogout: unchanged,
      ...whileSignedIn(() => ['redirecting(login)', ['no alarm', 'unwatch']]),
    },
  ],
  [
    'login-failed: says nothing about a session',
    { type: 'login-failed', error: denied },
    {
      loading: ['loading', ['error']],
      retrying: ['retrying', ['error']],
      unauthenticated: ['unauthenticated(state_mismatch)', ['error']],
      toLogin: ['unauthenticated(state_mismatch)', ['error']],
      toLogout: unchanged,
      ...whileSignedIn((name) => [`ref-alice-1 ${name}`, ['error']]),
    },
  ],
  [
    'logout',
    { type: 'logout' },
    {
      loading: ['redirecting(logout)', ['no alarm', 'forget']],
      retrying: ['redirecting(logout)', ['no alarm', 'forget']],
      unauthenticated: ['redirecting(logout)', ['no alarm', 'forget']],
      toLogin: ['redirecting(logout)', ['no alarm', 'forget']],
      toLogout: unchanged,
      ...whileSignedIn(() => ['redirecting(logout)', ['no alarm', 'unwatch', 'forget', 'ended(logout)']]),
    },
  ],
  [
    'logged-out, and the page stays',
    { type: 'logged-out' },
    {
      loading: ['unauthenticated(logout)', ['no alarm', 'forget']],
      retrying: ['unauthenticated(logout)', ['no alarm', 'forget']],
      unauthenticated: ['unauthenticated(logout)', ['no alarm', 'forget']],
      toLogin: unchanged,
      toLogout: ['unauthenticated(logout)', ['no alarm', 'forget']],
      ...whileSignedIn(() => unchanged),
    },
  ],
  [
    'logged-out, but the BFF was not reached',
    { type: 'logged-out', error: offline },
    {
      loading: ['unauthenticated(logout,network_failed)', ['no alarm', 'forget', 'error']],
      retrying: ['unauthenticated(logout,network_failed)', ['no alarm', 'forget', 'error']],
      unauthenticated: ['unauthenticated(logout,network_failed)', ['no alarm', 'forget', 'error']],
      toLogin: ['redirecting(login)', ['error']],
      toLogout: ['unauthenticated(logout,network_failed)', ['no alarm', 'forget', 'error']],
      ...whileSignedIn((name) => [`ref-alice-1 ${name}`, ['error']]),
    },
  ],
  [
    'page-restored: what the page shows may be a picture of the past',
    { type: 'page-restored' },
    {
      loading: unchanged,
      retrying: unchanged,
      unauthenticated: ['unauthenticated(logout)', ['restore']],
      toLogin: ['loading', ['restore']],
      toLogout: ['loading', ['restore']],
      ...whileSignedIn((name) => [`ref-alice-1 ${name}`, ['restore']]),
    },
  ],
  ['tick, nothing due', { type: 'tick' }, { ...whileSignedOut, retrying: ['retrying', ['alarm']], ...stays }],
  [
    'tick, woke: no wait between two tries is sat out',
    { type: 'tick', woke: true },
    {
      ...whileSignedOut,
      retrying: ['loading', ['no alarm', 'restore']],
      ...stays,
      waiting: ['ref-alice-1 renewing', ['alarm', 'renew']],
    },
  ],
  [
    'renew',
    { type: 'renew', forced: false },
    {
      ...whileSignedOut,
      idle: ['ref-alice-1 renewing', ['alarm', 'renew']],
      renewing: unchanged,
      waiting: unchanged,
    },
  ],
  [
    'renew, forced',
    { type: 'renew', forced: true },
    {
      ...whileSignedOut,
      idle: ['ref-alice-1 renewing', ['alarm', 'renew']],
      renewing: unchanged,
      waiting: ['ref-alice-1 renewing', ['alarm', 'renew']],
    },
  ],
  [
    'renewed',
    { type: 'renewed', session: renewedUntil(session, T0 + HOUR) },
    { ...whileSignedOut, ...whileSignedIn(() => ['ref-alice-1 idle', ['alarm', 'refreshed']]) },
  ],
  [
    "renewed, with another user's session: the answer to our renewal, or a late one to somebody else's",
    { type: 'renewed', session: bobs() },
    {
      ...whileSignedOut,
      idle: ['ref-alice-1 idle', ['alarm', 'restore']],
      renewing: ['ref-bob-1 idle', ['unwatch', 'ended(user_changed)', 'watch', 'alarm', 'authenticated']],
      waiting: ['ref-alice-1 waiting', ['alarm', 'restore']],
    },
  ],
  [
    'renew-failed: waited out, never an end',
    { type: 'renew-failed', error: offline },
    {
      ...whileSignedOut,
      idle: unchanged,
      renewing: ['ref-alice-1 waiting', ['alarm', 'refresh-failed']],
      waiting: unchanged,
    },
  ],
  [
    'idp-ended by a logout: the app session ends at once',
    { type: 'idp-ended', endedBy: 'logout' },
    { ...whileSignedOut, ...whileSignedIn(() => endedAs('logout')) },
  ],
  [
    'idp-ended by expiry or refusal: rely until access expires',
    { type: 'idp-ended', endedBy: 'expired' },
    { ...whileSignedOut, ...whileSignedIn(() => ['ref-alice-1 idle', ['alarm', 'idp-session-ended']]) },
  ],
  [
    'ended',
    { type: 'ended', reason: 'revoked' },
    { ...whileSignedOut, ...whileSignedIn(() => endedAs('revoked')) },
  ],
]

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
    const [first, effects] = transition(states.loading, at(now, { type: 'restore-failed', error: offline }))
    const retryAt = now + retryDelay(1, 0.5)
    expect(first).toEqual({ status: 'loading', error: offline, retryAt, attempt: 1 })
    expect(alarmIn(effects)).toBe(retryAt)

    const [trying, due] = transition(first, at(retryAt, { type: 'tick' }))
    expect(trying).toEqual({ status: 'loading', error: offline, attempt: 1 })
    expect(inShort(due)).toEqual(['no alarm', 'restore'])

    const [second, again] = transition(trying, at(retryAt, { type: 'restore-failed', error: offline }))
    expect(second).toMatchObject({ attempt: 2, retryAt: retryAt + retryDelay(2, 0.5) })
    expect(inShort(again)).toEqual(['alarm'])
  })

  it('waits as long as the server asks for', () => {
    const [state] = transition(
      states.loading,
      at(now, { type: 'restore-failed', error: offline, retryAfter: 20 * SECOND }),
    )
    expect(state).toMatchObject({ retryAt: now + 20 * SECOND })
  })

  it('an early tick sets the alarm anew', () => {
    const [, effects] = transition(states.retrying, at(now, { type: 'tick' }))
    expect(alarmIn(effects)).toBe(now + SECOND)
  })
})

it('a log-out is never overtaken by a log-in', () => {
  const [leaving] = transition(states.idle, at(now, { type: 'logout' }))
  for (const happening of [{ type: 'login' }, { type: 'login-failed', error: denied }] as const) {
    expect(transition(leaving, at(now, happening))).toEqual([leaving, []])
  }
})
