import type { Row } from './list.js'

/** Mistakes that software of this kind is known for. */
export const pitfalls: readonly (readonly [string, readonly Row[]])[] = [
  [
    'Known mistakes',
    [
      [
        'P1',
        'A renewal that stores an ended session anew',
        'A renewal replaces a version that is there; it never creates',
      ],
      [
        'P2',
        'A slow request that writes back what a logout deleted',
        'Nothing is written at the end of an answer',
      ],
      ['P3', 'A mark of a logout that the next login clears', 'Every session has its own tombstone'],
      [
        'P4',
        'Limits that are off and count as zero',
        '`idle: 0` is no idle limit; marks of logouts have a lifetime of their own',
      ],
      ['P5', 'An id that is kept at login', 'A new one, always'],
      [
        'P6',
        'A lock that runs out while the provider is slow',
        'The lease is renewed while it is needed, and fenced',
      ],
      ['P7', 'An outage of the provider that signs everybody out', 'Only an answer ends a session'],
      ['P8', 'A refresh token lost with a broken answer', 'It is stored before anything is answered'],
      [
        'P9',
        'An unsigned cookie that says where to go',
        '`return_to` is in the sealed login cookie, and checked before',
      ],
      ['P10', 'Errors that tell what should have been sent', 'Problem texts are fixed'],
      ['P11', 'A logout of one session that ends them all', '`sid` ends its own; `sub` alone ends all'],
      [
        'P12',
        'A CSRF secret kept over logins; cookies with `Domain`; unescaped values',
        'The token is of one session; no `Domain`; parameters are encoded',
      ],
      ['P13', 'A door for tokens that is open by default, or cached', 'Off by default; `no-store`'],
      ['P14', 'A seal that never expires', 'A cookie without end is ended by the store'],
      ['P15', 'A CSRF check that depends on the route', 'It stands in front of the routing'],
    ],
  ],
]
