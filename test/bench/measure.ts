/** What measurements amount to. */
import { percentile } from './percentile.mjs'

/** What one signal was measured with: ms from the end to the last tab that showed it, one for each run. */
export interface Measured {
  readonly signal: string
  readonly delays: readonly number[]
}

/** A table of them: ms. */
export const table = (measured: readonly Measured[]): string => {
  const width = Math.max(...measured.map(({ signal }) => signal.length))
  const row = (signal: string, ...cells: readonly string[]): string =>
    [signal.padEnd(width), ...cells.map((cell) => cell.padStart(8))].join('')
  const cell = (ms: number): string => ms.toFixed(1)
  return [
    row('', 'runs', 'p50', 'p95', 'max'),
    ...measured.map(({ signal, delays }) =>
      row(
        signal,
        String(delays.length),
        cell(percentile(delays, 50)),
        cell(percentile(delays, 95)),
        cell(Math.max(...delays)),
      ),
    ),
  ].join('\n')
}

/** Now, ms since the epoch, as finely as pages can tell it: by the clock that theirs is, too. */
export const now = (): number => performance.timeOrigin + performance.now()
