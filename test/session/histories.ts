/** Random histories for the machine: anything, in any order, at any time. Sessions are made around their moment. */
import fc from 'fast-check'
import { NetworkError, OAuthError } from '../../src/errors.js'
import { alarmAt } from '../../src/session/due.js'
import { transition } from '../../src/session/machine.js'
import type { Rules } from '../../src/session/events.js'
import type { Session, SessionState } from '../../src/session/session.js'
import type { Taken } from './rules.js'
import { anySession, at, busy, frozen, HOUR, MINUTE, renewedUntil, T0 } from './sessions.js'
import type { Happening } from './sessions.js'

/** Something that happens `wait` ms after what came before, or when the alarm rings, perhaps late. */
export interface Moment {
  readonly wait: number | { readonly alarmLate: number }
  readonly random: number
  readonly happening: Happening | Echo
}

/** News of the very session that is there, as it is or with access that lasts longer. */
interface Echo {
  readonly type: 'echo'
  readonly as: 'restored' | 'renewed'
  readonly longer: number
}

const event = <T extends Record<string, fc.Arbitrary<unknown>>>(type: string, members: T = {} as T) =>
  fc.record({ type: fc.constant(type), ...members })

const error = fc.constantFrom(
  new NetworkError('network_failed', 'No answer came.'),
  new NetworkError('timeout', 'No answer came within 10 s.'),
  new OAuthError({ error: 'access_denied' }),
)
const reason = fc.constantFrom('logout', 'app_session_over', 'revoked', 'binding', 'unknown')
const endedBy = fc.constantFrom('logout', 'expired', 'revoked', 'refresh_lost', 'unknown')
const failure = fc.oneof(error, fc.oneof(fc.constant(0), fc.nat(2 * HOUR)).map(busy))
const session = anySession(0)
const echo = (as: string) =>
  event('echo', { as: fc.constant(as), longer: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: HOUR })) })

/** What tells of a session comes up often, what leaves the page seldom. */
const happening = fc.oneof(
  { arbitrary: event('restored', { session }), weight: 5 },
  { arbitrary: echo('restored'), weight: 4 },
  { arbitrary: event('renewed', { session }), weight: 4 },
  { arbitrary: echo('renewed'), weight: 6 },
  { arbitrary: event('renew', { forced: fc.boolean() }), weight: 6 },
  { arbitrary: event('renew-failed', { error: failure }), weight: 6 },
  { arbitrary: event('restore-failed', { error: failure }), weight: 4 },
  { arbitrary: event('tick', { woke: fc.boolean() }), weight: 10 },
  { arbitrary: event('idp-ended', { endedBy }), weight: 3 },
  { arbitrary: event('absent', { reason }), weight: 2 },
  { arbitrary: event('login'), weight: 1 },
  { arbitrary: event('login-failed', { error }), weight: 1 },
  { arbitrary: event('logout'), weight: 1 },
  { arbitrary: event('logged-out'), weight: 1 },
  { arbitrary: event('logout-incomplete', { left: fc.constant(['refresh_token']) }), weight: 1 },
  { arbitrary: event('page-restored'), weight: 2 },
  { arbitrary: event('doubted'), weight: 2 },
) as fc.Arbitrary<Happening | Echo>

const wait = fc.oneof(
  { arbitrary: fc.record({ alarmLate: fc.constant(0) }), weight: 6 },
  { arbitrary: fc.record({ alarmLate: fc.nat(10 * MINUTE) }), weight: 3 },
  { arbitrary: fc.constant(0), weight: 3 },
  { arbitrary: fc.nat(2_000), weight: 5 },
  { arbitrary: fc.nat(5 * MINUTE), weight: 4 },
  { arbitrary: fc.nat(24 * HOUR), weight: 1 },
)
const jitter = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

export const anyHistory: fc.Arbitrary<Moment[]> = fc.array(fc.record({ wait, random: jitter, happening }), {
  minLength: 5,
  maxLength: 60,
})

const policy = fc.constantFrom('end' as const, 'rely' as const)
export const anyRules: fc.Arbitrary<Rules> = fc.record({
  idpEnd: fc.record({ logout: policy, expired: policy }),
  keeper: fc.constantFrom('bff' as const, 'tabs' as const, 'page' as const),
})

/** The steps the machine takes through a history. Everything it is given is frozen. */
export function* steps(history: readonly Moment[], rules: Rules): Generator<Taken> {
  let now = T0
  let before: SessionState = { status: 'loading' }
  for (const { wait, happening, random } of history) {
    let happened: Happening = { type: 'tick' }
    const alarm = alarmAt(before)
    if (typeof wait === 'object' && alarm < Infinity) now = Math.max(now, alarm + wait.alarmLate)
    else {
      now += typeof wait === 'number' ? wait : 0
      happened = told(happening, before, now)
    }
    const event = frozen(at(now, happened, random))
    const [after, effects] = transition(frozen(before), event, rules)
    yield { before, event, after, effects, rules }
    before = after
  }
}

function told(happening: Happening | Echo, state: SessionState, now: number): Happening {
  if (happening.type === 'echo') {
    if (state.status !== 'authenticated') return { type: 'tick', woke: true }
    const { session: here } = state
    return { type: happening.as, session: renewedUntil(here, here.access.expiresAt + happening.longer) }
  }
  return 'session' in happening ? { ...happening, session: movedBy(happening.session, now) } : happening
}

/** The session with all its times moved. */
function movedBy(made: Session, by: number): Session {
  const moved = (time: number): number => time + by
  const { app, idp, access, authentication } = made
  return {
    ...made,
    app: {
      startedAt: moved(app.startedAt),
      endsAt: moved(app.endsAt),
      ...(app.idleEndsAt !== undefined && { idleEndsAt: moved(app.idleEndsAt) }),
    },
    idp: { ...idp, ...(idp.endsAt !== undefined && { endsAt: moved(idp.endsAt) }) },
    access: {
      ...access,
      expiresAt: moved(access.expiresAt),
      ...(access.extendableUntil !== undefined && { extendableUntil: moved(access.extendableUntil) }),
    },
    authentication: { ...authentication, time: moved(authentication.time) },
  }
}
