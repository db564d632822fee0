/**
 * What the soak counts. An *expiry* is the access of the session coming due for renewal while somebody is awake to notice: each has exactly
 * one successful token request, never two, never none. How that is counted, from the grants of the provider:
 *
 * - *early*: a grant that came while the access of the one before was far from due: two requests for one expiry
 * - *missed*: access was due, and somebody was awake with nothing in the way for longer than a renewal takes: none for one expiry
 * - *lost*: a grant whose answer died with its tab, which was closed or crashed at that moment: the next one is for the same expiry
 * - *refused*: a token request that the provider refused: a refresh token was sent that was used up
 *
 * successes = expiries + lost where nothing is early, missed or refused.
 */

/**
 * Access that is good for `life` ms is due after two thirds of it; a tenth of the rest is jitter, and a page that learns the time anew from
 * whole seconds may come a second sooner.
 */
const EARLIEST = 0.3
const DUE = 2 / 3
/** How long a renewal may take where nothing is in the way, ms: a busy machine, a tab that has to hear of a lock that is free. */
const GRACE = 4_000
/** How long a tab that is told to go may still be there, ms: so long after its death begins its answers die with it. */
const DEATH = 1_000
/** How long after trouble a call may still meet it, ms: what was on the wire, or held access that ran out meanwhile. */
const AFTERMATH = 3_000

interface Span {
  readonly from: number
  readonly to: number
}

/** How the expiries of one session went. */
export interface Expiries {
  readonly expiries: number
  readonly successes: number
  /** Each in words. */
  readonly early: readonly string[]
  readonly missed: readonly string[]
  readonly lost: number
  /** The errors. */
  readonly refused: readonly string[]
}

/** How calls went, by outcome; `needless`: those that failed with nothing in the way. */
export interface Calls {
  readonly made: number
  readonly answered: number
  /** Failed, with trouble at the servers to blame. */
  readonly excused: number
  readonly needless401: number
  readonly needless: readonly string[]
}

export interface Ledger {
  /** What happens now, in words. */
  act(name: string): void
  /** The provider granted tokens, by this grant type. */
  granted(type: string, at?: number): void
  /** A tab is gone. */
  lostTab(): void
  /** The provider refused a token request, with this error. */
  refused(error: string): void
  /** From now on nothing is in the way, and somebody is awake; or not. */
  calm(isCalm: boolean): void
  /** Trouble at the servers begins, or is over. */
  trouble(isThere: boolean): void
  called(outcome: number | string, begunAt: number): void
  expiries(life: number): Expiries
  calls(): Calls
}

/** Begins to count. */
export const openLedger = (): Ledger => {
  const grants: { readonly type: string; readonly at: number; readonly act: string }[] = []
  const losses: number[] = []
  let act = 'the beginning'
  const errors: string[] = []
  const calms: Span[] = []
  const troubles: Span[] = []
  const calls: { readonly outcome: number | string; readonly begunAt: number; readonly endedAt: number }[] =
    []
  const open: { calm?: number | undefined; trouble?: number | undefined } = {}

  const toggle = (name: 'calm' | 'trouble', spans: Span[], isThere: boolean): void => {
    const now = Date.now()
    const from = open[name]
    if (isThere) open[name] ??= now
    else if (from !== undefined) {
      spans.push({ from, to: now })
      open[name] = undefined
    }
  }
  const all = (name: 'calm' | 'trouble', spans: readonly Span[]): readonly Span[] => {
    const from = open[name]
    return from === undefined ? spans : [...spans, { from, to: Date.now() }]
  }
  const overlap = (spans: readonly Span[], from: number, to: number): number =>
    spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0)

  return {
    act: (name) => {
      act = name
    },
    granted: (type, at = Date.now()) => void grants.push({ type, at, act }),
    lostTab: () => void losses.push(Date.now()),
    refused: (error) => void errors.push(error),
    calm: (isCalm) => toggle('calm', calms, isCalm),
    trouble: (isThere) => toggle('trouble', troubles, isThere),
    called: (outcome, begunAt) => void calls.push({ outcome, begunAt, endedAt: Date.now() }),
    expiries(life) {
      const quiet = all('calm', calms)
      const early: string[] = []
      const missed: string[] = []
      let lost = 0
      for (const [index, { at, act: during, type }] of grants.entries()) {
        const next = grants[index + 1]
        const waited = overlap(quiet, at + life * DUE, next?.at ?? Date.now())
        if (waited > GRACE) missed.push(`${waited} ms, since "${during}"`)
        if (next === undefined || next.at - at >= life * EARLIEST) continue
        if (losses.some((moment) => moment > at - DEATH && moment < next.at)) lost += 1
        else early.push(`${next.type} ${next.at - at} ms after ${type}, "${next.act}"`)
      }
      const successes = grants.length - 1
      const expiries = successes - early.length - lost + missed.length
      return { expiries, successes, early, missed, lost, refused: [...errors] }
    },
    calls() {
      const trouble = all('trouble', troubles)
      const failed = calls.filter(({ outcome }) => outcome !== 200)
      const needless = failed.filter(
        ({ begunAt, endedAt }) => overlap(trouble, begunAt - AFTERMATH, endedAt + 1) === 0,
      )
      return {
        made: calls.length,
        answered: calls.length - failed.length,
        excused: failed.length - needless.length,
        needless401: needless.filter(({ outcome }) => outcome === 401).length,
        needless: [...new Set(needless.map(({ outcome }) => String(outcome)))],
      }
    },
  }
}
