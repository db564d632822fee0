import type { Row } from './list.js'

/** Sessions, the store and what the provider tells. */
export const sessionThreats: readonly (readonly [string, readonly Row[]])[] = [
  [
    'Sessions',
    [
      [
        'T46',
        'Session fixation',
        'A new random id at every authentication; an id the server did not make opens nothing',
      ],
      [
        'T47',
        'Fixation by signing in again',
        'The id before is dead, also for the same user and after a step-up',
      ],
      ['T48', 'Ids of somebody’s own making', 'Refused, cleared, and never stored'],
      [
        'T49',
        'Replay of an ended session',
        'Every instance reads the store; a tombstone answers with the reason',
      ],
      [
        'T50',
        'A stolen cookie in another browser',
        'Bound to brand and platform: `observe`, `step-up` or `end`',
      ],
      [
        'T51',
        'Guessing ids',
        '256 random bits, looked up by their SHA-256; an address may ask 1,000 times at once and 100 times a second',
      ],
      [
        'T52',
        'A stolen store',
        'Only hashes of ids, and contents sealed with a key made of a server secret and the cookie',
      ],
      ['T53', 'Records that are changed or swapped', 'Sealed to their place: they open nowhere else'],
      [
        'T54',
        'A store that falls back to before a logout',
        'A version is replaced once; what an instance has seen end stays ended, whatever its store says later',
      ],
      [
        'T55',
        'A store that does not answer',
        '503 with `Retry-After`, within seconds also where it hangs; no session ends, no cookie is taken away',
      ],
      [
        'T56',
        'A store that forgets',
        '`session_unknown`: never let in; `/readyz` warns of a store that may drop sessions',
      ],
      [
        'T57',
        'A provider that does not answer',
        'Valid access works on; expired access is a 503, and the session is kept',
      ],
      [
        'T58',
        'Logout while the provider is away',
        'The session is over here first; the revocation is tried again',
      ],
      ['T59', 'Polling keeps a session alive', 'Only use moves the idle end'],
      ['T60', 'Use keeps a session alive for ever', 'The absolute end is fixed at the beginning'],
      ['T61', 'Endless logins that nobody finishes', 'They are in a cookie, at no server'],
      ['T62', 'Claims that are more than data', 'They are JSON, and stay it'],
      [
        'T63',
        'A tab of another user',
        'The token names the session: 409, nothing is executed',
        'test/flows/client-users.test.ts',
      ],
    ],
  ],
  [
    'Logout tokens and events',
    [
      [
        'T64',
        'Forged logout tokens',
        'Every rule of Back-Channel Logout 1.0 §2.6',
        'test/bff/logout-token.test.ts',
      ],
      ['T65', 'Logout tokens that come again', '`jti` is remembered for as long as the token could pass'],
      ['T66', 'Other tokens as logout tokens', '`typ`, `events` and no `nonce`'],
      ['T67', 'Masses of logout tokens', 'Sessions are found by an index'],
      [
        'T68',
        'Asking by logout token who is signed in',
        'The same answer, whether there was a session or not',
      ],
      ['T69', 'Masses of event streams', 'Eight a session, the newest stay; none without a session'],
      [
        'T70',
        'A stream that outlives its session',
        'It tells of the end and closes; the next one gets a 401',
      ],
      [
        'T71',
        'Proxies that hold back or cut a stream',
        'A heartbeat, `X-Accel-Buffering: no`, and the truth at every beginning',
      ],
      ['T72', 'Events of somebody else', 'A stream hears of its own session alone'],
      [
        'T73',
        'Pages that slept',
        'They ask again; the reason is there for 24 hours',
        'test/e2e/leaving.test.ts',
      ],
    ],
  ],
]
