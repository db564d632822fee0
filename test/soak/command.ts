/** The command line of the long soak: both ways to hold tokens, one after the other. */
import { parseArgs } from 'node:util'
import { launch } from '../e2e/browser.js'
import { runSoak, type SoakCounts } from './soak.js'
import type { Mode } from './stage.js'

const HELP = `npm run soak -- [options]

  --seconds N   how long things happen, for each way to hold tokens; default 90, at most 3600
  --tabs N      how many tabs are open; default 20, at most 50
  --seed N      of an earlier run, to have the same again; default a new one
  --mode M      bff or browser; default both
`

const MODES: readonly Mode[] = ['bff', 'browser']

/** Between 1 and `most`. @throws Error naming the option */
const numberOf = (name: string, value: string, most: number): number => {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= most) return number
  throw new Error(`--${name} must be a whole number from 1 to ${most}.`)
}

const print = ({ mode, seed, acts, expiries, calls, events, streams, ...rest }: SoakCounts): void => {
  const grown = ({ heap, listeners, nodes, timers }: SoakCounts['growth']): string =>
    `heap ${Math.round(heap / 1000)} kB, listeners ${listeners}, nodes ${nodes}, timers ${timers}`
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${count} × ${name}`)
      .join(', ')
  const rows: Record<string, string> = {
    'what happened': list(acts),
    expiries: `${expiries.expiries}, token requests that succeeded: ${expiries.successes} (early ${expiries.early.length}, missed ${expiries.missed.length}, refused ${expiries.refused.length}, lost with a tab ${expiries.lost})`,
    calls: `${calls.made}, answered ${calls.answered}, failed in trouble ${calls.excused}, failed with nothing in the way ${calls.needless.length} (401: ${calls.needless401})`,
    'events told': list(events),
    ...(streams !== null && { 'event streams': `${streams}` }),
    'grown at most': `${grown(rest.growth)}; at rest ${grown(rest.atRest)}`,
  }
  console.log(`\n${mode}, seed ${seed}`)
  for (const [name, text] of Object.entries(rows)) console.log(`  ${name.padEnd(14)} ${text}`)
}

/** Runs the soak by these arguments; resolves with whether all was well. @throws Error for arguments that are wrong */
export const runCommand = async (args: readonly string[]): Promise<boolean> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '90' },
      tabs: { type: 'string', default: '20' },
      seed: { type: 'string' },
      mode: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return true
  }
  const seconds = numberOf('seconds', values.seconds, 3_600)
  const tabs = numberOf('tabs', values.tabs, 50)
  const seed = numberOf('seed', values.seed ?? String(1 + (Date.now() % 999_999)), 2 ** 32 - 1)
  const modes = MODES.filter((mode) => values.mode === undefined || mode === values.mode)
  if (modes.length === 0) throw new Error('--mode must be bff or browser.')

  console.log(`${tabs} tabs, ${seconds} s for each of ${modes.join(', ')}, seed ${seed}`)
  const browser = await launch()
  try {
    const wrong: string[] = []
    for (const mode of modes) {
      const counts = await runSoak({
        browser,
        mode,
        seconds,
        tabs,
        seed,
        log: (line) => console.log(`  ${line}`),
      })
      print(counts)
      for (const sentence of counts.wrong) {
        console.error(`  WRONG: ${sentence}`)
        wrong.push(sentence)
      }
    }
    console.log(
      wrong.length === 0
        ? '\nAll is well.'
        : `\n${wrong.length} things are wrong; --seed ${seed} has the same acts again.`,
    )
    return wrong.length === 0
  } finally {
    await browser.close()
  }
}
