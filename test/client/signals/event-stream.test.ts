// @vitest-environment node
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../src/client/signals/event-stream.js'
import { BffError, NetworkError } from '../../../src/errors.js'
import { createTestPlatform } from '../../support/test-platform.js'
import { foreign, own, problem } from '../wire-bff.js'
import { createStreamDoor, turns, type StreamDoor } from './stream-door.js'

type Heard = [what: string, detail?: unknown]

interface Connection {
  readonly door: StreamDoor
  readonly heard: Heard[]
  /** Without signs of life. */
  readonly events: Heard[]
  readonly stop: AbortController
  /** How it ended: undefined, or the error. */
  readonly result: Promise<unknown>
}

const connect = (onEvent: (connection: Connection) => void = () => {}): Connection => {
  const door = createStreamDoor()
  const heard: Heard[] = []
  const stop = new AbortController()
  const listener = {
    alive: () => void heard.push(['alive']),
    event: (name: string, data: unknown) => {
      heard.push([name, data])
      onEvent(connection)
    },
    retry: (ms: number) => void heard.push(['retry', ms]),
  }
  const platform = createTestPlatform({ fetch: door.fetch })
  const result = listen(platform, '/bff/events', listener, stop.signal).then(
    () => undefined,
    (error: unknown) => error,
  )
  const connection: Connection = {
    door,
    heard,
    stop,
    result,
    get events() {
      return heard.filter(([what]) => what !== 'alive')
    },
  }
  return connection
}

/** What is heard of these pieces, and of nothing after them. */
const heardOf = async (...pieces: (string | Uint8Array)[]): Promise<Heard[]> => {
  const connection = connect()
  const call = (await connection.door.called(1)).begin()
  for (const piece of pieces) call.send(piece)
  call.end()
  expect(await connection.result).toBeUndefined()
  return connection.events
}

