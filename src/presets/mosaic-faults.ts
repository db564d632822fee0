/** Mistakes in what is told of a tenant: all of them are named, and not only the first. */
import { ConfigurationError } from '../errors.js'

/** One option that is wrong: its name among the preset's, and what to do. */
export interface MosaicFault {
  readonly option: string
  readonly message: string
}

/** What a check stops with. */
class Refusal extends Error {
  readonly fault: MosaicFault

  constructor(fault: MosaicFault) {
    super(`${fault.option}: ${fault.message}`)
    this.fault = fault
  }
}

/** Stops a check where an option is wrong. */
export function refuse(option: string, message: string): never {
  throw new Refusal({ option, message })
}

/** What these checks find wrong, in their order. */
export function faultsOf(checks: readonly (() => unknown)[]): readonly MosaicFault[] {
  return checks.flatMap((check) => {
    try {
      check()
      return []
    } catch (error) {
      if (error instanceof Refusal) return [error.fault]
      throw error
    }
  })
}

/** Nothing, where nothing is wrong. @throws ConfigurationError naming the first in its `option`, and all of them in its message, one a line */
export function refuseAll(faults: readonly MosaicFault[]): void {
  const [first, ...others] = faults
  if (first === undefined) return
  const lines = [first.message, ...others.map(({ option, message }) => `mosaic.${option}: ${message}`)]
  throw new ConfigurationError(`mosaic.${first.option}`, lines.join('\n'))
}
