/** Attacks that no list names: what HTTP/1.1 allows, and what upstreams answer when they are not well. */
import type { Row } from './list.js'

export const besideThreats: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  [
    'Beside the list',
    [
      [
        'X1',
        'Requests of several users on one connection; bodies that are requests',
        'Each request is judged by its own head; what was refused is read to its end, or the connection is closed',
      ],
      ['X2', '`Expect: 100-continue`', 'Answered here, never sent on; other expectations get a 417'],
      ['X3', 'An upgrade that an upstream grants unasked', '502, and its connection is closed'],
      [
        'X4',
        'Interim answers of an upstream: early hints, cookies in a 103, thousands of them',
        'None is passed on',
      ],
      ['X5', 'Trailers, both ways', 'None is passed on, and no guard reads one'],
      [
        'X6',
        'Methods that tunnel, reflect, or that nobody expects',
        'CONNECT, TRACE and OPTIONS are never sent on; whatever does not only read needs the token',
      ],
      ['X7', 'A header of the guard that comes twice', 'Two values are no value: refused in either order'],
      [
        'X8',
        'More headers than a server counts',
        'All that fit into a head of 16 KiB are read; longer heads are a 431',
      ],
      [
        'X9',
        'An answer with more behind it (response queue poisoning)',
        'Its connection is closed; nobody gets the rest as the answer to their call',
      ],
      [
        'X10',
        'Answers that are no HTTP, or whose head is too large',
        '502 with nothing of it; a body that breaks off breaks off here, too',
      ],
      ['X11', 'An upstream that names headers of ours in `Connection`', 'Only its own are dropped by it'],
      [
        'X12',
        'HTTP/1.0 without a host, or in chunks',
        '400, and nothing behind it is taken for a request (RFC 9112 §6.1)',
      ],
      [
        'X13',
        'An upload that was answered before its end',
        'The connection to the upstream is closed with it',
      ],
      [
        'X14',
        'A call that is taken for one that was let in before',
        'Everything that was read of the one before is compared, and the session is looked up each time',
      ],
      [
        'X15',
        'A scheme that brings a host along (`X-Forwarded-Proto: https://app.example/`), a host with a path in it',
        'The scheme is http or https, and a host has nothing but its name and port: 400',
      ],
      [
        'X16',
        'A quote in `Forwarded` that is left open, so that it takes in what the proxy writes behind it',
        'The header is read from its end, where the nearest proxy wrote',
      ],
      [
        'X17',
        'Heads on which work grows with their square: paths of thousands of folders, quotes, colons',
        'Linear work; what is said of a path is said of its first folders alone',
      ],
      [
        'X18',
        'An IDP that answers without end, or with little that is much once decompressed',
        'An answer is given up after 4 MiB, and its connection is closed',
      ],
      [
        'X19',
        'An API whose challenge names the resource of another API, so that the session’s token is for that one and is sent to the first',
        'Only the BFF names a resource: it takes that of an upstream out, and the client heeds none of an API',
        'test/client/fetch.step-up.test.ts',
      ],
      [
        'X20',
        'Codes on which an IDP stumbles (5xx), so that it is taken for one that is away',
        'Only renewals count for that, which no visitor words; what is no code is not sent',
      ],
    ],
  ],
]