describe('what a stream says', () => {
  it.each<[string, string[], Heard[]]>([
    ['an event', ['event: a\ndata: {"x":1}\n\n'], [['a', { x: 1 }]]],
    [
      'two',
      ['event: a\ndata: 1\n\nevent: b\ndata: 2\n\n'],
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    ['one without a name', ['data: 1\n\n'], [['message', 1]]],
    ['data over several lines', ['event: a\ndata: {\ndata: "x":\ndata: 1}\n\n'], [['a', { x: 1 }]]],
    ['no space after the colon', ['event:a\ndata:1\n\n'], [['a', 1]]],
    ['one space at most is taken off', ['event:  a\ndata: " "\n\n'], [[' a', ' ']]],
    ['a colon in the value', ['event: a:b\ndata: "c:d"\n\n'], [['a:b', 'c:d']]],
    ['carriage returns and line feeds', ['event: a\r\ndata: 1\r\n\r\n'], [['a', 1]]],
    ['carriage returns alone', ['event: a\rdata: 1\r\r'], [['a', 1]]],
    [
      'a mixture',
      ['event: a\rdata: 1\n\r\ndata: 2\r\n\n'],
      [
        ['a', 1],
        ['message', 2],
      ],
    ],
    [
      'CR and LF in two pieces',
      ['event: a\r', '\ndata: 1\r', '\n\r', '\n', 'data: 2\n\n'],
      [
        ['a', 1],
        ['message', 2],
      ],
    ],
    ['CR and LF around an empty piece', ['event: a\r', '', '\ndata: 1\n\n'], [['a', 1]]],
    ['a line separator is none', ['data: "\u2028"\n\n'], [['message', '\u2028']]],
    ['a byte order mark', ['\ufeffevent: a\ndata: 1\n\n'], [['a', 1]]],
    ['a wish for when to come again', ['retry: 3176\n\n'], [['retry', 3176]]],
    ['a wish that is none', ['retry: soon\n\nretry: -1\n\nretry\n\n'], []],
    ['comments', [':\n\n: still here\n\n:event: a\ndata: 1\n\n'], [['message', 1]]],
    ['unknown fields and ids', ['id: 7\nevent: a\nx: y\nz\ndata: 1\n\n'], [['a', 1]]],
    ['an event without data', ['event: a\n\ndata: 1\n\n'], [['message', 1]]],
    ['data that is no JSON', ['event: a\ndata: {"x":\n\nevent: b\ndata: 1\n\n', 'data\n\n'], [['b', 1]]],
    ['an event that breaks off', ['event: a\ndata: 1\n'], []],
  ])('%s', async (_, pieces, expected) => {
    expect(await heardOf(...pieces)).toEqual(expected)
  })

  it('wherever it is cut, also within a letter', async () => {
    const whole = new TextEncoder().encode(
      'retry: 9\r\n\r\nevent: a\r\ndata: "é€😀"\r\n\r\n:\n\nevent: b\rdata: [1,\rdata: 2]\r\revent: c\ndata: 3\n\n',
    )
    const expected: Heard[] = [
      ['retry', 9],
      ['a', 'é€😀'],
      ['b', [1, 2]],
      ['c', 3],
    ]
    const single = Array.from(whole, (byte) => Uint8Array.of(byte))
    expect(await heardOf(...single)).toEqual(expected)
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const ends = [0, ...at.toSorted((a, b) => a - b), whole.length]
        const pieces = ends.slice(1).map((end, index) => whole.slice(ends[index], end))
        expect(await heardOf(...pieces)).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })

  it('as soon as it comes: a carriage return is waited for no longer than a line feed', async () => {
    const connection = connect()
    ;(await connection.door.called(1)).begin().send('event: a\r\ndata: 1\r\n\r')
    await expect.poll(() => connection.events).toEqual([['a', 1]])
  })

  it('is a sign of life, whatever it is', async () => {
    const { door, heard, result } = connect()
    const call = (await door.called(1)).begin()
    call.send(':\n\n').send('da').end()
    await result
    expect(heard).toEqual([['alive'], ['alive']])
  })

  it('is heard no more once that is not wanted, not even the rest of a piece', async () => {
    const connection = connect(({ stop }) => stop.abort())
    const call = (await connection.door.called(1)).begin()
    call.send('event: a\ndata: 1\n\nevent: b\ndata: 2\n\n')
    await connection.result
    await turns()
    expect(call.open).toBe(false)
    expect(connection.events).toEqual([['a', 1]])
  })
})

describe('what is asked', () => {
  it('takes no cookie of others, no cached answer and no redirect', async () => {
    const { door } = connect()
    const { url, init } = await door.called(1)
    expect(new URL(url).pathname).toBe('/bff/events')
    expect(init).toMatchObject({ credentials: 'same-origin', cache: 'no-store', redirect: 'error' })
    expect(new Headers(init.headers).get('accept')).toBe('text/event-stream')
  })
})

describe('what is no stream of the BFF', () => {
  const answered = async (response: Response): Promise<unknown> => {
    const { door, result, heard } = connect()
    ;(await door.called(1)).answer(response)
    const error = await result
    expect(heard).toEqual([])
    return error
  }

  it('a problem of its own is an answer', async () => {
    const error = await answered(problem('login_required', 401, { ended_by: 'logout', ended_at: 7 }))
    expect(error).toBeInstanceOf(BffError)
    expect(error).toMatchObject({ status: 401, problem: { ended_by: 'logout', ended_at: 7 } })
  })

  it.each<[string, Response]>([
    [
      'a captive portal',
      new Response('event: ended\ndata: {}\n\n', { headers: { 'Content-Type': 'text/html' } }),
    ],
    [
      'a stream of somebody else',
      new Response('event: ended\ndata: {}\n\n', { headers: { 'Content-Type': 'text/event-stream' } }),
    ],
    ['a refusal by somebody else', foreign('{"code":"login_required","status":401}', 401)],
    ['its own trouble', problem('idp_unavailable', 503)],
    ['its own page', own('<html>', 500)],
    ['a 401 without a problem', own('', 401)],
  ])('%s is none', async (_, response) => {
    expect(await answered(response)).toBeInstanceOf(NetworkError)
  })

  it.each([
    ['the BFF', problem('idp_unavailable', 503, {}, { 'Retry-After': '7' })],
    ['something in front of it', foreign('', 429, { 'Retry-After': '7' })],
    ['the BFF, of too many calls', problem('invalid_request', 429, {}, { 'Retry-After': '7' })],
  ])('says when to come again: %s', async (_, response) => {
    expect(await answered(response)).toMatchObject({ retryAfter: 7000 })
  })

  it('nothing at all, and a connection that breaks off, are as fetch says it', async () => {
    const nothing = connect()
    ;(await nothing.door.called(1)).cut()
    expect(await nothing.result).toBeInstanceOf(TypeError)
    const cut = connect()
    const call = (await cut.door.called(1)).begin()
    call.send('event: a\ndata: 1\n\nevent: b\ndata:')
    await expect.poll(() => cut.events.length).toBe(1)
    call.cut()
    expect(await cut.result).toBeInstanceOf(TypeError)
    expect(cut.events).toEqual([['a', 1]])
  })
})
