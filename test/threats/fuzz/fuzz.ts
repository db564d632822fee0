/**
 * Property tests of what reads input from outside: ten thousand cases each. The seed is printed, whether they pass or not; `TANDEM_SEED=…` has the
 * same cases again.
 */
import fc from 'fast-check'
import type { IAsyncProperty, IProperty } from 'fast-check'
import { expect } from 'vitest'

/** How many cases. */
export const CASES = 10_000

const given = process.env['TANDEM_SEED']

/** Where the cases come from. */
export const SEED = given === undefined ? (Date.now() ^ (process.pid << 8)) | 0 : Number(given)

/** Options of a test of so many cases. */
export const PATIENT = { timeout: 60_000 } as const

/** Resolves where a property holds for every case. */
export async function holds<Values>(property: IProperty<Values> | IAsyncProperty<Values>): Promise<void> {
  console.log(`fuzz: ${expect.getState().currentTestName ?? ''}: ${CASES} cases, TANDEM_SEED=${SEED}`)
  await fc.assert(property as IAsyncProperty<Values>, { seed: SEED, numRuns: CASES })
}

/** Texts made of `pieces` and of anything. */
export const madeOf = (pieces: readonly string[], maxLength = 12): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...pieces) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
      ),
      { maxLength },
    )
    .map((parts) => parts.join(''))
