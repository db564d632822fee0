/** What the BFF tells by itself (`GET /events`): one stream for all tabs of a browser, kept by the tab that leads. */
import type { Platform } from '../../browser/platform.js'
import type { BffError } from '../../errors.js'
import { doors, isSessionAnswer, sessionFromWire } from '../../protocol.js'
import type { Session } from '../../session/session.js'
import { absentBy } from '../bff-http.js'
import type { News } from '../oauth-client.js'
import { PATIENCE } from '../patience.js'
import { keepStream } from './kept-stream.js'

/**
 * How long after a session was adopted its stream is opened, ms: a page load costs one request. And after an end by another login: the
 * cookie of the next session is still on its way here.
 */
const PAUSE = 1_000

/** Hears of the session that was adopted last, while this tab leads. */
export interface Push {
  /** This is the session now, or news of it. Of another one than before a stream of its own is opened. */
  adopted(session: Session): void
  /** There is none any more. */
  forget(): void
  /** Closes the stream; no other is opened. */
  stop(): void
}

/** What it works with. */
export interface PushOptions {
  readonly platform: Platform
  readonly basePath: string
  /** Takes what the BFF told: how the session stands, or that it is over. */
  readonly onNews: (news: News) => void
}

/** Nothing happens before a session is adopted. What is no answer of the BFF ends nothing: it is asked again. */
export function createPush({ platform, basePath, onNews }: PushOptions): Push {
  const { clock } = platform
  const path = basePath + doors.events
  const tabs = platform.tabs(`tandem:${basePath}`)
  /** The session that is heard of: the one adopted, until the stream says whose cookie opened it. */
  let ref = ''
  let wanted = false
  let leads = false
  /** Stopped, or there is no such door. */
  let isOver = false
  /** Another session is to follow the one that is over: once, that is waited for. */
  let isFollowed = false
  let cancel = (): void => {}
  let stay = (): void => {}
  let close: (() => void) | undefined
  let leave: (() => void) | undefined

  const hangUp = (): void => {
    close?.()
    close = undefined
  }
  /** Not even when this tab comes to lead. */
  const quiet = (): void => {
    wanted = false
    cancel()
    hangUp()
  }

  const open = (): void => {
    if (wanted && leads && !isOver) close ??= keepStream(platform, path, { event, refused })
  }
  const openSoon = (): void => {
    quiet()
    cancel = clock.at(clock.now() + PAUSE, () => {
      wanted = true
      open()
    })
  }

  const event = (name: string, data: unknown, askedAt?: number): void => {
    if (name === 'session' && isSessionAnswer(data) && data.authenticated) {
      const heardAt = clock.device()
      // A later event, or a slow one, may have been on its way for long: it does not tell the time.
      if (askedAt !== undefined && heardAt - askedAt < PATIENCE) clock.learn(data.now, askedAt, heardAt)
      const session: Session = sessionFromWire(data.session)
      ref = session.ref
      isFollowed = false
      onNews({ type: 'restored', session })
    } else if (name === 'ended') {
      const { ended_by, at } = Object(data) as { readonly ended_by?: unknown; readonly at?: unknown }
      ended({ ended_by, ended_at: at })
    }
  }

  /** It is over. Where another one follows it, the next stream says whose that is: its cookie may still be on its way. */
  const ended = (how: { readonly [member: string]: unknown }): void => {
    if (!isFollowed && (how['ended_by'] === 'replaced' || how['ended_by'] === 'user_changed')) {
      isFollowed = true
      return openSoon()
    }
    quiet()
    onNews({ ...absentBy(how), ref })
  }

  const refused = ({ status, problem }: BffError): boolean => {
    if (status === 401) ended(problem)
    else if (status === 404) {
      isOver = true
      // oxlint-disable-next-line no-console -- for whoever runs the BFF: the app goes on without
      console.warn(
        `tandem-session: the BFF has no ${path}. Without it pages learn of changes when they ask. Update the BFF.`,
      )
    } else return true
    return false
  }

  const resign = (): void => {
    stay()
    leave?.()
    leave = undefined
  }

  return {
    adopted(session) {
      if (isOver || session.ref === ref) return
      ref = session.ref
      isFollowed = false
      stay()
      openSoon()
      leave ??= tabs.lead(`tandem:push:${basePath}`, () => {
        leads = true
        open()
        return () => {
          leads = false
          hangUp()
        }
      })
    },
    forget() {
      ref = ''
      quiet()
      stay()
      // The others hear of the end first: the next one to lead would ask for a stream, and be told no reason.
      if (leads) stay = clock.at(clock.now() + PAUSE, resign)
      else resign()
    },
    stop() {
      isOver = true
      ref = ''
      quiet()
      resign()
    },
  }
}
