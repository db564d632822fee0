import { expect, it } from 'vitest'
import { seeded } from './seeded.js'

const drawn = (seed: number): number[] => {
  const chance = seeded(seed)
  return Array.from({ length: 1000 }, () => chance.next())
}

it('the same seed draws the same, another one something else', () => {
  expect(drawn(5)).toEqual(drawn(5))
  expect(drawn(5)).not.toEqual(drawn(6))
})

it('draws evenly, from 0 to below 1', () => {
  const all = drawn(1)
  expect(Math.min(...all)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...all)).toBeLessThan(1)
  const mean = all.reduce((sum, one) => sum + one, 0) / all.length
  expect(mean).toBeCloseTo(0.5, 1)
})

it('picks one of them, and says where there is none', () => {
  const chance = seeded(2)
  const picked = new Set(Array.from({ length: 100 }, () => chance.pick(['a', 'b', 'c'])))
  expect(picked).toEqual(new Set(['a', 'b', 'c']))
  expect(() => chance.pick([])).toThrow('nothing to pick')
})

it('a fork draws for itself: what is asked of it changes nothing about the first', () => {
  const rest = (draws: number): number[] => {
    const chance = seeded(3)
    const fork = chance.fork()
    for (let times = 0; times < draws; times += 1) fork.next()
    return [chance.next(), chance.next()]
  }
  expect(rest(0)).toEqual(rest(50))
})
