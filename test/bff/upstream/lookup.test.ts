import dns from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { expect, it, vi } from 'vitest'
import { isForbidden, lookupWithin } from '../../../src/bff/upstream/lookup.js'

const looked = (
  options: LookupOptions,
  addresses: LookupAddress[] | Error,
  networks?: readonly string[],
): Promise<unknown[]> => {
  const answer = (_: string, __: LookupOptions, callback: (...all: unknown[]) => void): void =>
    addresses instanceof Error ? callback(addresses) : callback(null, addresses)
  vi.spyOn(dns, 'lookup').mockImplementation(answer as never)
  return new Promise((resolve) => lookupWithin(networks)('api.test', options, (...all) => resolve(all)))
}

it.each([
  ['10.0.0.1', 4, false],
  ['127.0.0.1', 4, false],
  ['::1', 6, false],
  ['fd12::1', 6, false],
  ['169.254.1.1', 4, true],
  ['::ffff:169.254.1.1', 6, true],
  ['fe80::1', 6, true],
  ['0.0.0.0', 4, true],
  ['224.0.0.1', 4, true],
] as const)('%s (IPv%i) is forbidden: %s', (address, family, forbidden) => {
  expect(isForbidden({ address, family })).toBe(forbidden)
})

it('passes on what it finds, in the form that was asked for', async () => {
  const found = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  expect(await looked({ all: true }, found)).toEqual([null, found])
  expect(await looked({}, found)).toEqual([null, '::1', 6])
})

it('fails where one address is forbidden, or nothing is found', async () => {
  const [error] = await looked({ all: true }, [
    { address: '127.0.0.1', family: 4 },
    { address: '169.254.169.254', family: 4 },
  ])
  expect(error).toMatchObject({ code: 'FORBIDDEN_ADDRESS', message: expect.stringContaining('api.test') })
  const missing = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
  expect(await looked({}, missing)).toEqual([missing, []])
})

it.each([
  [['10.20.0.0/16'], '10.20.3.4', true],
  [['10.20.0.0/16'], '10.21.3.4', false],
  [['10.20.0.0/16'], '127.0.0.1', false],
  [['10.20.0.0/16'], '::1', false],
  [['10.20.0.0/16', '::1'], '::1', true],
  [['10.20.0.0/16'], '::ffff:10.20.0.1', true],
  [['169.254.0.0/16'], '169.254.169.254', false],
  [[], '10.20.3.4', false],
])('within %j, %s is dialled: %s', async (networks, address, dialled) => {
  const family = address.includes(':') ? 6 : 4
  const [error] = await looked({ all: true }, [{ address, family }], networks)
  expect(error === null).toBe(dialled)
  const code = address.startsWith('169.254.') ? 'FORBIDDEN_ADDRESS' : 'OUTSIDE_NETWORKS'
  if (!dialled) expect(error).toMatchObject({ code })
})

it('one address outside is enough', async () => {
  const found = [
    { address: '10.20.0.1', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]
  const [error] = await looked({ all: true }, found, ['10.20.0.0/16'])
  expect(error).toMatchObject({ message: expect.stringContaining('out of its networks') })
})
