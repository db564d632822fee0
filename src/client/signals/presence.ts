/** Tells the BFF, sparingly, that the user is there: it keeps the idle end, and cannot see what the user does on a page. */
import type { Platform } from '../../browser/platform.js'
import type { Session } from '../../session/session.js'
import type { Live } from './live.js'

/** How much of the idle time passes at most, ms, before activity is told; of a short one a quarter. */
const TOLD_EVERY = 60_000

/** @param tell moves the idle end at the BFF; whoever does it tells the other tabs, which then have nothing to tell */
export function createPresence(
  { clock, onActivity }: Pick<Platform, 'clock' | 'onActivity'>,
  tell: (session: Session) => Promise<void>,
): Live {
  let known: Session | undefined
  /** The longest idle time that was seen: right after it was moved. ms */
  let whole = 0
  let telling = false

  const act = async (): Promise<void> => {
    const idleEndsAt = known?.app.idleEndsAt
    if (known === undefined || idleEndsAt === undefined || telling) return
    const left = idleEndsAt - clock.now()
    if (left <= 0 || whole - left < Math.min(TOLD_EVERY, whole / 4)) return
    telling = true
    // Where no answer came, the next movement of the user tells it again.
    await tell(known).catch(() => {})
    telling = false
  }
  const stopListening = onActivity(() => void act())

  return {
    adopted(session) {
      if (session.ref !== known?.ref) whole = 0
      known = session
      whole = Math.max(whole, (session.app.idleEndsAt ?? 0) - clock.now())
    },
    forget() {
      known = undefined
    },
    stop: stopListening,
  }
}
