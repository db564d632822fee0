/** The OP iframe: a hidden frame of the IDP that says whether its session is still the same (OpenID Connect Session Management 1.0 §3). */
import type { Clock } from './clock.js'

/** What the frame says; `none`: it was asked for 10 s, while the page was looked at, and said nothing. */
export type CheckSessionAnswer = 'unchanged' | 'changed' | 'error' | 'none'

/** What a frame is asked, and by whom. */
export interface CheckSession {
  /** The IDP's `check_session_iframe`. */
  readonly url: string
  /** `client_id` and `session_state`, with a space between. */
  readonly question: string
  /** Takes the lead of the tabs that would ask: `begin` when this tab has it, what it returns when no longer. Returns the way to leave. */
  readonly lead: (begin: () => () => void) => () => void
  /** Told every answer. */
  readonly hear: (answer: CheckSessionAnswer) => void
}

/** How often it is asked. ms */
const INTERVAL = 2_000
/** So many questions without any answer: it is none. */
const MOST = 5

/**
 * Asks every 2 s while the page is visible and this tab has the lead, and at once when that begins. Opens the frame the first
 * time. Returns the way to stop; then the frame is gone.
 */
export function openCheckSession(
  page: Window,
  clock: Pick<Clock, 'now' | 'at'>,
  { url, question, lead, hear }: CheckSession,
): () => void {
  const { document } = page
  const { origin } = new URL(url)
  const attached = new AbortController()
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.src = url
  let isLoaded = false
  let isAsking = false
  let unanswered = 0
  let leave: (() => void) | undefined
  let cancel = (): void => {}

  const ask = (): void => {
    // Before it is loaded, another page is in it.
    if (isLoaded) frame.contentWindow?.postMessage(question, origin)
    cancel()
    cancel = clock.at(clock.now() + INTERVAL, () => {
      unanswered += 1
      if (unanswered >= MOST) hear('none')
      else ask()
    })
  }

  const begin = (): (() => void) => {
    isAsking = true
    unanswered = 0
    if (!frame.isConnected) document.body.append(frame)
    ask()
    return () => {
      isAsking = false
      cancel()
    }
  }

  const look = (): void => {
    if (document.visibilityState === 'visible') leave ??= lead(begin)
    else {
      leave?.()
      leave = undefined
    }
  }

  frame.addEventListener('load', () => {
    isLoaded = true
    if (isAsking) ask()
  })
  page.addEventListener(
    'message',
    ({ source, origin: from, data }: MessageEvent<unknown>) => {
      if (source === null || source !== frame.contentWindow || from !== origin) return
      if (data !== 'unchanged' && data !== 'changed' && data !== 'error') return
      unanswered = 0
      hear(data)
    },
    attached,
  )
  document.addEventListener('visibilitychange', look, attached)
  look()

  return () => {
    attached.abort()
    leave?.()
    cancel()
    frame.remove()
  }
}
