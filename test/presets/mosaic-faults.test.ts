import { expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { faultsOf, refuseAll } from '../../src/presets/mosaic-faults.js'

interface Settings {
  readonly scope?: string
  readonly claims?: string
  readonly resource?: string
}

it('what the checks say of options that are there is found, in their order', () => {
  const checks = {
    claims: () => 'are wrong.',
    scope: (value: unknown, { resource }: Settings) => value === resource || 'is not the resource.',
    resource: () => true as const,
  }
  const claims = { option: 'claims', message: 'are wrong.' }
  const scope = { option: 'scope', message: 'is not the resource.' }
  expect(faultsOf<Settings>({ scope: 'a', claims: 'b', resource: 'c' }, checks)).toEqual([claims, scope])
  expect(faultsOf<Settings>({ scope: 'a', resource: 'a' }, checks)).toEqual([])
  expect(faultsOf<Settings>({}, checks)).toEqual([])
})

it('all are thrown as one error, or none is', () => {
  expect(() => refuseAll([])).not.toThrow()
  const faults = [
    { option: 'scope', message: 'is wrong.' },
    { option: 'claims', message: 'are wrong.' },
  ]
  expect(() => refuseAll(faults)).toThrow(
    new ConfigurationError('mosaic.scope', 'is wrong.\nmosaic.claims: are wrong.'),
  )
})
