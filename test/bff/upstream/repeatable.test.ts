import { describe, expect, it } from 'vitest'
import { MOST_KEPT, repeatable } from '../../../src/bff/upstream/repeatable.js'

/** A source that says how much was read of it, and whether it was let go of. */
function source(pieces: readonly string[], size = 1) {
  const seen = { read: 0, closed: false }
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces) {
        seen.read++
        yield Buffer.from(piece.repeat(size))
      }
    } finally {
      seen.closed = true
    }
  }
  return { seen, body: repeatable(read()) }
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += Buffer.from(chunk).toString()
  return text
}

it('is read no sooner than it is asked for, and twice where it has to be', async () => {
  const { seen, body } = source(['a', 'b', 'c'])
  const first = body.read()[Symbol.asyncIterator]()
  expect(seen.read).toBe(0)
  await first.next()
  expect(seen.read).toBe(1)
  expect(body.isWhole).toBe(true)
  expect(await textOf(body.read())).toBe('abc')
  expect(await first.next()).toEqual({ done: true, value: undefined })
})

it('after it was read to its end, once more', async () => {
  const { body } = source(['a', 'b'])
  expect(await textOf(body.read())).toBe('ab')
  expect(await textOf(body.read())).toBe('ab')
})

it('what the first reader was still waiting for is the second one’s', async () => {
  let give: ((value: Uint8Array) => void) | undefined
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a')
    yield await new Promise<Uint8Array>((resolve) => (give = resolve))
    yield Buffer.from('c')
  }
  const body = repeatable(slow())
  const first = body.read()[Symbol.asyncIterator]()
  await first.next()
  const waiting = first.next()
  const second = textOf(body.read())
  give?.(Buffer.from('b'))
  expect(await second).toBe('abc')
  expect((await waiting).done).toBe(true)
})

describe('too long a body', () => {
  it('goes through whole, once', async () => {
    const { body } = source(['a', 'b', 'c', 'd'], MOST_KEPT / 2)
    expect((await textOf(body.read())).length).toBe(2 * MOST_KEPT)
    expect(body.isWhole).toBe(false)
  })

  it('that grows too long while it is read a second time goes through whole all the same', async () => {
    const { body } = source(['a', 'b', 'c', 'd', 'e'], MOST_KEPT / 2)
    const first = body.read()[Symbol.asyncIterator]()
    await first.next()
    await first.next()
    // The third piece is on its way when the first try is given up.
    void first.next()
    expect(body.isWhole).toBe(true)
    expect(await textOf(body.read())).toBe(
      ['a', 'b', 'c', 'd', 'e'].map((one) => one.repeat(MOST_KEPT / 2)).join(''),
    )
  })
})

it('keeps nothing once its try has an answer', async () => {
  const { body } = source(['a', 'b'])
  const reader = body.read()[Symbol.asyncIterator]()
  expect((await reader.next()).value).toEqual(Buffer.from('a'))
  body.settle()
  expect(body.isWhole).toBe(false)
  expect((await reader.next()).value).toEqual(Buffer.from('b'))
  expect((await reader.next()).done).toBe(true)
})

it('breaks as its source does, and is whole no more', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a')
    throw new Error('the client went away')
  }
  const body = repeatable(broken())
  await expect(textOf(body.read())).rejects.toThrow('the client went away')
  expect(body.isWhole).toBe(false)
})

it('lets go of its source when it is closed', async () => {
  const { seen, body } = source(['a', 'b'])
  const reader = body.read()[Symbol.asyncIterator]()
  await reader.next()
  body.close()
  expect((await reader.next()).done).toBe(true)
  expect(seen).toEqual({ read: 1, closed: true })
})
