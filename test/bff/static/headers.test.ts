import { describe, expect, it } from 'vitest'
import { headersOf } from '../../../src/bff/static/headers.js'

const site = { origin: 'https://app.example.com', basePath: '/bff', idp: [] }
const local = { ...site, origin: 'http://localhost:3000' }
const folder = './public'
const commonOf = (...given: Parameters<typeof headersOf>) => Object.fromEntries(headersOf(...given).common)

describe('the headers of files', () => {
  it('are strict where nothing else is said', () => {
    expect(commonOf({ folder }, site)).toEqual({
      'Strict-Transport-Security': 'max-age=31536000',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'SAMEORIGIN',
      'Referrer-Policy': 'strict-origin-when-cross-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': expect.stringMatching(/^[a-z-]+=\(\)(, [a-z-]+=\(\))+$/),
    })
  })

  it('promise HTTPS only where there is some', () => {
    expect(commonOf({ folder }, local)).not.toHaveProperty('Strict-Transport-Security')
  })

  it('can each be another one, or none', () => {
    const headers = {
      'Strict-Transport-Security': 'max-age=63072000; includeSubDomains; preload',
      'Permissions-Policy': false,
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'X-Frame-Options': 'DENY',
    } as const
    const common = commonOf({ folder, headers }, site)
    const { 'Permissions-Policy': _, ...sent } = headers
    expect(common).toMatchObject(sent)
    expect(common).not.toHaveProperty('Permissions-Policy')
  })

  it('have the policy, with a nonce where there is one', () => {
    const { policyFor } = headersOf({ folder }, site)
    expect(policyFor('text/html')?.[0]).toBe('Content-Security-Policy')
    expect(policyFor('text/html', { nonce: 'abc' })?.[1]).toContain("script-src 'self' 'nonce-abc'")
    expect(policyFor('text/javascript')?.[1]).toBe(policyFor('text/html')?.[1])
    expect(headersOf({ folder, contentSecurityPolicy: false }, site).policyFor('text/html')).toBeNull()
    const reporting = headersOf({ folder, reportOnly: true }, site)
    expect(reporting.policyFor('text/html')?.[0]).toBe('Content-Security-Policy-Report-Only')
  })

  it('let no script run in a drawing that is opened by itself', () => {
    const drawing = headersOf({ folder }, site).policyFor('image/svg+xml')
    expect(drawing?.[1]).toMatch(/^default-src 'none'; .*sandbox; frame-ancestors 'self'$/)
  })

  it('let the browser write its own page around a picture, and nothing else', () => {
    const { policyFor } = headersOf({ folder }, site)
    for (const type of ['image/png', 'video/mp4', 'audio/mpeg'])
      expect(policyFor(type)).toEqual([
        'Content-Security-Policy',
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; frame-ancestors 'self'",
      ])
    expect(policyFor('application/pdf')).toEqual(policyFor('text/html'))
    const framed = headersOf({ folder, contentSecurityPolicy: { 'frame-ancestors': false } }, site)
    expect(framed.policyFor('image/png')?.[1]).not.toContain('frame-ancestors')
    expect(headersOf({ folder, contentSecurityPolicy: false }, site).policyFor('image/png')).toBeNull()
  })

  it('tell when what a browser keeps of them has changed', () => {
    const changed = [
      headersOf({ folder }, site),
      headersOf({ folder, contentSecurityPolicy: { 'img-src': false } }, site),
      headersOf({ folder, reportOnly: true }, site),
      headersOf({ folder, headers: { 'Referrer-Policy': 'no-referrer' } }, site),
    ].map(({ fingerprint }) => fingerprint)
    expect(new Set(changed).size).toBe(4)
    expect(headersOf({ folder: './other' }, site).fingerprint).toBe(changed[0])
  })
})
