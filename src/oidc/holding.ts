/** The session that this page holds, with its tokens: in this closure, and nowhere else. */
import type { EndReason } from '../errors.js'
import type { IdpEnd, Session } from '../session/session.js'
import type { Absent } from './answers.js'
import { createEnds } from './ends.js'
import type { End } from './ends.js'
import type { Held } from './held.js'
import { randomText } from './jwt.js'
import { createLimits } from './limits.js'
import { readMark, userMark, writeMark } from './mark.js'
import type { Mark } from './mark.js'
import type { Grant } from './messages.js'
import { sessionFrom } from './session.js'
import type { ClientSettings, World } from './settings.js'
import type { Tokens } from './tokens.js'
import type { Transaction } from './transactions.js'

/** Holds nothing yet. What changes here, the other tabs are told. */
export interface Holding {
  readonly held: Held | undefined
  mark(): Mark | undefined
  /** Whether this browser still holds this session. */
  isCurrent(held: Held): boolean
  /** Tokens of an authentication. Those of `prompt=none` go on with the session that this browser holds, if it is the same user's. */
  take(tokens: Tokens, kind: Transaction['kind']): Session
  /** A refresh is sent, or certainly had no effect. */
  sent(held: Held, isSent: boolean): void
  /** Tokens of a refresh. */
  renew(held: Held, tokens: Tokens): void
  /** Another tab's. False where it is no news, or not of the session this browser holds. */
  adopt(grant: Grant): boolean
  /** What there is to tell others who ask; undefined for nothing, or nothing that is the newest. */
  grant(): Grant | undefined
  /** The user did something, just now or at `at`. True where the session shows it. */
  use(at?: number): boolean
  /** The session with what other tabs know of its use; undefined where it is over. */
  refreshed(held: Held): Session | undefined
  /** The session that the hint names is over by its limits. */
  isOver(): boolean
  /** The IDP says that its session is there; with this `session_state`, where it says one. */
  noteState(held: Held, sessionState: string): void
  /** The IDP session is over: nothing is extended any more. */
  idpEnded(held: Held, endedBy: IdpEnd): void
  /** The session is over: nothing of it is left here. */
  end(reason: EndReason): Absent
  /** Why it is over, as whoever ended it said; nothing of it is left here. */
  ended(held: Held): Absent
  /** Why this session ended, where that is known. */
  endOf(ref: string): Pick<Absent, 'reason' | 'endedAt'> | undefined
  /** That this session is over, and why, as far as that is known. */
  absent(ref: string): Absent
  /** Another tab has ended the session that is held: nothing of it is left here, and nobody is told. */
  hearEnd(end: End): void
}

/**
 * @param name of what the tabs share
 * @param onChange told whenever what is held is another or has changed
 */
