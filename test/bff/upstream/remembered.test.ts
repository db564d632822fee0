import { expect, it } from 'vitest'
import { remembered } from '../../../src/bff/upstream/remembered.js'

it('says the same, and works it out once', () => {
  const asked: string[] = []
  const short = remembered((name) => (asked.push(name), name.length < 3))
  expect([short('a'), short('abc'), short('a'), short('abc')]).toEqual([true, false, true, false])
  expect(asked).toEqual(['a', 'abc'])
})

it('keeps no more than so many names, and none that is very long', () => {
  let asked = 0
  const length = remembered((name) => (asked++, name.length))
  for (let i = 0; i < 600; i++) length(String(i))
  asked = 0
  expect(length('0')).toBe(1)
  expect(asked, 'the first ones are known').toBe(0)
  expect(length('599')).toBe(3)
  expect(asked, 'the last ones are not').toBe(1)
  length('x'.repeat(200))
  length('x'.repeat(200))
  expect(asked).toBe(3)
})
