/** The session at the BFF as one tab of the browser has it: adopted here, told to the other tabs, heard from them. */
import type { Platform } from '../browser/platform.js'
import { CSRF_COOKIE } from '../protocol.js'
import type { Session } from '../session/session.js'
import type { Absent, Found, News, Renewed } from './oauth-client.js'
import { openOthers } from './others.js'
import type { Live } from './signals/live.js'

export interface BffTab {
  /** The session that was adopted last. */
  ref(): string | undefined
  /** Its CSRF value; '' for none. */
  csrf(): string
  /** The value for a call made for this session: one that the BFF refuses where another one is adopted by now. */
  csrfOf(session: Session): string
  /** The BFF says: this is the session. */
  found(session: Session): Found
  /** The BFF says that there is none (any more). `ref`: the session this was asked for, or the last that this tab saw. */
  gone(absent: Absent, ref: string | null): Absent
  /** The session with this CSRF value was logged out here. */
  left(csrf: string): void
  forget(): void
  isCurrent(session: Session): boolean
  watch(tell: (news: News) => void): () => void
}

/** @param touch tells the BFF that the user is active, which moves the idle end, and resolves with the session */
export function createBffTab(
  platform: Platform,
  basePath: string,
  touch: (session: Session) => Promise<Renewed>,
): BffTab {
  const { cookies } = platform
  const others = openOthers(platform, `tandem 1 ${basePath}`)
  // Taken once, when a session is adopted: so the header says for which session a call was made.
  let csrf = ''
  let known: Session | undefined
  /** The session that was heard to be over last: late news must not bring it back. */
  let over = ''
  let tell: ((news: News) => void) | undefined
  let live: Live | undefined
  let loading = false

  const csrfOf = ({ ref }: Session): string => (csrf.startsWith(`${ref}.`) ? csrf : `${ref}.`)
  /** The CSRF cookie, where it names this session: cookies are never stale, unlike messages. */
  const mark = ({ ref }: Session): string | undefined => {
    const value = cookies.get(CSRF_COOKIE)
    return value?.startsWith(`${ref}.`) ? value : undefined
  }

  // Without a cookie from the beginning there is none to be missed.
  const isCurrent = (session: Session): boolean =>
    mark(session) !== undefined || (csrf === `${session.ref}.` && cookies.get(CSRF_COOKIE) === undefined)

  const take = (session: Session): void => {
    csrf = mark(session) ?? csrfOf(session)
    known = session
    if (live !== undefined) live.adopted(session)
    else if (tell !== undefined && !loading) void goLive()
  }

  const found = (session: Session): Found => {
    const news = { type: 'restored', session } as const
    const isNew = JSON.stringify(known) !== JSON.stringify(session)
    take(session)
    // A late answer may be about a session that this browser holds no more: it is asked again, and the others need not know.
    if (isNew && isCurrent(session)) others.post(news)
    return news
  }

  const hear = (news: News): void => {
    if (news.type === 'absent') over = news.ref
    if (news.type === 'restored') {
      if (mark(news.session) === undefined || news.session.ref === over) news = { type: 'suspicion' }
      else take(news.session)
    }
    tell?.(news)
  }

  const bring = (news: News): void => {
    if (news.type !== 'suspicion') others.post(news)
    hear(news)
  }

  const goLive = async (): Promise<void> => {
    loading = true
    // Where it cannot be loaded, the page learns as it did before: by asking. The next news tries again.
    const loaded = await import('./signals/live.js').catch(() => undefined)
    loading = false
    if (tell === undefined || loaded === undefined) return
    const act = async (session: Session): Promise<void> => {
      const answer = await touch(session)
      tell?.(answer.type === 'restored' ? answer : { ...answer, ref: session.ref })
    }
    live = loaded.createLive({ platform, basePath, act, onNews: bring })
    if (known !== undefined) live.adopted(known)
  }

  return {
    ref: () => known?.ref,
    csrf: () => csrf,
    csrfOf,
    found,
    gone(absent, ref) {
      // Who slept through the end is told what the tab noted that heard of it.
      const told = absent.reason === undefined ? { ...absent, ...others.endOf(ref) } : absent
      if (ref && known?.ref === ref) {
        known = undefined
        over = ref
        others.post({ ...told, ref })
      }
      return told
    },
    left: (csrf) => others.post({ type: 'absent', ref: csrf.split('.')[0]!, reason: 'logout' }),
    forget() {
      csrf = ''
      known = undefined
      live?.forget()
    },
    isCurrent,
    watch(listener) {
      tell = listener
      const stopHearing = others.hear(hear)
      if (known !== undefined) take(known)
      return () => {
        tell = undefined
        stopHearing()
        live?.stop()
        live = undefined
      }
    },
  }
}
