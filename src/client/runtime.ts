/** Runs the session machine: holds the state, does what the effects say, tells whoever listens. */
import type { Clock } from '../browser/clock.js'
import { alarmAt } from '../session/due.js'
import type { Deed, Rules, SessionEvent, SessionEvents } from '../session/events.js'
import { initialState, transition } from '../session/machine.js'
import type { SessionState } from '../session/session.js'

export type StateListener = (state: SessionState, previous: SessionState) => void

/** An event without its moment: the runtime adds that. */
export type Happening = SessionEvent extends infer Event
  ? Event extends SessionEvent
    ? Omit<Event, 'now' | 'random'>
    : never
  : never

/** What only the client can do: it answers by an event, later. */
export type Deeds = { readonly [Type in Deed['type']]: () => void }

export interface Runtime {
  getState(): SessionState
  /** Takes an event. Events that happen while one is being taken wait their turn. */
  dispatch(happening: Happening): void
  subscribe(listener: StateListener): () => void
  on<Type extends keyof SessionEvents>(
    type: Type,
    listener: (detail: SessionEvents[Type]) => void,
  ): () => void
  /** From now on what is due is done by itself. */
  run(): void
  /** Nothing happens by itself any more, as before the first `run`. */
  rest(): void
}

/** @param clock where the moment of an event and the alarm come from */
export function createRuntime(
  rules: Rules,
  deeds: Deeds,
  clock: Pick<Clock, 'now' | 'at'>,
  random: () => number,
): Runtime {
  let state = initialState
  let running = false
  let taking = false
  let silence = (): void => {}
  const waiting: Happening[] = []
  const listeners = new Set<StateListener>()
  const byType = new Map<string, Set<(detail: never) => void>>()

  const take = (happening: Happening): void => {
    const previous = state
    const event = { ...happening, now: clock.now(), random: random() } as SessionEvent
    const [next, effects] = transition(previous, event, rules)
    state = next
    setAlarm()
    for (const effect of effects) if (!('detail' in effect)) deeds[effect.type]()
    if (next !== previous) for (const listener of [...listeners]) guarded(() => listener(next, previous))
    for (const effect of effects) {
      if (!('detail' in effect)) continue
      for (const listener of [...(byType.get(effect.type) ?? [])])
        guarded(() => listener(effect.detail as never))
    }
  }

  const setAlarm = (): void => {
    silence()
    const at = alarmAt(state)
    if (running && at < Infinity) silence = clock.at(at, () => dispatch({ type: 'tick' }))
  }

  const dispatch = (happening: Happening): void => {
    waiting.push(happening)
    if (taking) return
    taking = true
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) take(next)
    } finally {
      taking = false
    }
  }

  return {
    getState: () => state,
    dispatch,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    on: (type, listener) => {
      const set = byType.get(type) ?? new Set()
      byType.set(type, set.add(listener))
      return () => void set.delete(listener)
    },
    run() {
      if (running) return
      running = true
      dispatch({ type: 'tick' })
    },
    rest() {
      running = false
      silence()
    },
  }
}

/** Calls what is the app's: its mistake must not keep others, or the machine, from going on. */
export function guarded(call: () => void): void {
  try {
    call()
  } catch (error) {
    // Missing outside of browsers only.
    globalThis.reportError?.(error)
  }
}
