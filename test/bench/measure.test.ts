import { expect, it } from 'vitest'
import { now, table } from './measure.js'
import { percentile } from './percentile.mjs'

it('a percentile is a value that was measured: the smallest that so many do not exceed', () => {
  const values = Array.from({ length: 20 }, (_, index) => 20 - index)
  expect(percentile(values, 50)).toBe(10)
  expect(percentile(values, 95)).toBe(19)
  expect(percentile(values, 96)).toBe(20)
  expect(percentile(values, 0)).toBe(1)
  expect(percentile([7], 95)).toBe(7)
  expect(values[0], 'the values stay as they are').toBe(20)
})

it('there is none of nothing', () => {
  expect(() => percentile([], 50)).toThrow(RangeError)
})

it('a table has a row for each signal', () => {
  const delays = Array.from({ length: 100 }, (_, index) => index + 1)
  expect(
    table([
      { signal: 'push', delays },
      { signal: 'next call', delays: [0.25] },
    ]).split('\n'),
  ).toEqual([
    '             runs     p50     p95     max',
    'push          100    50.0    95.0   100.0',
    'next call       1     0.3     0.3     0.3',
  ])
})

it('the time is that of the device', () => {
  expect(Math.abs(now() - Date.now())).toBeLessThan(1_000)
})
