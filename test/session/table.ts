/** The machine as a table: what becomes of every event in every state. Read by `machine.test.ts`. */
import { aSession, bobs, offline } from './sessions.js'
import { denied, session } from './states.js'
import { unchanged, signedIn, endedAs, whileSignedIn, stays } from './table-words.js'
import type { Row } from './table-words.js'
import { renewals } from './table-renewals.js'

/** Event by event: the next state and the effects, for every state. */
export const table: Row[] = [
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
  ...renewals,
]
