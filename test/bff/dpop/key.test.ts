import { calculateJwkThumbprint, CompactSign, compactVerify } from 'jose'
import { expect, it } from 'vitest'
import {
  createDpopKey,
  DPOP_ALGORITHM,
  keyPairOf,
  packed,
  publicPartOf,
  thumbprintOf,
  unpacked,
} from '../../../src/bff/dpop/key.js'

it('each key is another one, and survives being kept as text', async () => {
  const [one, other] = await Promise.all([createDpopKey(), createDpopKey()])
  expect(one).toEqual({
    kty: 'EC',
    crv: 'P-256',
    x: expect.any(String),
    y: expect.any(String),
    d: expect.any(String),
  })
  expect(other.d).not.toBe(one.d)
  expect(packed(one)).toMatch(/^[\w-]{129}$/)
  expect(unpacked(packed(one))).toEqual(one)
  expect(JSON.parse(JSON.stringify(one))).toEqual(one)
})

it('what is shown of it is public, and named by its thumbprint', async () => {
  const key = await createDpopKey()
  const shown = publicPartOf(key)
  expect(Object.keys(shown)).toEqual(['kty', 'crv', 'x', 'y'])
  expect(await thumbprintOf(key)).toBe(await calculateJwkThumbprint({ ...shown }))
  expect(await thumbprintOf(key)).toMatch(/^[\w-]{43}$/)
})

it('signs; its private part cannot be taken out again, and it is imported once', async () => {
  const key = await createDpopKey()
  const { privateKey, publicKey } = await keyPairOf(key)
  expect(await keyPairOf(key)).toBe(await keyPairOf(key))
  expect(privateKey.extractable).toBe(false)
  expect(publicKey.extractable).toBe(true)
  const signed = await new CompactSign(new Uint8Array([1]))
    .setProtectedHeader({ alg: DPOP_ALGORITHM })
    .sign(privateKey)
  expect((await compactVerify(signed, publicKey)).payload).toEqual(new Uint8Array([1]))
})
