/** Sessions, states and events to test with. Times count from {@link T0}; `now` is passed, never read. */
import fc from 'fast-check'
import { NetworkError } from '../../src/errors.js'
import type { Effect, SessionEvent } from '../../src/session/events.js'
import type { Session, SessionState } from '../../src/session/session.js'

export const T0 = Date.UTC(2026, 10, 25, 12)
export const SECOND = 1_000
export const MINUTE = 60_000
export const HOUR = 3_600_000

/** What is different about a session, part by part. */
export type Difference = {
  readonly [Part in keyof Session]?: Session[Part] extends string ? string : Partial<Session[Part]>
}

/** A session of Alice: begun at {@link T0}, access for five minutes, app session for twelve hours. */
export function aSession(difference: Difference = {}): Session {
  return {
    ref: difference.ref ?? 'ref-alice-1',
    user: { sub: 'alice', ...difference.user },
    app: { startedAt: T0, endsAt: T0 + 12 * HOUR, ...difference.app },
    idp: { status: 'active', ...difference.idp },
    access: {
      expiresAt: T0 + 5 * MINUTE,
      extendable: true,
      scope: ['openid', 'orders'],
      audience: ['https://api.example.com/orders'],
      roles: ['clerk'],
      ...difference.access,
    },
    authentication: { time: T0, acr: 'pwd', amr: ['pwd'], ...difference.authentication },
  }
}

export const bobs = (difference: Difference = {}): Session =>
  aSession({ ref: 'ref-bob-1', ...difference, user: { sub: 'bob' } })

/** The session with its access renewed until `expiresAt`. */
export const renewedUntil = (session: Session, expiresAt: number): Session => ({
  ...session,
  access: { ...session.access, expiresAt },
})

/** The session whose IDP session is known to be over. */
export const overAtIdp = (
  session: Session,
  endedBy: 'logout' | 'expired' | 'revoked' = 'expired',
): Session => ({
  ...session,
  idp: { ...session.idp, status: 'ended', endedBy },
  access: { ...session.access, extendable: false },
})

export const offline = new NetworkError('network_failed', 'No answer came. Try again when you are online.')

/** No answer, from a server that asks to be left alone for `retryAfter` ms. */
export const busy = (retryAfter: number): NetworkError =>
  new NetworkError('idp_unavailable', 'The server is busy. Try again later.', { retryAfter })

/** An event without its moment. */
export type Happening = SessionEvent extends infer Event
  ? Event extends SessionEvent
    ? Omit<Event, 'now' | 'random'>
    : never
  : never

/** The event at this moment, with jitter in the middle of its range unless said. */
export const at = (now: number, happening: Happening, random = 0.5): SessionEvent =>
  ({ ...happening, now, random }) as SessionEvent

/** Effects in short: the name of a deed, `ended(logout)` or the name of another notice. */
export const inShort = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => (effect.type === 'ended' ? `ended(${effect.detail.reason})` : effect.type))

/** Freezes it through and through: whoever writes to it throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Error) && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(frozen)
  }
  return value
}

export function authenticated(state: SessionState): Extract<SessionState, { status: 'authenticated' }> {
  if (state.status !== 'authenticated') throw new Error(`The state is ${state.status}, not authenticated.`)
  return state
}

const span = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

/**
 * Any session as it may be met around `now`: of two users, three authentications; times on both sides of `now`.
 * Users and references are few so that the same session comes up again and again.
 */
export function anySession(now: number): fc.Arbitrary<Session> {
  const near = fc.oneof(span(-10 * MINUTE, 10 * MINUTE), span(-2 * SECOND, 2 * SECOND), span(0, 2 * HOUR))
  const who = fc.constantFrom(['ref-alice-1', 'alice'], ['ref-alice-2', 'alice'], ['ref-bob-1', 'bob'])
  return fc
    .record({
      who,
      expiresIn: near,
      endsIn: fc.oneof(near, span(HOUR, 12 * HOUR)),
      idleEndsIn: fc.option(near, { nil: undefined }),
      status: fc.constantFrom('active', 'active', 'unknown', 'ended'),
      extendable: fc.constantFrom(true, true, true, false),
      extendableFor: fc.option(near, { nil: undefined }),
      idpEndsIn: fc.option(near, { nil: undefined }),
    })
    .map((s): Session => {
      const [ref, sub] = s.who as [string, string]
      const ended = s.status === 'ended'
      return aSession({
        ref,
        user: { sub },
        app: {
          startedAt: now - HOUR,
          endsAt: now + s.endsIn,
          ...(s.idleEndsIn !== undefined && { idleEndsAt: now + Math.min(s.idleEndsIn, s.endsIn) }),
        },
        idp: {
          status: s.status,
          ...(ended && { endedBy: 'expired' }),
          ...(s.idpEndsIn !== undefined && { endsAt: now + s.idpEndsIn }),
        },
        access: {
          expiresAt: now + s.expiresIn,
          extendable: s.extendable && !ended,
          ...(s.extendableFor !== undefined && { extendableUntil: now + s.extendableFor }),
        },
      })
    })
}
