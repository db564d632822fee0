import { describe, expect, it } from 'vitest'
import { together } from '../../../src/bff/stores/together.js'

describe('a question that many ask', () => {
  it('in one turn of the event loop is asked once, and everybody gets the answer', async () => {
    const asked: string[] = []
    const ask = together(async (key) => {
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
    const ask = together(async () => {
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

  it('fails for all of them where it fails, and is asked again afterwards', async () => {
    let times = 0
    const ask = together(async () => {
      if (++times === 1) throw new Error('gone')
      return times
    })
    const [one, other] = await Promise.allSettled([ask('a'), ask('a')])
    expect([one.status, other.status]).toEqual(['rejected', 'rejected'])
    expect(await ask('a')).toBe(2)
  })
})
