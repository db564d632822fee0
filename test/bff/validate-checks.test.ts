import { describe, expect, it } from 'vitest'
import {
  fault,
  Faults,
  findingsOf,
  leaf,
  list,
  nearest,
  object,
  optional,
  optionName,
  record,
  settled,
  shown,
} from '../../src/bff/validate-checks.js'
import type { Check } from '../../src/bff/validate-checks.js'

const word: Check<string> = leaf('Write a word.', (value, refuse) =>
  typeof value === 'string' ? value : refuse(`is ${shown(value)}`),
)
const count: Check<number> = leaf(
  'Write a number.',
  (value, refuse) => (typeof value === 'number' ? value : refuse(`is ${shown(value)}`)),
  (text) => (Number.isNaN(Number(text)) ? text : Number(text)),
)

function fail(): never {
  throw new TypeError('another')
}

function faultsOf<T>(check: Check<T>, value: unknown, env: Record<string, string> | null = null): unknown {
  try {
    return check(value, ['at'], env)
  } catch (error) {
    return error instanceof Faults ? error.list.map(({ option, message }) => `${option}: ${message}`) : error
  }
}

describe('checks', () => {
  it('of an object name every member that is wrong, and give back those that are there', () => {
    const check = object({ a: word, b: optional(count) })
    expect(check({ a: 'x' }, [], null)).toEqual({ a: 'x' })
    expect(check({ a: 'x', b: 1 }, [], null)).toEqual({ a: 'x', b: 1 })
    expect(faultsOf(check, { b: 'y', c: 1 })).toEqual([
      'at.c: is not an option here. Remove it, or use one of: a, b.',
      'at.a: is missing. Write a word.',
      'at.b: is "y". Write a number.',
    ])
    for (const value of [null, [], 'x'])
      expect(faultsOf(check, value)).toEqual([`at: is ${shown(value)}. Write an object.`])
  })

  it('of a list name every element that is wrong', () => {
    const check = list(word, 'Write words.')
    expect(check(['a'], [], null)).toEqual(['a'])
    expect(faultsOf(check, [1, 'a', 2])).toEqual(['at[0]: is 1. Write a word.', 'at[2]: is 2. Write a word.'])
    expect(faultsOf(check, undefined)).toEqual(['at: is missing. Write words.'])
  })

  it('of a record know its members by any name, and inherit none', () => {
    const check = record(() => {}, word)
    const given: unknown = JSON.parse('{"__proto__": "a", "constructor": "b"}')
    expect(Object.entries(check(given, [], null))).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    expect(faultsOf(object({ a: optional(word) }), JSON.parse('{"__proto__": {"a": 1}}'))).toHaveLength(1)
  })

  it('of a record name what is wrong with a name and with what it names', () => {
    const check = record(
      (key, path) => {
        if (key === 'x') fault(path, 'is no name.')
      },
      object({ a: word, b: optional(count) }),
    )
    expect(faultsOf(check, { x: { b: 'y' }, z: { a: 1 } })).toEqual([
      'at.x: is no name.',
      'at.x.a: is missing. Write a word.',
      'at.x.b: is "y". Write a number.',
      'at.z.a: is 1. Write a word.',
    ])
  })

  it('give what is right of what is wrong, as deep as it goes', () => {
    const inner = object({ a: word, b: optional(count) })
    const check = object({ one: inner, all: record(() => {}, inner), c: list(word, 'Write words.') })
    const given = { one: { a: 'x', b: 'y' }, all: { m: { a: 1, b: 2 } }, c: ['x', 1] }
    expect(findingsOf(check, given, [], null)).toMatchObject({
      faults: [{ option: 'one.b' }, { option: 'all.m.a' }, { option: 'c[1]' }],
      right: { one: { a: 'x' }, all: { m: { b: 2 } } },
    })
    expect(findingsOf(check, null, [], null)).toMatchObject({ faults: [{}], right: undefined })
    const found = findingsOf(inner, { a: 'x' }, [], null)
    expect(settled(found)).toEqual({ a: 'x' })
    const broken = { ...found, faults: [{ option: 'a', message: 'is wrong.' }] }
    expect(() => settled(broken)).toThrow('a: is wrong.')
    expect(() => findingsOf(() => fail(), 1, [], null)).toThrow('another')
  })

  it('read the environment where there is one', () => {
    const env = { N: '5', WORD: 'x' }
    expect(count('env:N', [], env)).toBe(5)
    expect(word('env:WORD', [], env)).toBe('x')
    expect(faultsOf(count, 'env:WORD', env)).toEqual([
      'at: is "x" (it comes from the environment variable WORD). Write a number.',
    ])
    expect(faultsOf(word, 'env:NONE', env)).toEqual([
      'at: the environment variable NONE is not set. Write a word.',
    ])
    expect(faultsOf(word, 'env:WORD')).toEqual([expect.stringContaining('write process.env.WORD')])
  })
})

describe('names', () => {
  it('are written as in code', () => {
    expect(optionName(['upstreams', 'orders', 'methods', 1])).toBe('upstreams.orders.methods[1]')
    expect(optionName(['upstreams', 'my\norders', 'url'])).toBe('upstreams."my\\norders".url')
  })

  it.each([
    ['clientID', 'clientId'],
    ['client_secret', 'clientSecret'],
    ['orgin', 'origin'],
    ['idel', 'idle'],
    ['xyz', null],
    ['', null],
  ])('near %j is %j', (name, meant) => {
    expect(nearest(name, ['origin', 'clientId', 'clientSecret', 'idle', 'url'])).toBe(meant)
  })

  it('values are cut short in messages', () => {
    expect(shown('x'.repeat(100))).toHaveLength(60)
    expect([shown(undefined), shown(null), shown(NaN)]).toEqual(['undefined', 'null', 'null'])
  })
})
