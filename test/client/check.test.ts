import { expect, it } from 'vitest'
import { check, isBasePath } from '../../src/client/check.js'
import { ConfigurationError } from '../../src/errors.js'

it('names the option and the fix of what does not pass, and lets pass what does', () => {
  expect(() => check(true, 'oauth', 'must be there.')).not.toThrow()
  expect(() => check(false, 'oauth', 'must be there.')).toThrow(ConfigurationError)
  expect(() => check(false, 'oauth', 'must be there.')).toThrow('oauth: must be there.')
})

it.each(['/bff', '/app/bff', '/a-b_c/1'])('takes %s for a base path', (path) =>
  expect(isBasePath(path)).toBe(true),
)

it.each(['', '/', '/bff/', 'bff', '//bff', '/b ff', '/bff?x', undefined, 7])(
  'does not take %o for one',
  (path) => expect(isBasePath(path)).toBe(false),
)
