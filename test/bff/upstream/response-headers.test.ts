import { describe, expect, it } from 'vitest'
import { responseHeaders, SANDBOX, tokenChallenges } from '../../../src/bff/upstream/response-headers.js'
import type { UpstreamHeaders } from '../../../src/bff/upstream/response-headers.js'

function seen(headers: UpstreamHeaders, status = 200): Record<string, string> {
  const locate = (location: string): string | null =>
    location.startsWith('/') ? `/bff/api/orders${location}` : null
  const flat = responseHeaders(headers, { status, requestId: 'request-1', locate })
  return Object.fromEntries(
    flat.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), flat[i + 1] ?? '']] : [])),
  )
}

const json = { 'content-type': 'application/json' }
const own = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'x-request-id': 'request-1',
}

describe('headers of an answer', () => {
  it('what belongs to the answer passes', () => {
    const headers = {
      ...json,
      'content-length': '2',
      'content-encoding': 'gzip',
      etag: '"1"',
      'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
      'retry-after': '5',
      'content-disposition': 'attachment',
      'accept-ranges': 'bytes',
      'x-total': '3',
      'x-accel-buffering': 'no',
    }
    expect(seen(headers)).toEqual({ ...headers, ...own })
  })

  it.each([
    ...[
      'set-cookie',
      'set-cookie2',
      'clear-site-data',
      'service-worker-allowed',
      'strict-transport-security',
    ],
    ...['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-expose-headers'],
    ...[
      'refresh',
      'cloudflare-cdn-cache-control',
      'x-litespeed-cache-control',
      'x-litespeed-location',
      'x-reproxy-url',
      'alt-svc',
      'link',
      'x-tandem',
      'nel',
      'report-to',
      'reporting-endpoints',
      'permissions-policy',
    ],
    ...['content-security-policy', 'content-security-policy-report-only', 'cross-origin-opener-policy'],
    ...[
      'connection',
      'keep-alive',
      'transfer-encoding',
      'trailer',
      'upgrade',
      'proxy-authenticate',
      'set-login',
    ],
    ...[
      'x-accel-redirect',
      'x-sendfile',
      'server',
      'x-powered-by',
      'x-aspnet-version',
      'surrogate-control',
      'origin-agent-cluster',
      'secure-session-registration',
    ],
  ])('%s does not pass', (name) => {
    expect(seen({ ...json, [name]: 'x', ...(name === 'set-cookie' && { [name]: ['a=1', 'b=2'] }) })).toEqual({
      ...json,
      ...own,
    })
  })

  it('the BFF speaks for itself where an upstream would', () => {
    const imitation = {
      'x-request-id': 'theirs',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'sniff',
    }
    expect(seen({ ...json, ...imitation })).toEqual({ ...json, ...own })
  })

  it('those Connection names go too', () => {
    expect(seen({ ...json, connection: 'close, X-Hop', 'x-hop': '1' })).toEqual({ ...json, ...own })
  })

  it.each([
    [undefined, 'no-store'],
    ['public, max-age=60', 'no-store'],
    ['max-age=60', 'no-store'],
    ['no-cache', 'no-store'],
    ['private, s-maxage=60', 'no-store'],
    ['private, public', 'no-store'],
    ['private="x-name", max-age=60', 'no-store'],
    ['private, no-store', 'no-store'],
    ['private', 'private'],
    ['Private, max-age=60', 'Private, max-age=60'],
    ['private, no-cache', 'private, no-cache'],
  ])('caching: %s becomes %s', (theirs, ours) => {
    expect(seen({ ...json, 'cache-control': theirs })['cache-control']).toBe(ours)
  })

  it('what may be kept is kept for one session only', () => {
    expect(seen({ ...json, 'cache-control': 'private', vary: 'Accept' })['vary']).toBe(
      'Accept, Cookie, X-CSRF-Token',
    )
    expect(seen({ ...json, vary: 'Accept' })['vary']).toBe('Accept')
  })

  it.each([
    'text/html',
    'text/html; charset=utf-8',
    'image/svg+xml',
    'application/xml',
    'text/xml',
    'application/xhtml+xml',
    'text/javascript',
    'application/rss+xml',
    'multipart/x-mixed-replace',
    'text/html, application/json',
    // Browsers go by the last type in a list, wherever in the header it is (Fetch §2.2.2).
    'application/json; charset=utf-8, text/html',
    'text/plain;, text/html',
    'text/plain; charset="utf-8, text/html"',
    ...['image/x+xml', 'image/png+xml', 'font/x+xml', 'audio/x.y+xml; a=b'],
    undefined,
  ])('%s is put into a sandbox', (type) => {
    expect(seen({ 'content-type': type })['content-security-policy']).toBe(SANDBOX)
  })

  it.each([
    'application/json',
    'application/problem+json; charset=utf-8',
    'text/plain',
    'text/csv',
    'image/png',
    'video/mp4',
    'application/pdf',
    'application/octet-stream',
    'text/event-stream',
    'font/woff2',
    'APPLICATION/JSON',
  ])('%s is not', (type) => {
    expect(seen({ 'content-type': type })).not.toHaveProperty('content-security-policy')
  })

  it('two content types are one, and not trusted', () => {
    const headers = seen({ 'content-type': ['application/json', 'text/html'] })
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-security-policy': SANDBOX })
  })

  it('an answer without content says nothing about the type', () => {
    expect(seen({ etag: '"1"' }, 304)).toEqual({ ...own, etag: '"1"' })
    expect(seen({}, 204)).toEqual(own)
  })

  it('addresses are those under the BFF, or none', () => {
    expect(seen({ ...json, location: '/42', 'content-location': '/43' })).toMatchObject({
      location: '/bff/api/orders/42',
      'content-location': '/bff/api/orders/43',
    })
    expect(seen({ ...json, location: 'http://169.254.169.254/' })).toEqual({ ...json, ...own })
  })
})

describe('challenges', () => {
  it.each([
    ['Bearer', 'Bearer'],
    ['Basic realm="x"', ''],
    ['Negotiate', ''],
    ['NTLM TlRMTVNTUAAB==', ''],
    [
      'Bearer error="invalid_token", error_description="a, b"',
      'Bearer error="invalid_token", error_description="a, b"',
    ],
    ['Basic realm="a, Bearer b", Bearer realm="c"', 'Bearer realm="c"'],
    [
      'Bearer error="insufficient_user_authentication", acr_values="mfa", Basic realm="x", charset="UTF-8"',
      'Bearer error="insufficient_user_authentication", acr_values="mfa"',
    ],
    ['Digest realm="x", nonce="y", DPoP algs="ES256"', 'DPoP algs="ES256"'],
    ['Basic realm="a \\" , Bearer", Bearer x="1"', 'Bearer x="1"'],
    ['BearerX a="1"', ''],
    ['', ''],
  ])('%s: %s', (theirs, ours) => {
    expect(tokenChallenges(theirs)).toBe(ours)
  })

  it('of several headers', () => {
    const headers = seen({ ...json, 'www-authenticate': ['Basic realm="x"', 'Bearer realm="y"'] }, 401)
    expect(headers['www-authenticate']).toBe('Bearer realm="y"')
    expect(seen({ ...json, 'www-authenticate': 'Basic realm="x"' }, 401)).toEqual({ ...json, ...own })
  })
})
