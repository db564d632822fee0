import { describe, expect, it } from 'vitest'
import { together } from '../../../src/bff/stores/together.js'

/** Each key is asked about by itself. */
const one = <Answer>(ask: (key: string) => Promise<Answer>): ((key: string) => Promise<Answer>) =>
  together((keys) => keys.map(ask))

describe('a question that many ask', () => {
  it('in one turn of the event loop is asked once, and everybody gets the answer', async () => {
    const asked: string[] = []
    const ask = one(async (key) => {
      asked.push(key)
      return { key }
    })
    const answers = await Promise.all([ask('a'), ask('b'), ask('a'), Promise.resolve().then(() => ask('a'))])
    expect(asked).toEqual(['a', 'b'])
    expect(answers).toEqual([{ key: 'a' }, { key: 'b' }, { key: 'a' }, { key: 'a' }])
  })

  it('is asked again by whoever comes once it was sent: no answer is older than its question', async () => {
    let version = 0
    const answers: (() => void)[] = []
    const ask = one(async () => {
      const seen = ++version
      await new Promise<void>((resolve) => answers.push(resolve))
      return seen
    })
    const first = ask('a')
    await new Promise((resolve) => setImmediate(resolve))
    expect(version).toBe(1)
    const second = ask('a')
    await new Promise((resolve) => setImmediate(resolve))
    expect(version).toBe(2)
    for (const answer of answers.reverse()) answer()
    expect([await first, await second]).toEqual([1, 2])
  })

  it('goes out together with others of that turn, and each gets the answer to its own', async () => {
    const asked: (readonly string[])[] = []
    const ask = together((keys) => {
      asked.push(keys)
      return keys.map(async (key) => (key === 'b' ? Promise.reject(new Error('b')) : key.toUpperCase()))
    })
    const answers = await Promise.allSettled([ask('a'), ask('b'), ask('c')])
    expect(asked).toEqual([['a', 'b', 'c']])
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason))).toEqual([
      'A',
      new Error('b'),
      'C',
    ])
  })

  it('that cannot even be asked fails, and nothing else does', async () => {
    let isClosed = true
    const ask = together((keys) => {
      if (isClosed) throw new Error('closed')
      return keys.map(async (key) => key)
    })
    await expect(ask('a')).rejects.toThrow('closed')
    isClosed = false
    expect(await ask('a')).toBe('a')
  })

  it('fails for all of them where it fails, and is asked again afterwards', async () => {
    let times = 0
    const ask = one(async () => {
      if (++times === 1) throw new Error('gone')
      return times
    })
    const [first, second] = await Promise.allSettled([ask('a'), ask('a')])
    expect([first.status, second.status]).toEqual(['rejected', 'rejected'])
    expect(await ask('a')).toBe(2)
  })
})
