import { expect, it } from 'vitest'
import { createSeldom } from '../../src/bff/seldom.js'

it('the same is told at once and then once in a while, with how often it was not; other things by themselves', () => {
  let now = 5_000
  const due = createSeldom({ now: () => now }, 1_000)
  expect([due('a'), due('a'), due('b'), due('a')]).toEqual([{}, null, {}, null])
  now += 999
  expect(due('a')).toBeNull()
  now += 1
  expect([due('a'), due('a'), due('b')]).toEqual([{ untold: 3 }, null, { untold: 0 }])
})

it('a clock that is put back silences nobody', () => {
  let now = 1e9
  const due = createSeldom({ now: () => now }, 1_000)
  due('a')
  now -= 1e6
  expect(due('a')).toEqual({ untold: 0 })
})
