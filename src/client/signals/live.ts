/** What a tab learns about its session at the BFF without asking, and what it tells by itself. Loaded when there is a session. */
import type { Platform } from '../../browser/platform.js'
import type { Session } from '../../session/session.js'
import type { News } from '../oauth-client.js'
import { createPresence } from './presence.js'
import { createPush } from './push.js'

export interface Live {
  /** This is the session now, or news of it. */
  adopted(session: Session): void
  /** There is none any more. */
  forget(): void
  stop(): void
}

/** What it works with. */
export interface LiveOptions {
  readonly platform: Platform
  readonly basePath: string
  /** Tells the BFF that the user is active. */
  readonly act: (session: Session) => Promise<void>
  /** Takes what was brought from the BFF. */
  readonly onNews: (news: News) => void
}

/** The event stream, and the user's activity. */
export function createLive({ platform, basePath, act, onNews }: LiveOptions): Live {
  const parts: Live[] = [createPush({ platform, basePath, onNews }), createPresence(platform, act)]
  const each = (call: (part: Live) => void) => (): void => parts.forEach(call)
  return {
    adopted: (session) => parts.forEach((part) => part.adopted(session)),
    forget: each((part) => part.forget()),
    stop: each((part) => part.stop()),
  }
}
