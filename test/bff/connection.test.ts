import { describe, expect, it } from 'vitest'
import { createConnections } from '../../src/bff/connection.js'
import type { ClientAddressHeader } from '../../src/bff/options.js'
import { worked } from '../support/worked.js'

const look = (
  peer: string | null,
  headers: Record<string, string>,
  ranges: readonly string[] | null = ['10.0.0.0/8', 'fd00::/8'],
  header: ClientAddressHeader = 'x-forwarded-for',
) =>
  createConnections({ trustedProxies: ranges === null ? null : { ranges, header } })(
    { headers: new Headers(headers) },
    { clientAddress: peer },
  )

describe('without trusted proxies', () => {
  it('the other end is the client, whatever headers say', () =>
    expect(
      look('::ffff:198.51.100.7', { 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4' }, null),
    ).toEqual({
      clientAddress: '::ffff:198.51.100.7',
      isProxied: null,
    }))

  it('nobody is one where the list is empty', () =>
    expect(look('10.0.0.1', { 'x-forwarded-for': '1.2.3.4' }, [])).toEqual({
      clientAddress: '10.0.0.1',
      isProxied: false,
    }))
})

describe('X-Forwarded-For', () => {
  it.each([
    ['from nobody who is trusted', '198.51.100.7', '1.2.3.4', '198.51.100.7', false],
    ['from a proxy', '10.0.0.1', '198.51.100.7', '198.51.100.7', true],
    ['what the client wrote before it', '10.0.0.1', '1.2.3.4, 10.9.9.9, 198.51.100.7', '198.51.100.7', true],
    ['through two proxies', '10.0.0.1', '1.2.3.4, 198.51.100.7, 10.0.0.2', '198.51.100.7', true],
    ['an IPv4 proxy on a dual-stack socket', '::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7', true],
    ['IPv6', 'fd00::1', '1.2.3.4, 2001:DB8::1', '2001:db8::1', true],
    ['ports', '10.0.0.1', '198.51.100.7:4711', '198.51.100.7', true],
    ['ports of IPv6', '10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1', true],
    ['empty elements', '10.0.0.1', ', 198.51.100.7,, ', '198.51.100.7', true],
    ['proxies alone', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3', true],
    ['nothing', '10.0.0.1', '', '10.0.0.1', true],
    ['a proxy that does not know', '10.0.0.1', '1.2.3.4, unknown, 10.0.0.2', '10.0.0.2', true],
    ['no address at all', '10.0.0.1', '1.2.3.4, 010.1.1.1', '10.0.0.1', true],
  ])('%s', (_, peer, value, clientAddress, isProxied) =>
    expect(look(peer, { 'x-forwarded-for': value, forwarded: 'for=6.6.6.6' })).toEqual({
      clientAddress,
      isProxied,
    }),
  )

  it('is not looked at where the other end is not known', () =>
    expect(look(null, { 'x-forwarded-for': '1.2.3.4' })).toEqual({ clientAddress: null, isProxied: false }))
})

describe('Forwarded (RFC 7239)', () => {
  it.each([
    ['for=198.51.100.7', '198.51.100.7'],
    ['for=1.2.3.4, For="[2001:db8::1]:4711";proto=https;by=10.0.0.1', '2001:db8::1'],
    ['for="1.2.3.4", proto=http; for=198.51.100.7', '198.51.100.7'],
    ['for="a, for=6.6.6.6", for=198.51.100.7;host="x,y;for=1.1.1.1", for=10.0.0.2', '198.51.100.7'],
    // What the client wrote takes nothing of what the proxy wrote behind it into a quote of its own.
    ['for=6.6.6.6;x=", for="[2001:db8::1]"', '2001:db8::1'],
    ['for="6.6.6.6;x=\\", for="198.51.100.7:4711"', '198.51.100.7'],
    ['for="6.6.6.6, for=10.0.0.2', '10.0.0.2'],
    ['host="x;for=6.6.6.6;y";for=198.51.100.7', '198.51.100.7'],
    ['for=1.2.3.4, for=_hidden', '10.0.0.1'],
    ['for=1.2.3.4, proto=https', '10.0.0.1'],
    ['for=1.2.3.4, xfor=6.6.6.6', '10.0.0.1'],
    ['', '10.0.0.1'],
  ])('%s', (forwarded, clientAddress) =>
    expect(
      look('10.0.0.1', { forwarded, 'x-forwarded-for': '6.6.6.6' }, ['10.0.0.0/8'], 'forwarded'),
    ).toEqual({
      clientAddress,
      isProxied: true,
    }),
  )

  it('takes no long time over a header of any kind', () => {
    const lookAtAll = (): void => {
      for (const text of ['for=', '"', '\\', '\\"', '"\\"', ';for="', ',', ' ', 'for=1.2.3.4;'])
        look('10.0.0.1', { forwarded: `x${text.repeat(4000)}` }, ['10.0.0.0/8'], 'forwarded')
    }
    expect(worked(lookAtAll)).toBeLessThan(1000)
  })
})
