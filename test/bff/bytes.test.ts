import { describe, expect, it } from 'vitest'
import { bytesOf, fromBase64Url, sha256, textOf, toBase64Url } from '../../src/bff/bytes.js'

describe('bytes', () => {
  it.each(['', 'a', 'ab', 'abc', 'ü€😀', 'x'.repeat(100_000)])('come back as the text they were', (text) => {
    const encoded = toBase64Url(bytesOf(text))
    expect(encoded).toMatch(/^[\w-]*$/)
    expect(encoded).toBe(Buffer.from(text).toString('base64url'))
    expect(textOf(fromBase64Url(encoded) ?? new Uint8Array())).toBe(text)
  })

  it('are none where a text is not base64url', () => expect(fromBase64Url('***')).toBeNull())

  it('are hashed with SHA-256', async () =>
    expect(await sha256('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'))
})
