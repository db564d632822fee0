import { describe, expect, it } from 'vitest'
import { checkLog, errorEntry, silentLog } from '../../src/bff/log.js'

describe('errorEntry', () => {
  it('names an error by kind and codes, and shows no message', () => {
    const cause = Object.assign(new TypeError('token=secret'), { code: 'ECONNRESET' })
    const error = Object.assign(new Error('Bearer secret', { cause }), { code: 'no_answer' })
    expect(errorEntry(error)).toEqual({ error: 'Error', error_code: 'no_answer', cause: 'ECONNRESET' })
    expect(errorEntry(new RangeError('secret'))).toEqual({ error: 'RangeError' })
    expect(errorEntry('secret')).toEqual({ error: 'string' })
  })
})

describe('checkLog', () => {
  it('names what is missing, and the fix', () => {
    expect(() => checkLog(silentLog)).not.toThrow()
    for (const log of [null, 1, {}, { info() {} }, 'console'])
      expect(() => checkLog(log)).toThrow(/^log: must have .* Give a pino logger\.$/)
  })
})

it('an OAuth error is named by a word of the specifications, and whether the IDP asks to wait is said', () => {
  const entry = (details: object) => errorEntry(Object.assign(new Error('secret'), details))
  expect(entry({ error: 'invalid_target', isLimited: true, retryAfter: 5000 })).toEqual({
    error: 'Error',
    oauth_error: 'invalid_target',
    limited: true,
    retry_after: 5000,
  })
  expect(entry({ error: 'whatever\nit says' })).toEqual({ error: 'Error', oauth_error: 'other' })
  expect(entry({ error: undefined, isLimited: false })).toEqual({ error: 'Error' })
})
