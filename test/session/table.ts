/** The machine as a table: what becomes of every event in every state. Read by `machine.test.ts`. */
import { aSession, bobs, HOUR, offline, renewedUntil, T0 } from './sessions.js'
import type { Happening } from './sessions.js'
import { denied, session } from './states.js'
import type { StateName } from './states.js'

const unchanged: [string, string[]] = ['', []]
const signedIn = ['ref-alice-1 idle', ['authenticated']] satisfies [string, string[]]
const endedAs = (reason: string, ...more: string[]): [string, string[]] => [
  `unauthenticated(${[reason, ...more.map(() => denied.code)].join()})`,
  ['forget', `ended(${reason})`, ...more],
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
const stays = whileSignedIn((name) => [`ref-alice-1 ${name}`, []])

/** Event by event: the next state and the effects, for every state. `unchanged`: the very same state, no effect. */
export const table: [string, Happening, Record<StateName, [string, string[]]>][] = [
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
      loading: ['ref-alice-2 idle', ['authenticated']],
      retrying: ['ref-alice-2 idle', ['authenticated']],
      unauthenticated: ['ref-alice-2 idle', ['authenticated']],
      toLogin: unchanged,
      toLogout: unchanged,
      ...whileSignedIn(() => ['ref-alice-2 idle', ['ended(replaced)', 'authenticated']]),
    },
  ],
  [
    "restored: another user's session",
    { type: 'restored', session: bobs() },
    {
      loading: ['ref-bob-1 idle', ['authenticated']],
      retrying: ['ref-bob-1 idle', ['authenticated']],
      unauthenticated: ['ref-bob-1 idle', ['authenticated']],
      toLogin: unchanged,
      toLogout: unchanged,
      ...whileSignedIn(() => ['ref-bob-1 idle', ['ended(user_changed)', 'authenticated']]),
    },
  ],
  [
    'absent, with a reason',
    { type: 'absent', reason: 'app_session_over' },
    {
      loading: ['unauthenticated(app_session_over)', ['forget']],
      retrying: ['unauthenticated(app_session_over)', ['forget']],
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
      loading: ['unauthenticated(state_mismatch)', ['forget', 'error']],
      retrying: ['unauthenticated(state_mismatch)', ['forget', 'error']],
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
      loading: ['retrying', ['error']],
      retrying: ['retrying', []],
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
      loading: ['redirecting(login)', []],
      retrying: ['redirecting(login)', []],
      unauthenticated: ['redirecting(login)', []],
      toLogin: unchanged,
      toLogout: unchanged,
      ...whileSignedIn(() => ['redirecting(login)', []]),
    },
  ],
  [
    'login-failed: says nothing about a session',
    { type: 'login-failed', error: denied },
    {
      loading: ['loading', ['error']],
      retrying: ['retrying', ['error']],
      unauthenticated: ['unauthenticated(state_mismatch)', ['error']],
      toLogin: ['unauthenticated(state_mismatch)', ['forget', 'error']],
      toLogout: unchanged,
      ...whileSignedIn((name) => [`ref-alice-1 ${name}`, ['error']]),
    },
  ],
  [
    'logout',
    { type: 'logout' },
    {
      loading: ['redirecting(logout)', ['forget']],
      retrying: ['redirecting(logout)', ['forget']],
      unauthenticated: ['redirecting(logout)', []],
      toLogin: ['redirecting(logout)', ['forget']],
      toLogout: unchanged,
      ...whileSignedIn(() => ['redirecting(logout)', ['forget', 'ended(logout)']]),
    },
  ],
  [
    'logged-out, and the page stays',
    { type: 'logged-out' },
    {
      loading: ['unauthenticated(logout)', ['forget']],
      retrying: ['unauthenticated(logout)', ['forget']],
      unauthenticated: ['unauthenticated(logout)', []],
      toLogin: unchanged,
      toLogout: ['unauthenticated(logout)', []],
      ...whileSignedIn(() => unchanged),
    },
  ],
  [
    'logged-out, but the BFF was not reached',
    { type: 'logged-out', error: offline },
    {
      loading: ['unauthenticated(logout,network_failed)', ['forget', 'error']],
      retrying: ['unauthenticated(logout,network_failed)', ['forget', 'error']],
      unauthenticated: ['unauthenticated(logout,network_failed)', ['error']],
      toLogin: ['redirecting(login)', ['error']],
      toLogout: ['unauthenticated(logout,network_failed)', ['error']],
      ...whileSignedIn((name) => [`ref-alice-1 ${name}`, ['error']]),
    },
  ],
  [
    'logout-incomplete: told, and nothing else',
    { type: 'logout-incomplete', left: ['refresh_token'] },
    {
      loading: ['loading', ['logout-incomplete']],
      retrying: ['retrying', ['logout-incomplete']],
      unauthenticated: ['unauthenticated(logout)', ['logout-incomplete']],
      toLogin: ['redirecting(login)', ['logout-incomplete']],
      toLogout: ['redirecting(logout)', ['logout-incomplete']],
      ...whileSignedIn((name) => [`ref-alice-1 ${name}`, ['logout-incomplete']]),
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
  [
    'doubted: this browser seems to hold another session',
    { type: 'doubted' },
    { ...whileSignedOut, ...whileSignedIn(() => ['loading', ['restore']]) },
  ],
  ['tick, nothing due', { type: 'tick' }, { ...whileSignedOut, retrying: ['retrying', []], ...stays }],
  [
    'tick, woke: no wait between two tries is sat out',
    { type: 'tick', woke: true },
    {
      ...whileSignedOut,
      retrying: ['loading', ['restore']],
      ...stays,
      waiting: ['ref-alice-1 renewing', ['renew']],
    },
  ],
  [
    'renew',
    { type: 'renew', forced: false },
    {
      ...whileSignedOut,
      idle: ['ref-alice-1 renewing', ['renew']],
      renewing: unchanged,
      waiting: unchanged,
    },
  ],
  [
    'renew, forced',
    { type: 'renew', forced: true },
    {
      ...whileSignedOut,
      idle: ['ref-alice-1 renewing', ['renew']],
      renewing: unchanged,
      waiting: ['ref-alice-1 renewing', ['renew']],
    },
  ],
  [
    'renewed',
    { type: 'renewed', session: renewedUntil(session, T0 + HOUR) },
    { ...whileSignedOut, ...whileSignedIn(() => ['ref-alice-1 idle', ['refreshed']]) },
  ],
  [
    "renewed, with another user's session: the answer to our renewal, or a late one to somebody else's",
    { type: 'renewed', session: bobs() },
    {
      ...whileSignedOut,
      idle: ['ref-alice-1 idle', ['restore']],
      renewing: ['ref-bob-1 idle', ['ended(user_changed)', 'authenticated']],
      waiting: ['ref-alice-1 waiting', ['restore']],
    },
  ],
  [
    'renew-failed: waited out, never an end',
    { type: 'renew-failed', error: offline },
    {
      ...whileSignedOut,
      idle: unchanged,
      renewing: ['ref-alice-1 waiting', ['refresh-failed']],
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
    { ...whileSignedOut, ...whileSignedIn(() => ['ref-alice-1 idle', ['idp-session-ended']]) },
  ],
]
