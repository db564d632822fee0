/** What the tabs of a browser tell each other about the session they share: news, told by the tab that brought it. */
import type { Platform } from '../browser/platform.js'
import type { Absent, News } from './oauth-client.js'

/** How the last session ended, for tabs that slept through it; no secret, never a token. */
const ENDED = 'tandem.ended'

type Ended = Partial<Absent> & { readonly ref?: string }

export interface Others {
  /** Tells the other tabs, and notes an end for those that sleep. */
  post(news: News): void
  /** Hears what other tabs post; returns the way to stop. */
  hear(tell: (news: News) => void): () => void
  /** What was noted about the end of this session. */
  endOf(ref: string | null | undefined): Pick<Absent, 'reason' | 'endedAt'> | undefined
}

/** @param name of what the tabs share; those with another one, or of another version, hear nothing */
export function openOthers(
  { tabs, notes, clock }: Pick<Platform, 'tabs' | 'notes' | 'clock'>,
  name: string,
): Others {
  const channel = tabs(name)
  return {
    post(news) {
      if (news.type === 'absent') notes.setItem(ENDED, JSON.stringify({ endedAt: clock.now(), ...news }))
      channel.post(news)
    },
    hear: (tell) => channel.onMessage((message) => tell(message as News)),
    endOf(ref) {
      if (!ref) return undefined
      try {
        const { ref: ended, reason, endedAt } = JSON.parse(notes.getItem(ENDED) ?? '{}') as Ended
        return ended === ref ? { reason, endedAt } : undefined
      } catch {
        // Somebody else's text.
        return undefined
      }
    },
  }
}
