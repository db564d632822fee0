import { CspEvaluator } from 'csp_evaluator/dist/evaluator.js'
import { Severity } from 'csp_evaluator/dist/finding.js'
import { CspParser } from 'csp_evaluator/dist/parser.js'
import { describe, expect, it } from 'vitest'
import { frameOptions, policyOf, policyText } from '../../../src/bff/static/policy.js'

const site = { origin: 'https://app.example.com', basePath: '/bff', idp: ['https://idp.example.com'] }
const text = (changes: Parameters<typeof policyOf>[0], nonce?: string): string => {
  const policy = policyOf(changes, site)
  return policy === null ? '' : policyText(policy, nonce)
}

describe('the policy', () => {
  it('lets a page have what is its own, and the IDP where it may hold the tokens', () => {
    expect(text({})).toBe(
      "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; " +
        "connect-src 'self' https://idp.example.com; frame-src 'self' https://idp.example.com; object-src 'none'; " +
        "base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    )
  })

  it.each([undefined, 'nonce-of-a-test'])('has no hole that is known (nonce: %s)', (nonce) => {
    const findings = new CspEvaluator(new CspParser(text({}, nonce)).csp).evaluate()
    expect(findings.filter(({ severity }) => severity <= Severity.MEDIUM)).toEqual([])
    // What it would say of a bad one.
    const bad = new CspEvaluator(new CspParser(text({ 'script-src': "'unsafe-inline'" })).csp).evaluate()
    expect(bad.some(({ severity }) => severity === Severity.HIGH)).toBe(true)
  })

  it('is changed directive by directive', () => {
    const changed = text({
      'script-src': "'self'  'strict-dynamic'",
      'img-src': ['*'],
      'object-src': false,
      'upgrade-insecure-requests': true,
      sandbox: true,
      'trusted-types': false,
    })
    expect(changed).toContain("script-src 'self' 'strict-dynamic'; style-src 'self'; img-src *; font-src")
    expect(changed).toMatch(/; upgrade-insecure-requests; sandbox$/)
    expect(changed).not.toMatch(/object-src|trusted-types/)
    expect(policyOf(false, site)).toBeNull()
  })

  it('has the nonce where scripts and styles are let in', () => {
    const policy = text({ 'script-src': "'none'", 'style-src-elem': "'self'", 'style-src': false }, 'abc')
    expect(policy).toContain("script-src 'nonce-abc';")
    expect(policy).toContain("style-src-elem 'self' 'nonce-abc'")
    expect(policy.match(/nonce/g)).toHaveLength(2)
  })

  it.each([
    [{}, 'SAMEORIGIN'],
    [{ 'frame-ancestors': "'none'" }, 'DENY'],
    [{ 'frame-ancestors': ["'self'", 'https://partner.example'] }, null],
    [{ 'frame-ancestors': false }, null],
    [false, null],
  ] as const)('for old browsers: %j', (changes, value) => {
    expect(frameOptions(policyOf(changes, site))).toBe(value)
  })
})
