import { describe, expect, it } from 'vitest'
import { refusalOf, UpstreamFault } from '../../../src/bff/upstream/fault.js'

describe('what the browser is told of a fault', () => {
  it.each([
    ['upstream_failed', 502, 'upstream_failed'],
    ['upstream_timeout', 504, 'upstream_timeout'],
    ['payload_too_large', 413, 'payload_too_large'],
    ['invalid_request', 400, 'invalid_request'],
    ['aborted', 502, 'upstream_failed'],
  ] as const)('%s: %d %s, and nothing of its cause', (code, status, told) => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.7:8080')
    const refusal = refusalOf(new UpstreamFault(code, { cause }), 'orders')
    expect(refusal).toMatchObject({ status, code: told })
    expect(refusal.detail).not.toMatch(/ECONN|10\.0/)
    expect(refusal.detail).toMatch(/again|less/)
  })
})
