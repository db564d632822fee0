/**
 * How many there are of what comes in masses. `TANDEM_MASSES=full`: as many as the list of threats speaks of, which takes a minute or two; else as
 * many as show the same in a second.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const isFull: boolean = process.env['TANDEM_MASSES'] === 'full'

/** How many, in a run of this kind. */
export const many = (usual: number, full: number): number => (isFull ? full : usual)

/** How long a test may take, ms. */
export const PATIENCE = isFull ? 300_000 : 30_000

/** Does a work for 0 to `count` - 1, `width` of them at a time. */
export async function each(count: number, width: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
}

/** What the process holds in memory, MiB: once what nobody needs any more is let go of. */
export function heldMemory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return (heapUsed + external + arrayBuffers) / 1024 / 1024
}
