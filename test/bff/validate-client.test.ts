import { describe, expect, it } from 'vitest'
import { bindTo, cookie, trustedProxies } from '../../src/bff/validate-client.js'

describe('options about the client', () => {
  it('can come out of the environment', () => {
    const env = { IP: 'true', BITS: '20', PROXY: '10.0.0.0/8', UNSAFE: 'false' }
    expect(bindTo({ ip: 'env:IP' }, [], env)).toEqual({ ip: true })
    expect(bindTo({ ip: { v4: 'env:BITS' } }, [], env)).toEqual({ ip: { v4: 20 } })
    expect(trustedProxies(['env:PROXY', '::1'], [], env)).toEqual(['10.0.0.0/8', '::1'])
    expect(cookie({ dangerouslyInsecure: 'env:UNSAFE' }, [], env)).toEqual({ dangerouslyInsecure: false })
  })

  it('names every one that is wrong', () => {
    const given = { ip: { v4: 99 }, clientCertificate: {}, onMismatch: { ip: 'x', cookie: 'end' } }
    expect(() => bindTo(given, ['bindTo'], null)).toThrow(
      /bindTo\.ip\.v4[^]*bindTo\.clientCertificate\.header[^]*bindTo\.onMismatch\.cookie[^]*bindTo\.onMismatch\.ip/,
    )
  })
})
