import { createDecipheriv, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { systemEdges } from '../../src/bff/edges.js'
import { createSealing } from '../../src/bff/sealing.js'

const OLD = 'test-secret-old-test-secret-old-test'
const NEW = 'test-secret-new-test-secret-new-test'
const sealing = (...secrets: string[]) => createSealing(secrets, systemEdges)
const purpose = { purpose: 'session', place: 'key-1', with: 'cookie' }

describe('sealing', () => {
  it('opens what it sealed', async () => {
    const sealed = await sealing(NEW).seal('tokens ü', purpose)
    expect(sealed).not.toContain('tokens')
    expect(await sealing(NEW).open(sealed, purpose)).toBe('tokens ü')
  })

  it('is AES-256-GCM, with a key of this secret, this cookie and this purpose, bound to its place', async () => {
    const sealed = await sealing(NEW).seal('x', purpose)
    const whole = Buffer.from(sealed.slice('1.'.length), 'base64url')
    const key = hkdfSync('sha256', NEW, 'cookie', 'tandem session', 32)
    const opening = createDecipheriv('aes-256-gcm', new Uint8Array(key), whole.subarray(0, 12))
    opening.setAAD(Buffer.from('session\nkey-1')).setAuthTag(whole.subarray(-16))
    expect(opening.update(whole.subarray(12, -16), undefined, 'utf8') + opening.final('utf8')).toBe('x')
  })

  it('never seals the same twice alike', async () => {
    const { seal } = sealing(NEW)
    expect(await seal('x', purpose)).not.toBe(await seal('x', purpose))
  })

  it.each([
    ['without the cookie', { ...purpose, with: '' }],
    ['with another cookie', { ...purpose, with: 'cookie2' }],
    ['under another key (rows swapped)', { ...purpose, place: 'key-2' }],
    ['for another purpose', { ...purpose, purpose: 'login' }],
    ['where purpose and place run into each other', { ...purpose, purpose: 'session\nkey', place: '-1' }],
  ])('does not open %s', async (_, other) => {
    const { seal, open } = sealing(NEW)
    expect(await open(await seal('x', purpose), other)).toBeNull()
  })

  it('does not open with the cookie alone', async () => {
    const sealed = await sealing(OLD).seal('x', purpose)
    expect(await sealing(NEW).open(sealed, purpose)).toBeNull()
  })

  it('opens with every secret of the ring, and seals with the first', async () => {
    const before = await sealing(OLD).seal('x', purpose)
    expect(await sealing(NEW, OLD).open(before, purpose)).toBe('x')
    const after = await sealing(NEW, OLD).seal('x', purpose)
    expect(await sealing(NEW).open(after, purpose)).toBe('x')
    expect(await sealing(OLD).open(after, purpose)).toBeNull()
  })

  it('sees one changed character, wherever it is', async () => {
    const { seal, open } = sealing(NEW)
    const sealed = await seal('x'.repeat(50), purpose)
    for (let i = 0; i < sealed.length - 1; i += 7) {
      const changed = sealed.slice(0, i) + (sealed[i] === 'A' ? 'B' : 'A') + sealed.slice(i + 1)
      expect(await open(changed, purpose)).toBeNull()
    }
  })

  it.each(['', '1.', '1.AAAA', '2.AAAAAAAAAAAAAAAAAAAAAAAAAAAA', '1.***', 'x'])(
    'does not trip over %j',
    async (text) => expect(await sealing(NEW).open(text, purpose)).toBeNull(),
  )
})
