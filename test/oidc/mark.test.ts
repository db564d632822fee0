import { describe, expect, it } from 'vitest'
import { readMark, userMark, writeMark, type Mark } from '../../src/oidc/mark.js'

const mark: Mark = {
  startedAt: 1_800_000_000_000,
  generation: 7,
  isSent: false,
  ref: 'a-b_c',
  user: 'x1',
  spare: 0,
}

describe('the mark', () => {
  it('is written as a value that a cookie may have (RFC 6265 §4.1.1)', () => {
    expect(writeMark(mark)).toBe('1800000000000.7.a-b_c.x1.0')
    expect(writeMark({ ...mark, isSent: true, startedAt: 1.6 })).toBe('2.7!.a-b_c.x1.0')
    expect(writeMark({ ...mark, isSent: true })).toMatch(/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/)
  })

  it.each([
    mark,
    { ...mark, isSent: true },
    { ...mark, ref: '', user: '', generation: 0 },
    { ...mark, spare: 6 },
  ])('is read as it was written: %o', (one) => expect(readMark(writeMark(one))).toEqual(one))

  it('of an older version says since when, and nothing else', () => {
    expect(readMark('1800000000000')).toEqual({ ...mark, generation: 0, ref: '', user: '' })
  })

  it('that is missing is none, and nonsense says nothing', () => {
    expect(readMark(undefined)).toBeUndefined()
    expect(readMark('nonsense')).toMatchObject({ startedAt: Number.NaN, generation: 0, ref: '' })
    expect(readMark('')).toMatchObject({ startedAt: 0, generation: 0 })
  })
})

describe('the mark of a user', () => {
  it('is the same for the same user of a session, and for nobody and nothing else', () => {
    const subs = ['alice', 'bob', 'älice', '', 'alice ', '🦊']
    const refs = ['one', 'two']
    const marks = refs.flatMap((ref) => subs.map((sub) => userMark(ref, sub)))
    expect(new Set(marks).size).toBe(12)
    expect(userMark('one', 'alice')).toBe(marks[0])
    for (const one of marks) expect(one).toMatch(/^[0-9a-z]{1,7}$/)
  })
})
