import { describe, expect, it } from 'vitest'
import type { AdmittedCall } from '../../../src/bff/upstream/call.js'
import { isServiceWorkerScript, requestHeaders } from '../../../src/bff/upstream/request-headers.js'

const call: AdmittedCall = {
  path: '42',
  upstream: {
    name: 'orders',
    url: new URL('http://127.0.0.1:4100/'),
    token: 'user',
    timeout: 30,
    methods: null,
    require: {},
  },
  accessToken: 'test-access-token',
  requestId: 'request-1',
  clientAddress: '::ffff:203.0.113.7',
}

const sent = (headers: readonly (readonly [string, string])[], changes: Partial<AdmittedCall> = {}) => {
  const flat = requestHeaders(headers.flat(), { ...call, ...changes }, 'https://app.example.com:8443')
  return flat.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), flat[i + 1] ?? ''] as const] : []))
}
const names = (headers: readonly (readonly [string, string])[]): string[] =>
  sent(headers).map(([name]) => name)
const own = ['authorization', 'x-request-id', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']

describe('the trace of a request', () => {
  const parent: [string, string] = ['Traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']
  const states: [string, string][] = [
    ['tracestate', 'a=1'],
    ['Tracestate', 'b=2'],
  ]
  const passed = (...headers: [string, string][]): string[] =>
    sent(headers)
      .filter(([name]) => name.startsWith('trace'))
      .map((header) => header.join(': '))

  it('is passed on unchanged', () => {
    expect(passed(parent)).toEqual([`traceparent: ${parent[1]}`])
    expect(passed(...states, parent)).toEqual([
      'tracestate: a=1',
      'tracestate: b=2',
      `traceparent: ${parent[1]}`,
    ])
  })

  it('is left out where it cannot be read, with its state', () => {
    expect(passed(...states)).toEqual([])
    expect(passed(parent, ...states, parent)).toEqual([])
    expect(passed(['traceparent', `${parent[1]}-more`], ...states)).toEqual([])
  })
})

describe('headers of a request', () => {
  it('what the proxy in front told the BFF alone does not pass, in any case', () => {
    const given: [string, string][] = [
      ['X-Client-Thumbprint', 'ab'],
      ['x-client-thumbprint', 'cd'],
      ['X-Client-Other', 'ef'],
    ]
    const passed = sent(given, { withheld: 'x-client-thumbprint' }).map(([name]) => name)
    expect(passed).toEqual(['x-client-other', ...own])
  })

  it('the BFF adds who it is for, on whose behalf, and its own request id', () => {
    expect(sent([])).toEqual([
      ['authorization', 'Bearer test-access-token'],
      ['x-request-id', 'request-1'],
      ['x-forwarded-for', '203.0.113.7'],
      ['x-forwarded-host', 'app.example.com:8443'],
      ['x-forwarded-proto', 'https'],
    ])
  })

  it('without a token, and without an address, none is made up', () => {
    const changes = { accessToken: null, clientAddress: null }
    const result = sent(
      [
        ['authorization', 'Bearer stolen'],
        ['X-Forwarded-For', '10.0.0.1'],
      ],
      changes,
    )
    expect(result.map(([name]) => name)).toEqual(['x-request-id', 'x-forwarded-host', 'x-forwarded-proto'])
  })

  it('what an app sends passes, repeated headers too', () => {
    const headers: readonly (readonly [string, string])[] = [
      ['Accept', 'application/json'],
      ['Content-Type', 'application/json'],
      ['Content-Length', '2'],
      ['If-None-Match', '"1"'],
      ['Range', 'bytes=0-1'],
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['tracestate', 'vendor=1'],
      ['Idempotency-Key', 'k'],
      ['X-Custom', 'a'],
      ['X-Custom', 'b'],
      ['Accept-Language', 'de'],
      ['User-Agent', 'test'],
      ['Origin', 'https://app.example.com:8443'],
    ]
    expect(sent(headers).slice(0, -own.length)).toEqual(
      headers.map(([name, value]) => [name.toLowerCase(), value]),
    )
  })

  it.each([
    // Credentials and guard
    'Cookie',
    'Cookie2',
    'Authorization',
    'DPoP',
    'Proxy-Authorization',
    'X-CSRF-Token',
    'X-Tandem',
    'X-Request-Id',
    // Proxies
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-User',
    'X-Forwarded-Prefix',
    'X-Forwarded-Client-Cert',
    'X-Real-IP',
    'Via',
    'True-Client-IP',
    'CF-Connecting-IP',
    // Users and certificates
    'X-User',
    'X-Remote-User',
    'Remote-User',
    'X-Auth-Request-Email',
    'Client-Cert',
    'Client-Cert-Chain',
    'X-Client-Cert',
    'SSL-Client-Verify',
    'X-SSL-Client-Cert',
    'X-Amzn-Mtls-Clientcert',
    'X-ARR-ClientCert',
    // Another method or address
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X-Original-URL',
    'X-Rewrite-URL',
    'Host',
    // Hop by hop
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Proxy-Connection',
    // What CGI takes for a setting
    'Proxy',
    'Expect',
    'HTTP2-Settings',
    'Service-Worker',
    // The same in the spelling of CGI
    'X_Forwarded_For',
    'x_user',
    'Remote_User',
  ])('%s does not pass', (name) => {
    const value = 'smuggled'
    expect(
      sent([
        [name, value],
        [name.toLowerCase(), value],
        [name.toUpperCase(), value],
      ]),
    ).toEqual(sent([]))
  })

  it('those Connection names go too, but what frames the body and what the BFF adds', () => {
    const headers: readonly (readonly [string, string])[] = [
      ['Connection', 'close, X-Hop, authorization'],
      ['connection', 'x-request-id, x-forwarded-for, Content-Length, content-type'],
      ['X-Hop', '1'],
      ['X-Stays', '1'],
      ['Content-Type', 'text/plain'],
      ['Content-Length', '1'],
    ]
    expect(names(headers)).toEqual(['x-stays', 'content-type', 'content-length', ...own])
  })

  it('a service worker is known by either header', () => {
    expect(isServiceWorkerScript(['Service-Worker', 'script'])).toBe(true)
    expect(isServiceWorkerScript(['Sec-Fetch-Dest', 'serviceworker'])).toBe(true)
    expect(isServiceWorkerScript(['Sec-Fetch-Dest', 'script', 'X', 'service-worker'])).toBe(false)
  })
})
