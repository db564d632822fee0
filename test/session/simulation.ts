/**
 * A world for the machine: virtual time, an alarm that rings, answers that take their time. It checks every rule at
 * every step, that one renewal at most is on the wire, and that time goes on.
 */
import { expect } from 'vitest'
import { alarmAt } from '../../src/session/due.js'
import { initialState, transition } from '../../src/session/machine.js'
import type { Effect, Rules } from '../../src/session/events.js'
import { defaultIdpEndPolicy } from '../../src/session/session.js'
import type { Session, SessionState } from '../../src/session/session.js'
import { allRules } from './rules.js'
import { at, T0 } from './sessions.js'
import type { Happening } from './sessions.js'

/** What is answered, and after how many ms. */
export interface Answer {
  readonly after: number
  readonly happening: Happening
}

/** Whoever answers: the BFF or the IDP. `now` is when the answer is made. */
export interface Server {
  restore(now: number): Answer
  renew(session: Session, now: number): Answer
}

/** Something from outside: at `at` ms after the start, or as it is decided by looking at the state then. */
export interface Disturbance {
  readonly at: number
  readonly happening: Happening | ((state: SessionState, now: number) => Happening | null)
}

export interface Scenario {
  readonly server: Server
  /** How long it runs, ms. */
  readonly lasts: number
  readonly disturbances?: readonly Disturbance[]
  readonly keeper?: Rules['keeper']
  /** Jitter: from 0 to 1. */
  readonly random?: () => number
  /** How late an alarm rings, ms: 0 unless the device sleeps then. */
  readonly late?: (alarm: number) => number
}

/** What was seen. Times are ms since the epoch. */
export interface Seen {
  readonly state: SessionState
  readonly alarm: number
  /** When each renewal was asked for, and the session it was asked for. */
  readonly renewals: readonly { readonly at: number; readonly session: Session }[]
  readonly restores: readonly number[]
  readonly notices: readonly string[]
}

interface Due {
  readonly at: number
  readonly happening: Disturbance['happening']
  /** The question it answers. */
  readonly answers?: Question
}
interface Question {
  readonly about: 'restore' | 'renew'
  readonly ref?: string
}

const MANY = 25

/** Runs a page from its start, {@link T0}, on. */
export function simulate(scenario: Scenario): Seen {
  const { server, lasts, disturbances = [], keeper = 'bff', random = () => 0.5, late = () => 0 } = scenario
  const rules: Rules = { idpEnd: defaultIdpEndPolicy, keeper }
  const check = [...allRules().values()]
  let now = T0
  let state = initialState
  let alarm = Infinity
  let rings = Infinity
  const outside = disturbances.map((one): Due => ({ ...one, at: T0 + one.at })).sort((a, b) => a.at - b.at)
  let disturbed = 0
  let due: Due[] = []
  let asked = new Set<Question>()
  const renewals: { at: number; session: Session }[] = []
  const restores: number[] = []
  const notices: string[] = []

  const ask = (question: Question, answer: Answer): void => {
    asked.add(question)
    due.push({ at: now + answer.after, happening: answer.happening, answers: question })
  }

  const setAlarm = (): void => {
    alarm = alarmAt(state)
    rings = alarm < Infinity ? alarm + late(alarm) : Infinity
  }

  const perform = (effect: Effect): void => {
    if (effect.type === 'forget') asked = new Set()
    if ('detail' in effect) notices.push(effect.type)
    // As a real one: it asks one thing at a time.
    if (effect.type === 'restore' && ![...asked].some(({ about }) => about === 'restore')) {
      restores.push(now)
      ask({ about: 'restore' }, server.restore(now))
    }
    if (effect.type === 'renew' && state.status === 'authenticated') {
      const { session } = state
      const onTheWire = [...asked].filter(({ about, ref }) => about === 'renew' && ref === session.ref)
      expect(onTheWire, 'renewals on the wire').toEqual([])
      renewals.push({ at: now, session })
      ask({ about: 'renew', ref: session.ref }, server.renew(session, now))
    }
  }

  const take = (happening: Happening): void => {
    const event = at(now, happening, random())
    const [after, effects] = transition(state, event, rules)
    for (const rule of check) rule({ before: state, event, after, effects, rules })
    state = after
    setAlarm()
    effects.forEach(perform)
  }

  const arrives = ({ happening, answers }: Due): void => {
    if (answers !== undefined && !asked.delete(answers)) return
    // The answer to a renewal belongs to the session it was asked for.
    const here = state.status === 'authenticated' ? state.session.ref : undefined
    if (answers?.about === 'renew' && answers.ref !== here) return
    const told = typeof happening === 'function' ? happening(state, now) : happening
    if (told !== null) take(told)
  }

  perform({ type: 'restore' })
  for (let standing = 0; ;) {
    const first = [...due, ...outside.slice(disturbed, disturbed + 1)].reduce<Due | undefined>(
      (one, two) => (one === undefined || two.at < one.at ? two : one),
      undefined,
    )
    const next = Math.max(now, Math.min(rings, first?.at ?? Infinity))
    if (next > T0 + lasts) return { state, alarm, renewals, restores, notices }
    standing = next === now ? standing + 1 : 0
    if (standing >= MANY) throw new Error('Time stands still: a busy loop.')
    now = next
    if (first !== undefined && first.at <= next) {
      if (first === outside[disturbed]) disturbed += 1
      else due = due.filter((one) => one !== first)
      arrives(first)
    } else take({ type: 'tick' })
  }
}

/** Chance from a seed (mulberry32): from 0 to 1. */
export function chance(seed: number): () => number {
  let a = seed | 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
