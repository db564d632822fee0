import type { Row } from './list.js'

/** The proxy, and everything around it. */
export const proxyThreats: readonly (readonly [string, readonly Row[]])[] = [
  [
    'The proxy',
    [
      [
        'T74',
        'Another host than the configured one',
        'The upstream comes from the configuration; a target that is no path, or a wrong or second `Host`, is refused',
      ],
      [
        'T75',
        'Paths that climb',
        'A path is sent on byte for byte or refused, never repaired',
        'test/threats/fuzz/upstream-path.test.ts',
      ],
      ['T76', 'Names that look like an upstream', 'The segment must match to the letter'],
      ['T77', 'Redirects of an upstream', 'None is followed; none that leads elsewhere is passed on'],
      [
        'T78',
        'An upstream whose name leads elsewhere (DNS rebinding)',
        'Only configured names are asked; link-local addresses, where clouds keep their metadata, are never dialled, nor are others than its `networks` where they are named',
      ],
      ['T79', 'Line breaks and controls in heads', '400'],
      [
        'T80',
        'Hop-by-hop headers',
        'They end at the BFF; naming one of ours in `Connection` takes nothing away',
      ],
      ['T81', 'Request smuggling', '400, and the connection is closed'],
      ['T82', 'Credentials and identities of the caller’s own', 'Dropped: an API sees only those of the BFF'],
      ['T83', 'Cookies of an upstream', 'Dropped'],
      ['T84', 'Headers of an upstream that rule over the origin', 'Dropped'],
      ['T85', 'Pages of an upstream', 'Shown in a sandbox'],
      ['T86', 'Service workers of an upstream', 'Requests for their scripts are refused'],
      [
        'T87',
        'Answers kept by shared caches',
        '`no-store`, or `private` with `Vary` where the upstream says so',
      ],
      [
        'T88',
        'Cache deception and poisoning',
        'Addresses match to the letter; what is not keyed is not reflected',
      ],
      ['T89', 'Bodies and heads that are too large', 'Limits while they stream: 413, 414 or 431'],
      [
        'T90',
        'Slow clients',
        'Time limits for heads, for whole requests, for readers that stopped reading, and for each 64 KiB of those that are slow',
      ],
      ['T91', 'Compression bombs', 'Nothing is decompressed'],
      ['T92', 'Transfers that break off', 'The other side is let go of at once'],
      ['T93', 'Calls that arrive twice', 'Only what reads is sent again, and only where there was no answer'],
      ['T94', 'An upstream that always says 401', 'No refresh: the answer is passed on'],
      ['T95', 'A token at the wrong upstream', 'One token for each resource'],
      [
        'T96',
        'A socket that outlives its session',
        'No WebSocket is proxied; event streams end with the session',
      ],
      [
        'T97',
        'Proofs for another address',
        'The address that is asked is the one that was checked, byte for byte; a proof names method and address, and is made for one try',
      ],
    ],
  ],
  [
    'Pages and operations',
    [
      [
        'T98',
        'Scripts that look for tokens',
        'No token is in any answer; ids are in cookies that scripts cannot read',
        'test/e2e/secrets.test.ts',
      ],
      [
        'T99',
        'Scripts that begin a login of their own',
        'No login in a frame; a code is worth nothing without the login cookie and the secret',
      ],
      [
        'T100',
        'A package that was tampered with',
        'No script runs at installation; the page’s part has one dependency',
      ],
      [
        'T101',
        'Secrets in errors',
        'Texts say what to do, and nothing of what was sent',
        'test/e2e/secrets.test.ts',
      ],
      [
        'T102',
        'The admin listener',
        'An address of its own; refuses browsers, and filters that say too little',
      ],
      ['T103', 'Lines forged in the log', 'JSON lines: what comes from outside is escaped'],
      ['T104', 'Metrics and probes', 'Probes say one word; metrics are at the admin listener alone'],
      ['T105', 'Bad configuration', 'The process does not start, and says everything that is wrong'],
      [
        'T106',
        'Secrets that rotate',
        'The first seals, all open; nobody is signed out while the old one is there',
      ],
      ['T107', 'A stop under load', 'What is on the wire is answered, streams end, exit code 0'],
      ['T108', 'Headers of a proxy that is none', 'Nothing but the scheme is taken from them'],
      ['T109', 'Plain http', 'No cookie is set; visits are sent to the origin, the rest is refused'],
      [
        'T110',
        'Records of another version',
        'They are not read as what they are not: `session_unknown`, and nothing is lost',
      ],
      ['T111', 'A clock that jumps', 'No end moves'],
      ['T112', 'A route that misses a guard', 'The guards stand in front of the routing'],
      ['T113', 'Inputs that take long', 'Linear time and limits'],
    ],
  ],
]
