import { expect, it } from 'vitest'
import { challengesIn, wantsNonce, withoutResource } from '../../../src/bff/upstream/challenges.js'

it.each([
  ['DPoP error="use_dpop_nonce"', true],
  ['dpop algs="ES256 RS256", error="use_dpop_nonce", error_description="a, b"', true],
  ['DPoP error=use_dpop_nonce', true],
  ['Bearer realm="x", DPoP algs="ES256", error="use_dpop_nonce"', true],
  ['DPoP error="use_dpop_nonces"', false],
  ['DPoP x_error="use_dpop_nonce"', false],
  ['DPoP error="invalid_token", Bearer error="use_dpop_nonce"', false],
  ['DPoP', false],
  ['', false],
])('%s: wants a nonce: %s', (value, wanted) => {
  expect(challengesIn(value).some(wantsNonce)).toBe(wanted)
})

it('takes a header apart into its challenges', () => {
  expect(challengesIn('Bearer realm="a, b", scope="c", DPoP, Basic dGVzdA==')).toEqual([
    'Bearer realm="a, b", scope="c"',
    'DPoP',
    'Basic dGVzdA==',
  ])
})

it.each([
  ['Bearer realm="a, b",scope="c"', 'Bearer realm="a, b",scope="c"'],
  ['Bearer resource_metadata="https://a.test"', 'Bearer resource_metadata="https://a.test"'],
  ['Bearer error="x", resource="https://a.test", acr_values="mfa"', 'Bearer error="x", acr_values="mfa"'],
  ['Bearer RESOURCE = "a, b" , error=x', 'Bearer error=x'],
  ['DPoP resource=x', 'DPoP'],
  ['Bearer realm="resource=x"', 'Bearer realm="resource=x"'],
])('%s: without a resource', (challenge, kept) => {
  expect(withoutResource(challenge)).toBe(kept)
})
