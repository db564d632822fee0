import type { Row } from './list.js'

/** Other sites, cookies and addresses; the login. */
export const browserThreats: readonly (readonly [string, readonly Row[]])[] = [
  [
    'Other sites',
    [
      [
        'T1',
        'Forged requests that need no preflight',
        'Fetch metadata, else `Origin`, else `Referer`, in front of the routing; a header with the token of the session for whatever changes something',
        'test/e2e/cookies.test.ts',
      ],
      [
        'T2',
        'Another method by header or field',
        'No door knows method overrides; none of their headers reaches an API',
      ],
      ['T3', 'Preflights', 'None is ever approved, none is proxied'],
      [
        'T4',
        'Clients that say nothing of where they call from',
        'Refused wherever something is read or changed by a page',
      ],
      ['T5', 'Opaque origins', '`Origin: null` is another origin'],
      [
        'T6',
        "Login CSRF: the attacker's own answer in the victim's browser",
        '`state` must be that of a login this browser began; the session that is there stays',
      ],
      ['T7', 'Forced login', 'No login in a frame; a login that nobody finishes leaves the session alone'],
      ['T8', 'Logout CSRF', 'Logout is a POST with the token; front-channel logout needs `iss` and `sid`'],
      ['T9', 'WebSocket hijacking', 'The guard stands before any upgrade, and no upgrade is proxied'],
      ['T10', 'Reading the event stream from elsewhere', 'Same-origin only; no CORS header on any answer'],
      [
        'T11',
        'Answers loaded as scripts',
        'Refused by fetch metadata; JSON, `nosniff` and `Cross-Origin-Resource-Policy`',
      ],
      [
        'T12',
        'Finding out from elsewhere who is signed in',
        'Refused before the session is looked up, with the same answer for everybody',
      ],
      [
        'T13',
        'Clickjacking',
        '`frame-ancestors` on every answer of the BFF; the front-channel page may be framed by the provider alone',
      ],
    ],
  ],
  [
    'Cookies',
    [
      [
        'T14',
        'Cookies tossed by a sibling site',
        'Names with the `__Host-` prefix, which no sibling can set; other names are not read',
        'test/e2e/cookies.test.ts',
      ],
      [
        'T15',
        'Cookies that look like ours',
        'Names match to the letter; only the blanks browsers know are cut off',
      ],
      [
        'T16',
        'Two cookies of one name',
        'Neither is believed (`cookie_conflict`); the answer expires both with every path and domain it can reach',
      ],
      [
        'T17',
        'A full cookie jar',
        'All logins on their way are in one cookie; a head that is too long costs its connection, and its answer takes cookies of the whole domain away',
        'test/e2e/crowded-jar.test.ts',
      ],
      [
        'T18',
        'Cookies larger than a browser keeps',
        'The session cookie is a random number; the login cookie drops the oldest logins before it is too long',
      ],
      ['T19', 'A head larger than the server takes', '431, and the connection is closed'],
    ],
  ],
  [
    'Addresses and messages',
    [
      [
        'T20',
        'Messages between windows',
        'No page of the BFF has a script; what a window sends is heard by none of them',
      ],
      [
        'T21',
        'Open redirect by `return_to`',
        'A path of the own origin, checked as a browser reads it; no door of the BFF',
        'test/threats/fuzz/return-to.test.ts',
      ],
      [
        'T22',
        'Open redirect after logout',
        '`post_logout_redirect_uri` is the own origin and a checked path',
      ],
    ],
  ],
  [
    'Login',
    [
      [
        'T23',
        'An answer of the provider that comes again',
        'A login is spent by its answer; the same answer at the same moment shares one outcome',
      ],
      ['T24', 'An answer in another browser', 'The login is in a sealed cookie of the browser that began it'],
      ['T25', 'A code of somebody else', 'PKCE and `nonce` are of one login each'],
      [
        'T26',
        'The same answer twice at once',
        'One token request, whichever instance gets it: a login is spent in the store before its code is sent',
      ],
      ['T27', 'Mix-up of providers', '`iss` of the answer is compared before the code is used (RFC 9207)'],
      ['T28', 'Login without PKCE', 'S256 always; the configuration cannot take it away'],
      ['T29', 'Parameters pushed into the login', 'An allow-list of parameters; what the BFF sets wins'],
      [
        'T30',
        'Texts of the provider on our pages',
        'Only well-formed error codes come back into the app; nothing of an answer is shown',
      ],
      [
        'T31',
        'Answers in another form',
        'One code, in the query or in a form, which is carried on sealed; where a signed answer was asked for, that and nothing beside it; a token in an answer is not looked at',
        'test/flows/form-post.test.ts',
        'test/flows/signed-answers.test.ts',
        'test/e2e/form-post.test.ts',
      ],
      ['T32', 'Parameters that come twice', 'Refused'],
      [
        'T33',
        'Forged ID tokens',
        'Signature by the keys of the provider with asymmetric algorithms alone; no address in a token is ever called',
      ],
      ['T34', 'Claims about another user', '`sub` of the UserInfo answer must be that of the ID token'],
      ['T35', 'Another user at a refresh', 'The session ends (`user_changed`), and what came is revoked'],
      ['T36', 'A refresh token used by a thief', 'The refusal ends all extension, with its reason'],
      ['T37', 'Two refreshes of one token', 'One lease in the store for all instances'],
      [
        'T38',
        'A crash between the answer of the provider and the store',
        'A refresh that was sent is on record; a refusal right after it is `refresh_lost`',
      ],
      [
        'T39',
        'A refresh that overtakes a logout',
        'Compare-and-swap: an end wins; the token that came late is revoked',
      ],
      [
        'T40',
        'A login that overtakes its logout token',
        'Logout tokens are kept in mind; the session that is born later ends at once',
      ],
      [
        'T41',
        'A session of another application',
        'Nothing opens without the secrets and the store it was made with',
      ],
      ['T42', 'Poisoned metadata', 'The issuer must be the configured one, every endpoint https'],
      ['T43', 'A flood of unknown keys', 'The keys are fetched again at most once in 30 s'],
      [
        'T44',
        'Clocks that are wrong',
        'A tolerance of 60 s, and no more; access expires by its lifetime, counted from when it came',
      ],
      ['T45', 'Odd lifetimes of tokens', 'Read as what they can mean; never a loop of refreshes'],
    ],
  ],
]
