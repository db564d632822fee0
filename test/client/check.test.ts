import { expect, it } from 'vitest'
import { check, checkCriteria, checkRest, isBasePath } from '../../src/client/check.js'
import { ConfigurationError } from '../../src/errors.js'
import type { Criteria } from '../../src/index.js'

it('names the option and the fix of what does not pass, and lets pass what does', () => {
  expect(() => check(true, 'oauth', 'must be there.')).not.toThrow()
  expect(() => check(false, 'oauth', 'must be there.')).toThrow(ConfigurationError)
  expect(() => check(false, 'oauth', 'must be there.')).toThrow('oauth: must be there.')
})

it('refuses what is left of options by its name', () => {
  const { known, ...rest } = { known: 1, basepath: '/bff' }
  expect(() => checkRest(rest, 'bffClient.')).toThrow(/^bffClient\.basepath: is unknown/)
  expect(() => checkRest(rest)).toThrow(/^basepath: is unknown/)
  expect(known).toBe(1)
  expect(() => checkRest({})).not.toThrow()
})

it.each<Criteria>([
  {},
  { maxAge: 0, acr: 'mfa', amr: 'otp', audience: 'a', scope: 'a', roles: 'a', user: 'alice' },
  { acr: ['a', 'b'], amr: [], audience: ['a'], scope: ['a'], roles: ['a'] },
])('takes %o for criteria', (criteria) => expect(() => checkCriteria(criteria)).not.toThrow())

it.each<[string, object]>([
  ['acrs', { acr: 'mfa', acrs: 'mfa' }],
  ['max_age', { max_age: 300 }],
  ['maxAge', { maxAge: '300' }],
  ['maxAge', { maxAge: null }],
  ['acr', { acr: 2 }],
  ['amr', { amr: null }],
  ['audience', { audience: true }],
  ['scope', { scope: [7] }],
  ['roles', { roles: { admin: true } }],
  ['user', { user: 1 }],
])('refuses %s in %o by its name', (name, criteria) => {
  expect(() => checkCriteria(criteria as Criteria, 'resources[0].criteria.')).toThrow(
    `resources[0].criteria.${name}: is unknown or of the wrong type`,
  )
})

it.each(['/bff', '/app/bff', '/a-b_c/1'])('takes %s for a base path', (path) =>
  expect(isBasePath(path)).toBe(true),
)

it.each(['', '/', '/bff/', 'bff', '//bff', '/b ff', '/bff?x', undefined, 7])(
  'does not take %o for one',
  (path) => expect(isBasePath(path)).toBe(false),
)
