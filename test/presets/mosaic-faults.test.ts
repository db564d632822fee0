import { expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { faultsOf, refuse, refuseAll } from '../../src/presets/mosaic-faults.js'

const one = { option: 'scope', message: 'is wrong.' }
const other = { option: 'claims', message: 'are wrong.' }
const checks = [one, other].map(
  ({ option, message }) =>
    () =>
      refuse(option, message),
)

it('what the checks refuse is found in their order', () => {
  expect(faultsOf([...checks, () => 'fine'])).toEqual([one, other])
  expect(faultsOf([])).toEqual([])
})

it('a mistake of a check itself is none of the options', () => {
  const broken = (): never => {
    throw new TypeError('broken')
  }
  expect(() => faultsOf([broken])).toThrow('broken')
})

it('all are thrown as one error, or none is', () => {
  expect(() => refuseAll([])).not.toThrow()
  expect(() => refuseAll([one, other])).toThrow(
    new ConfigurationError('mosaic.scope', 'is wrong.\nmosaic.claims: are wrong.'),
  )
})
