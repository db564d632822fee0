/** Checks of options. */
import { ConfigurationError } from '../errors.js'

/** What is wrong with an option, and what to do: thrown unless it passes. @throws ConfigurationError */
export function check(passes: boolean, option: string, fix: string): void {
  if (!passes) throw new ConfigurationError(option, fix)
}

/** Whether it is the base path of a BFF: a path with no slash at its end. */
export const isBasePath = (value: unknown): boolean =>
  typeof value === 'string' && /^(\/[\w-]+)+$/.test(value)
