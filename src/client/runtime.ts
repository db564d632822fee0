/** Runs the session machine: holds the state, does what the effects say, tells whoever listens. */
import type { Clock } from '../browser/clock.js'
import type { Effect, Rules, SessionEvent, SessionEvents } from '../session/events.js'
import { initialState, transition } from '../session/machine.js'
import type { SessionState } from '../session/session.js'

export type StateListener = (state: SessionState, previous: SessionState) => void

/** An event without its moment: the runtime adds that. */
export type Happening = SessionEvent extends infer Event
  ? Event extends SessionEvent
    ? Omit<Event, 'now' | 'random'>
    : never
  : never

/** What only the client can do. */
export interface Deeds {
  restore(): void
  renew(): void
  forget(): void
  watch?(): void
  unwatch?(): void
}

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
  let cancelAlarm: (() => void) | undefined
  let taking = false
  const waiting: Happening[] = []
  const listeners = new Set<StateListener>()
  const byType = new Map<string, Set<(detail: never) => void>>()

  const silence = (): void => {
    cancelAlarm?.()
    cancelAlarm = undefined
  }

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'alarm':
        silence()
        if (running && effect.at !== null) cancelAlarm = clock.at(effect.at, () => dispatch({ type: 'tick' }))
        return
      case 'notify':
        for (const listener of [...(byType.get(effect.notice.type) ?? [])]) {
          guarded(() => listener(effect.notice.detail as never))
        }
        return
      default:
        deeds[effect.type]?.()
    }
  }

  const take = (happening: Happening): void => {
    const event = { ...happening, now: clock.now(), random: random() } as SessionEvent
    const previous = state
    const [next, effects] = transition(previous, event, rules)
    state = next
    const notices = effects.filter((effect) => effect.type === 'notify')
    for (const effect of effects) if (effect.type !== 'notify') perform(effect)
    if (next !== previous) for (const listener of [...listeners]) guarded(() => listener(next, previous))
    notices.forEach(perform)
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
