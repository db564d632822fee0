/** Rows of the machine's table: access that is renewed, and a session that ends with the one at the IDP. */
import { bobs, HOUR, offline, renewedUntil, T0 } from './sessions.js'
import { session } from './states.js'
import { unchanged, endedAs, whileSignedIn, whileSignedOut, stays } from './table-words.js'
import type { Row } from './table-words.js'

/** Event by event. */
export const renewals: Row[] = [
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
