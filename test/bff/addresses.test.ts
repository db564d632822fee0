import { describe, expect, it } from 'vitest'
import { addressIn, isIn, prefixOf, rangeIn } from '../../src/bff/addresses.js'

const read = (text: string) => {
  const address = addressIn(text)
  if (address === null) throw new Error(`${text} is no address`)
  return address
}

describe('addressIn', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s', (text, expected) => expect(read(text).toString()).toBe(expected))

  it.each([
    '',
    '1',
    '0x7f000001',
    '127.1',
    '010.0.0.1',
    '192.0.2.256',
    '192.0.2.1 ',
    'localhost',
    ':::',
    '_x',
  ])('no other spelling: %j', (text) => expect(addressIn(text)).toBe(null))
})

describe('a range', () => {
  it.each([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::/1', '10.0.0.1', false],
    ['10.0.0.0/8', '::a00:1', false],
  ])('%s, %s: %s', (range, address, expected) => {
    const parsed = rangeIn(range)
    expect(parsed !== null && isIn(read(address), parsed)).toBe(expected)
  })

  it.each(['10.0.0.0/33', '10.0.0/8', '10.0.0.0/', 'all', '2001:db8::/129', ''])('none: %j', (text) =>
    expect(rangeIn(text)).toBe(null),
  )
})

describe('prefixOf', () => {
  it.each([
    ['203.0.113.77', { v4: 24, v6: 56 }, '203.0.113.0/24'],
    ['203.0.113.77', { v4: 20, v6: 56 }, '203.0.112.0/20'],
    ['203.0.113.77', { v4: 32, v6: 56 }, '203.0.113.77/32'],
    ['203.0.113.77', { v4: 1, v6: 56 }, '128.0.0.0/1'],
    ['2001:db8:1:22ff::9', { v4: 24, v6: 56 }, '2001:db8:1:2200::/56'],
    ['2001:db8:1:22ff::9', { v4: 24, v6: 128 }, '2001:db8:1:22ff::9/128'],
  ])('%s %j', (address, lengths, expected) => {
    expect(prefixOf(read(address), lengths)).toBe(expected)
    // What it writes it can read.
    const range = rangeIn(expected)
    expect(range !== null && isIn(read(address), range)).toBe(true)
  })
})
