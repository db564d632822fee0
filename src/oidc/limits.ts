/** The limits of the app session: when it ends if the user does nothing more, and when it ends whatever they do. */
import type { Session } from '../session/session.js'
import type { ClientSettings, World } from './settings.js'

/** How long an app session lasts, where nothing else is said. s */
const ABSOLUTE = 43_200

export interface Limits {
  /** The ends of a session that began then and was used last then; ms, server's clock. */
  ends(startedAt: number, usedAt: number): Session['app']
  /** What `ends` was told of its last use. */
  usedAt(app: Session['app']): number
  /** How long the user may do nothing, and how far the idle end has to move for it to be shown, ms; Infinity where there is none. */
  readonly idle: number
  readonly step: number
  /** When the user last did something in any tab; 0 where that is not known. ms, server's clock */
  latest(): number
  /** The user did something, just now. */
  use(): void
  /** Whether a session that began then, ms in the device's clock, is over. */
  isOver(startedAt: number): boolean
}

export function createLimits(
  { session: { idle = 0, absolute = ABSOLUTE } = {} }: ClientSettings,
  { clock, used }: Pick<World, 'clock' | 'used'>,
): Limits {
  const idleFor = idle > 0 ? idle * 1000 : Infinity
  return {
    ends(startedAt, usedAt) {
      const endsAt = startedAt + absolute * 1000
      return idle > 0
        ? { startedAt, idleEndsAt: Math.min(usedAt + idleFor, endsAt), endsAt }
        : { startedAt, endsAt }
    },
    usedAt: ({ startedAt, idleEndsAt }) => (idleEndsAt === undefined ? startedAt : idleEndsAt - idleFor),
    idle: idleFor,
    step: idleFor / 10,
    latest() {
      const at = Number(used.get())
      // One of the future is of a clock that was set since.
      return idle > 0 && at <= clock.device() + 1_000 ? at + clock.now() - clock.device() : 0
    },
    use() {
      if (idle > 0) used.set(String(clock.device()))
    },
    isOver(startedAt) {
      const now = clock.device()
      const usedAt = Math.max(startedAt, Number(used.get() ?? startedAt))
      return now - startedAt >= absolute * 1000 || now - usedAt >= idleFor
    },
  }
}
