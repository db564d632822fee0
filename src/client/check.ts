/** Checks of options. */
import { ConfigurationError } from '../errors.js'
import type { Criteria } from '../session/session.js'

/** What is wrong with an option, and what to do: thrown unless it passes. @throws ConfigurationError */
export function check(passes: boolean, option: string, fix: string): void {
  if (!passes) throw new ConfigurationError(option, fix)
}

/** What is wrong with an option or a criterion nobody knows, and the fix. */
export const UNKNOWN = 'is unknown or of the wrong type; look for a misspelling.'

/** Refuses what is left of options once the known ones are taken out. @throws ConfigurationError */
export function checkRest(rest: object, option = ''): void {
  for (const name of Object.keys(rest)) check(false, option + name, UNKNOWN)
}

/** What a criterion is called, and the type of its values. */
const CRITERION = /^(maxAge number|(acr|amr|audience|scope|roles|user) string|\w+ undefined)$/

/** Refuses criteria that, misspelt, would let everybody in, or nobody. @throws ConfigurationError naming the criterion */
export function checkCriteria(criteria: Criteria, option = 'criteria.'): void {
  for (const [name, value] of Object.entries(criteria))
    check(CRITERION.test(`${name} ${typeof [value].flat()[0]}`), option + name, UNKNOWN)
}

/** Whether it is the base path of a BFF: a path with no slash at its end. */
export const isBasePath = (value: unknown): boolean =>
  typeof value === 'string' && /^(\/[\w-]+)+$/.test(value)
