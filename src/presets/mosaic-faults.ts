/** Mistakes in what is told of a tenant: all of them are named, and not only the first. */
import { ConfigurationError } from '../errors.js'

/** One option that is wrong: its name among the preset's, and what to do. */
export interface MosaicFault {
  readonly option: string
  readonly message: string
}

/** What is said of an option that is there: `true`, or what to do about it. */
export type Verdict = true | string

/** What is said of each option, by its name and in this order. */
export type Checks<Settings> = Readonly<
  Partial<Record<keyof Settings, (value: unknown, settings: Settings) => Verdict>>
>

/** What the checks find wrong, in their order. */
export const faultsOf = <Settings extends object>(
  settings: Settings,
  checks: Checks<Settings>,
): readonly MosaicFault[] =>
  Object.entries<Checks<Settings>[keyof Settings]>(checks).flatMap(([option, check]) => {
    const value = settings[option as keyof Settings]
    const message = value === undefined ? true : (check?.(value, settings) ?? true)
    return message === true ? [] : { option, message }
  })

/** Nothing, where nothing is wrong. @throws ConfigurationError naming the first in its `option`, and all of them in its message, one a line */
export function refuseAll(faults: readonly MosaicFault[]): void {
  const [first, ...others] = faults
  if (first === undefined) return
  const lines = [first.message, ...others.map(({ option, message }) => `mosaic.${option}: ${message}`)]
  throw new ConfigurationError(`mosaic.${first.option}`, lines.join('\n'))
}