export function createHolding(
  settings: ClientSettings,
  world: World,
  name: string,
  onChange: () => void,
): Holding {
  const { clock, hint, tabs } = world
  const ends = createEnds(world, name)
  const limits = createLimits(settings, world)
  let held: Held | undefined

  const offset = (): number => clock.now() - clock.device()
  const mark = (): Mark | undefined => readMark(hint.get())

  const update = (current: Held, change: Partial<Held>): void => {
    Object.assign(current, change)
    const { tokens, usedAt, endedBy, session } = current
    const app = limits.ends(session.app.startedAt, usedAt)
    current.session = sessionFrom(tokens, session.ref, app, endedBy)
    onChange()
  }

  const write = (current: Held, spare: number, isSent = false): void => {
    const { generation, session, isMarked } = current
    const { ref, app } = session
    const [startedAt, user] = [app.startedAt - offset(), userMark(ref, session.user.sub)]
    hint.set(writeMark({ startedAt, generation, isSent, ref, user, spare }))
    current.isMarked = isMarked || mark()?.ref === ref
  }

  /** Tells who waits for it. Who takes no turns shares no refresh token. */
  const share = (): void => {
    if (tabs.isJoined) tabs.post(holding.grant())
  }

  /** Another session takes the place of this one. Tabs that hear of the new one need not be told. */
  const replaced = ({ ref, user }: Mark, sub: string): void => {
    const reason = user === userMark(ref, sub) ? 'replaced' : 'user_changed'
    const end = { ref, reason, endedAt: clock.now() } as const
    ends.note(end)
    if (!tabs.isJoined) ends.tell(end)
  }

  const drop = (reason: EndReason): void => {
    // Another session's is not ours to remove; and whoever only lost a token is found again by the next page load.
    const isOurs = held === undefined || mark()?.ref === held.session.ref
    if (isOurs && reason !== 'refresh_lost') hint.remove()
    held = undefined
    onChange()
  }

  const holding: Holding = {
    get held() {
      return held
    },
    mark,
    isCurrent({ session, isMarked }) {
      const now = mark()
      return now === undefined ? !isMarked : now.ref === session.ref
    },
    take(tokens, kind) {
      const now = clock.now()
      const before = mark()
      const goesOn = kind !== 'login' && before !== undefined
      const isSame = goesOn && before.ref !== '' && before.user === userMark(before.ref, tokens.claims.sub)
      // Of whoever it was, where that is not known.
      const isSince = goesOn && before.startedAt > 0 && (isSame || before.user === '')
      const ref = isSame ? before.ref : randomText()
      const known = held?.session.ref === ref ? held.session.app.startedAt : undefined
      const startedAt = known ?? Math.round(isSince ? before.startedAt + offset() : now)
      if (!isSince) limits.use()
      // What the UserInfo endpoint told before, where it does not answer now.
      const profile = tokens.profile ?? (held?.session.ref === ref ? held.tokens.profile : undefined)
      const whole = profile ? { ...tokens, profile } : tokens
      const first: Held = {
        tokens: whole,
        session: sessionFrom(whole, ref, limits.ends(startedAt, 0)),
        generation: isSame ? before.generation + 1 : 1,
        usedAt: Math.max(startedAt, limits.latest()),
        heardAt: now,
        isMarked: false,
        isLost: false,
      }
      held = first
      update(first, {})
      // Whose token is on its way may be used up.
      write(first, isSame && !before.isSent ? before.generation : 0)
      if (before?.ref && before.ref !== ref) replaced(before, tokens.claims.sub)
      share()
      return first.session
    },
    sent(current, isSent) {
      const now = mark()
      const isSpare = now !== undefined && now.generation > current.generation
      if (isSpare) hint.set(writeMark({ ...now, spare: isSent ? 0 : current.generation }))
      else write(current, now?.spare ?? 0, isSent)
    },
    renew(current, tokens) {
      const now = tabs.isJoined ? mark() : undefined
      const isSpare = now !== undefined && now.generation > current.generation
      const spare = isSpare ? !now.isSent && now.generation : now?.spare
      const generation = Math.max(current.generation, now?.generation ?? 0) + 1
      update(current, { tokens, generation, heardAt: clock.now(), isLost: false })
      // First what is read at once, then what may come late.
      write(current, spare || 0)
      share()
    },
    adopt({ generation, session, tokens, offset: ahead }) {
      const { ref } = session
      const now = mark()
      const isHeld = held?.session.ref === ref
      if (!tabs.isJoined || (now ? now.ref !== ref : !isHeld || held!.isMarked)) return false
      if (isHeld && generation <= held!.generation) return false
      const device = clock.device()
      // A clock that was set meanwhile makes it wrong.
      if (ahead !== undefined && clock.isSure()) clock.learn(device + ahead, device, device)
      const news = { tokens, generation, heardAt: clock.now(), isLost: false }
      held = isHeld
        ? held!
        : {
            ...news,
            session,
            usedAt: limits.usedAt(session.app),
            isMarked: true,
            endedBy: session.idp.endedBy,
          }
      update(held, news)
      return true
    },
    grant() {
      const now = mark()
      if (held === undefined || !holding.isCurrent(held)) return undefined
      const { generation, session, tokens } = held
      if (now && now.generation > generation) return undefined
      return { type: 'grant', generation, session, tokens, offset: clock.isSure() ? offset() : undefined }
    },
    use(at) {
      if (held === undefined) return false
      const latest = at ?? clock.now()
      if (at === undefined) {
        // What comes after the idle end does not move it; after sleep, the device's clock is the one that says whether it has come.
        const unused = latest - Math.max(held.usedAt, limits.latest())
        if (clock.isSure() ? unused >= limits.idle : holding.isOver()) return false
        limits.use()
      }
      // The cookie has it to the second; it need not be shown so often.
      if (latest - held.usedAt < (at === undefined ? limits.step : 1)) return false
      update(held, { usedAt: latest })
      if (at === undefined) tabs.post({ type: 'used', ref: held.session.ref, at: latest })
      return true
    },
    refreshed(current) {
      const latest = limits.latest()
      if (latest > current.usedAt) update(current, { usedAt: latest })
      const { endsAt, idleEndsAt = endsAt } = current.session.app
      return clock.isSure() && clock.now() >= idleEndsAt ? undefined : current.session
    },
    isOver: () => limits.isOver(mark()?.startedAt ?? Number.NaN),
    noteState(current, sessionState) {
      if (sessionState) update(current, { tokens: { ...current.tokens, sessionState } })
    },
    idpEnded(current, endedBy) {
      update(current, { endedBy, tokens: { ...current.tokens, refreshToken: undefined } })
    },
    end(reason) {
      const ref = held?.session.ref ?? mark()?.ref
      const generation = held?.generation
      const end = ref ? { ref, reason, endedAt: clock.now() } : undefined
      // Whoever misses the mark looks for the note: it is there first.
      if (end) ends.note(end)
      drop(reason)
      if (end) ends.tell(end, generation)
      return { type: 'absent', reason }
    },
    ended(current) {
      if (held === current) drop('unknown')
      return holding.absent(current.session.ref)
    },
    endOf: ends.of,
    absent: (ref) => ({ type: 'absent', reason: 'unknown', ...ends.of(ref) }),
    hearEnd(end) {
      ends.note(end)
      drop(end.reason)
    },
  }
  return holding
}
