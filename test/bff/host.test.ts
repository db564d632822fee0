import { describe, expect, it } from 'vitest'
import { isOwnHost } from '../../src/bff/host.js'

const ORIGIN = 'https://app.test'

describe('isOwnHost', () => {
  it.each([
    ['https://app.test/x', {}, true],
    ['https://app.test', {}, true],
    ['https://app.test?x', {}, true],
    ['https://APP.test/x', {}, true],
    ['https://app.test:443/x', {}, true],
    ['http://app.test/x', {}, false],
    ['http://app.test/x', { 'x-forwarded-proto': 'https' }, true],
    ['http://app.test/x', { 'x-forwarded-proto': 'HTTPS, http' }, true],
    ['https://app.test/x', { 'x-forwarded-proto': 'http' }, false],
    ['https://app.test:8443/x', {}, false],
    ['https://127.0.0.1/x', {}, false],
    ['https://127.0.0.1/x', { 'x-forwarded-host': 'app.test', forwarded: 'host=app.test' }, false],
    ['https://evil.test/x', { host: 'app.test' }, false],
    ['https://app.test.evil/x', {}, false],
    ['https://app.test@evil/x', {}, false],
    ['https://evil@app.test/x', {}, false],
    ['https://evil/https://app.test/', {}, false],
  ])('%s with %j', (url, headers, expected) =>
    expect(isOwnHost({ method: 'GET', url, headers: new Headers(headers) }, ORIGIN)).toBe(expected),
  )
})
