import { expect, it } from 'vitest'
import { knownOAuthError, oauthErrorCodes } from '../../../src/bff/idp/error-codes.js'
import { loginFailure } from '../../../src/bff/metrics.js'

it('codes of the specifications are known, each once, and nothing else is', () => {
  for (const code of oauthErrorCodes) expect(code).toMatch(/^[a-z_]{6,40}$/)
  for (const code of ['invalid_grant', 'request_not_supported', 'unsupported_response_mode'])
    expect([knownOAuthError(code), loginFailure(code)]).toEqual([code, code])
  for (const code of ['alice_was_here', '', 'INVALID_GRANT', '__proto__'])
    expect([knownOAuthError(code), loginFailure(code)]).toEqual(['other', 'other'])
})
