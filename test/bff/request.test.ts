import { describe, expect, it } from 'vitest'
import { isSafe, splitAtQuery, targetOf } from '../../src/bff/request.js'

describe('targetOf', () => {
  it.each([
    ['https://app.test', '/', ''],
    ['https://app.test/', '/', ''],
    ['https://app.test?x=/y', '/', '?x=/y'],
    ['https://app.test/a/../b%2Fc?x=1?y#z', '/a/../b%2Fc', '?x=1?y'],
    ['https://app.test/a#b?c', '/a', ''],
    ['http://app.test//evil/x', '//evil/x', ''],
    ['http://[::1]:3000/a', '/a', ''],
  ])('%s', (url, path, query) => expect(targetOf(url)).toEqual({ path, query }))
})

describe('splitAtQuery', () => {
  it.each([
    ['/a', '/a', ''],
    ['/a?', '/a', ''],
    ['/a?b?c=d', '/a', 'b?c=d'],
    ['?b', '', 'b'],
    ['', '', ''],
    ['/a\n?b\nc', '/a\n', 'b\nc'],
  ])('%j', (address, path, query) => expect(splitAtQuery(address)).toEqual([path, query]))
})

describe('isSafe', () => {
  it('knows what only reads', () => {
    expect(['GET', 'HEAD'].every(isSafe)).toBe(true)
    expect(['POST', 'OPTIONS', 'get', 'QUERY', 'PROPFIND', ''].some(isSafe)).toBe(false)
  })
})
