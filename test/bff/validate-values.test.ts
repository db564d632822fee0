import { describe, expect, it } from 'vitest'
import type { Check } from '../../src/bff/validate-checks.js'
import * as is from '../../src/bff/validate-values.js'

const passes = (check: Check<unknown>, value: unknown): boolean => {
  try {
    check(value, ['x'], null)
    return true
  } catch {
    return false
  }
}

describe('single options', () => {
  it.each<[string, Check<unknown>, readonly unknown[], readonly unknown[]]>([
    ['a text', is.text('x'), ['a', ' a '], ['', '  ', 1, null]],
    ['a secret', is.secret('x', 4), ['abcd', '    '], ['abc', '', 1234]],
    ['a flag', is.flag, [true, false], ['true', 0, 1, null]],
    ['seconds', is.seconds(100), [0.5, 1, 100], [0, -1, 101, NaN, Infinity, '1']],
    ['seconds or none', is.seconds(100, 'none'), [0, 1], [-1, '0']],
    ['a port', is.port, [0, 1, 65_535], [-1, 65_536, 1.5, '80']],
    [
      'an origin',
      is.origin,
      [
        'https://a.example',
        'https://a.example:8443',
        'http://localhost:3000',
        'http://[::1]:1',
        'http://127.0.0.1',
      ],
      [
        'http://a.example',
        'https://a.example/',
        'https://a.example?x',
        'https://a.example#x',
        'a.example',
        'HTTPS:a',
      ],
    ],
    [
      'an address of the IDP',
      is.idpAddress('x'),
      ['https://idp.example', 'https://idp.example/t/1/', 'http://localhost:4000'],
      ['http://idp.example', 'https://idp.example?x=1', 'https://a:b@idp.example', 'ftp://idp.example'],
    ],
    ['one with a query', is.idpAddress('x', 'query'), ['https://idp.example?x=1'], ['https://idp.example#x']],
    [
      'an upstream',
      is.upstreamAddress,
      ['http://10.0.0.1', 'https://a/b'],
      ['http://a?x', 'http://a//b', '/a'],
    ],
    [
      'a base path',
      is.basePath,
      ['/bff', '/a/b-c', '/.bff'],
      ['', '/', 'bff', '/bff/', '//bff', '/../a', '/./a', '/a b', '/a?b'],
    ],
    [
      'a store',
      is.store,
      ['memory:', 'sqlite:x', 'sqlite::memory:', 'redis://x', 'rediss://:p@x:6380/1', 'redis://a,b:7001'],
      ['memory', 'sqlite:', 'redis:x', 'redis://', 'redis://a,b/2', {}, 1],
    ],
    ['a log', is.log, [{ info() {}, warn() {}, error() {} }], [console.log, {}, null]],
  ])('%s', (_, check, good, bad) => {
    expect(good.filter((value) => !passes(check, value))).toEqual([])
    expect(bad.filter((value) => passes(check, value))).toEqual([])
  })

  it('an issuer is given back as it is spelled', () => {
    expect(is.idpAddress('x')('https://IDP.example', ['x'], null)).toBe('https://IDP.example')
  })
})

it('names the most, where a duration is longer than that', () => {
  expect(() => is.seconds(100)(1e20, ['session', 'absolute'], null)).toThrow('and 100 is the most')
})
