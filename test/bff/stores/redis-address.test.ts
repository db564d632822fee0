import { describe, expect, it } from 'vitest'
import { redisAddress } from '../../../src/bff/stores/redis-address.js'

describe('the address of a Redis', () => {
  it('is one server', () => {
    expect(redisAddress('redis://redis.internal')).toEqual({
      kind: 'server',
      nodes: [{ host: 'redis.internal', port: 6379 }],
      ...{ primary: null, username: null, password: null, db: 0, tls: false, prefix: 'tandem:' },
    })
    expect(redisAddress('REDISS://app:p%40ss:w@[::1]:6380/2?prefix=shop:')).toEqual({
      kind: 'server',
      nodes: [{ host: '::1', port: 6380 }],
      ...{ primary: null, username: 'app', password: 'p@ss:w', db: 2, tls: true, prefix: 'shop:' },
    })
    expect(redisAddress('redis://:test-password@10.0.0.7/')).toMatchObject({
      username: null,
      password: 'test-password',
    })
  })

  it('is the first nodes of a cluster', () =>
    expect(redisAddress('redis://a:7000,b:7001,c')).toMatchObject({
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
        { host: 'c', port: 6379 },
      ],
    }))

  it('is the sentinels that know a primary', () =>
    expect(redisAddress('redis://:p@a,b:5000/1?sentinel=app')).toMatchObject({
      kind: 'sentinel',
      primary: 'app',
      password: 'p',
      db: 1,
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 5000 },
      ],
    }))

  it.each([
    ['http://redis', 'not of that form'],
    ['redis://', 'not of that form'],
    ['redis://a/0/1', 'not of that form'],
    ['redis://a#b', 'not of that form'],
    ['redis://a,,b', 'a host that is none'],
    ['redis://a b', 'a host that is none'],
    ['redis://a:0', 'a port beyond'],
    ['redis://a:65536', 'a port beyond'],
    ['redis://a/first', 'a database that is no number'],
    ['redis://a,b/1', 'a cluster has none'],
    ['redis://a?tls=1', 'the parameter tls'],
    ['redis://a?sentinel=', 'an empty name'],
    ['redis://a?prefix={one}', 'a prefix with other characters'],
    ['redis://me@a', 'a user without a password'],
    ['redis://:%zz@a', 'not percent-encoded'],
  ])('%s is none: it %s', (address, why) => expect(() => redisAddress(address)).toThrow(why))

  it('is never shown', () =>
    expect(() => redisAddress('redis://:test-password@a:99999')).toThrow(/^(?!.*test-password)/))
})
