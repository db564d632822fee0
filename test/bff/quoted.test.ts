import { expect, it } from 'vitest'
import { partsOf } from '../../src/bff/quoted.js'
import { worked } from '../support/worked.js'

it.each([
  ['a, b', [' b', 'a']],
  ['', ['']],
  ['a,,b', ['b', '', 'a']],
  ['a="x, y", b', [' b', 'a="x, y"']],
  ['a="x\\", y", b', [' b', 'a="x\\", y"']],
  ['a="x\\\\", b', [' b', 'a="x\\\\"']],
  // A quote that is never closed: nothing behind its comma belongs to it.
  ['a="x, b="y, z"', [' b="y, z"']],
  ['a="x\\", b', [' b', 'a="x\\"']],
  ['a"', []],
])('%s', (value, parts) => {
  expect(partsOf(value, ',')).toEqual(parts)
})

it('takes another separator', () => {
  expect(partsOf('a="x;y";b,c', ';')).toEqual(['b,c', 'a="x;y"'])
})

it('takes no long time over a text of any kind', () => {
  const all = (): void => {
    for (const text of ['"', '\\', '\\"', '"\\', ',', '",', 'a']) partsOf(text.repeat(50_000), ',')
  }
  expect(worked(all)).toBeLessThan(1000)
})
