import { expect, it } from 'vitest'
import { createNonces } from '../../../src/bff/dpop/nonces.js'

it('the newest nonce of an origin counts, for that origin alone', () => {
  const nonces = createNonces()
  expect(nonces.get('https://a.example')).toBeUndefined()
  nonces.note('https://a.example', 'one')
  nonces.note('https://a.example', 'two')
  nonces.note('https://b.example', 'three')
  expect([nonces.get('https://a.example'), nonces.get('https://b.example')]).toEqual(['two', 'three'])
})

it.each([undefined, null, '', 'a b', 'a"b', 'a\\b', 'a, b', 'ä', 'x'.repeat(1025), 'a\u0000'])(
  '%j is no nonce (RFC 9449 §8.1): what was known stays',
  (header) => {
    const nonces = createNonces()
    nonces.note('https://a.example', 'known')
    nonces.note('https://a.example', header)
    expect(nonces.get('https://a.example')).toBe('known')
  },
)

it('a hundred origins are remembered; the one heard of longest ago goes first', () => {
  const nonces = createNonces()
  for (let i = 0; i < 100; i++) nonces.note(`https://${i}.example`, 'n')
  nonces.note('https://0.example', 'again')
  nonces.note('https://100.example', 'n')
  expect(nonces.get('https://0.example')).toBe('again')
  expect(nonces.get('https://1.example')).toBeUndefined()
  expect(nonces.get('https://100.example')).toBe('n')
})
