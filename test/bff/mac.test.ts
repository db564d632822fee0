import { describe, expect, it } from 'vitest'
import { createMac } from '../../src/bff/mac.js'

const OLD = 'test-secret-old-test-secret-old-test'
const NEW = 'test-secret-new-test-secret-new-test'

describe('a keyed hash', () => {
  it('is the same for the same value, secret and purpose, and for nothing else', async () => {
    const hash = await createMac([NEW], 'index').of('alice')
    expect(hash).toMatch(/^[\w-]{43}$/)
    expect(await createMac([NEW], 'index').of('alice')).toBe(hash)
    expect(await createMac([NEW], 'index').of('bob')).not.toBe(hash)
    expect(await createMac([NEW], 'csrf').of('alice')).not.toBe(hash)
    expect(await createMac([OLD], 'index').of('alice')).not.toBe(hash)
  })

  it('is made with the newest secret, and known by all', async () => {
    const [before, after] = [await createMac([OLD], 'index').of('a'), await createMac([NEW], 'index').of('a')]
    const mac = createMac([NEW, OLD], 'index')
    expect(await mac.of('a')).toBe(after)
    expect(await mac.all('a')).toEqual([after, before])
    expect(await mac.verify('a', before)).toBe(true)
    expect(await mac.verify('a', after)).toBe(true)
    expect(await mac.verify('b', after)).toBe(false)
    expect(await mac.verify('a', '')).toBe(false)
    expect(await mac.verify('a', '***')).toBe(false)
  })
})
