/** What must hold whatever happens: each rule looks at one step, and at what it noted of the steps before. */
import { appEndsAt, isExtendable, isSameSession } from '../../src/session/session.js'
import type { Session, SessionState } from '../../src/session/session.js'
import type { Effect, Notice, Rules, SessionEvent } from '../../src/session/events.js'
import { alarmAt } from '../../src/session/due.js'

/** One step of the machine. */
export interface Taken {
  readonly before: SessionState
  readonly event: SessionEvent
  readonly after: SessionState
  readonly effects: readonly Effect[]
  readonly rules: Rules
}

/** A rule that holds for every step; made anew for each run. */
type Rule = (step: Taken) => void

/** Says which part of a rule is broken. Cheaper than `expect`, for it is called millions of times. */
function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Broken: ${what}.`)
}

/** What may end a session besides time: an answer, or the user's wish. */
const answers: readonly string[] = ['restored', 'absent', 'renewed', 'idp-ended', 'login', 'logout']

const sessionIn = (state: SessionState): Session | undefined =>
  state.status === 'authenticated' ? state.session : undefined
/** The session, or the one that is not shown for now. */
const knownIn = (state: SessionState): Session | undefined =>
  sessionIn(state) ?? (state.status === 'loading' ? state.was?.session : undefined)
const has = ({ effects }: Taken, type: Effect['type']): boolean =>
  effects.some((effect) => effect.type === type)
const notices = ({ effects }: Taken): Notice[] => effects.filter((effect) => 'detail' in effect)
const of = <Type extends Notice['type']>(step: Taken, type: Type): Extract<Notice, { type: Type }>[] =>
  notices(step).filter((notice): notice is Extract<Notice, { type: Type }> => notice.type === type)

/** Whether the step begins or ends the time in which one session is there. */
const isSwitch = ({ before, after }: Taken): boolean => {
  const [old, next] = [knownIn(before), sessionIn(after)]
  return old !== undefined && next !== undefined && !isSameSession(old, next)
}

const makers: Record<string, () => Rule> = {
  'no alarm unless authenticated; the only exception is the next try while loading':
    () =>
    ({ after, event, rules }) => {
      const alarm = alarmAt(after)
      const retryAt = after.status === 'loading' ? (after.retryAt ?? Infinity) : Infinity
      if (after.status !== 'authenticated') return must(alarm === retryAt, 'the alarm is for the next try')
      must(Number.isFinite(alarm), 'an alarm is set')
      // An idle end that the BFF has not confirmed yet: until it has, nothing else is due.
      const unconfirmed = rules.keeper !== 'page' && event.now >= appEndsAt(after.session)
      const { renewal } = after
      const due = renewal.status === 'waiting' ? renewal.retryAt : Infinity
      must(alarm <= (unconfirmed ? event.now + 30_000 : due), 'the alarm rings when the wait is over')
      const endsAt = unconfirmed ? after.session.app.endsAt : appEndsAt(after.session)
      must(alarm <= endsAt, 'the alarm rings at the end')
    },

  'after a tick nothing is overdue: no busy loop':
    () =>
    ({ after, event }) => {
      if (event.type === 'tick') must(alarmAt(after) > event.now, 'the next alarm is in the future')
    },

  'a wait has its end, in the future': () => (step) => {
    const { before, after, event } = step
    if (after.status !== 'authenticated' || after.renewal.status !== 'waiting') return
    const waited = before.status === 'authenticated' && before.renewal === after.renewal
    must(waited || after.renewal.retryAt > event.now, 'the next try is in the future')
    must(Number.isFinite(after.renewal.retryAt), 'there is a next try')
  },

  'never two renewals of one session at once': () => {
    let onTheWire: string | null = null
    return (step) => {
      const { event, before, after } = step
      // A sign of the end, or an answer: what was on the wire is over, or is not to be told any more.
      if (event.type === 'renewed' || event.type === 'renew-failed' || event.type === 'idp-ended')
        onTheWire = null
      if (after.status !== 'authenticated' || isSwitch(step)) onTheWire = null
      if (!has(step, 'renew')) return
      must(onTheWire === null, 'none is on the wire')
      must(before.status === 'authenticated' && before.renewal.status !== 'renewing', 'none was')
      must(after.status === 'authenticated' && after.renewal.status === 'renewing', 'the state says so')
      onTheWire = sessionIn(after)?.ref ?? null
    }
  },

  'access is renewed only where it can be, in a session that lives': () => (step) => {
    const { after, event, rules } = step
    if (!has(step, 'renew') || after.status !== 'authenticated') return
    must(isExtendable(after.session, event.now), 'it can be extended')
    const endsAt = rules.keeper === 'page' ? appEndsAt(after.session) : after.session.app.endsAt
    must(event.now < endsAt, 'the app session lives')
  },

  'only an answer, the user or a time that has come ends a session': () => (step) => {
    const { before, event, after, rules } = step
    if (before.status !== 'authenticated' || (after.status === 'authenticated' && !isSwitch(step))) return
    const old = before.session
    const reason = of(step, 'ended')[0]?.detail.reason
    if (event.type === 'tick' || event.type === 'renew') {
      const endsAt = rules.keeper === 'page' ? appEndsAt(old) : old.app.endsAt
      const accessOver = event.now >= old.access.expiresAt && !isExtendable(old, event.now)
      must(event.now >= endsAt || accessOver, 'the time has come')
      must(before.renewal.status !== 'renewing' || event.now >= endsAt, 'what is on the wire may land')
      return must((reason === 'app_session_over') === event.now >= endsAt, 'the reason is right')
    }
    if (event.type === 'doubted')
      return must(of(step, 'ended').length === 0, 'it is not over, only not shown')
    must(answers.includes(event.type), `${event.type} is an answer or the user's wish`)
    if (event.type === 'renewed') must(before.renewal.status === 'renewing', 'it was asked for')
    const news = event.type === 'restored' || event.type === 'renewed'
    must(!news || after.status === 'authenticated', 'a session is followed by the one that is told')
  },

  'authenticated never flickers: it stays, ends or leaves the page, unless it may be shown to somebody else':
    () =>
    ({ before, event, after }) => {
      if (before.status !== 'authenticated') return
      must(after.status !== 'loading' || event.type === 'doubted', 'it does not go back to loading')
      if (after.status === 'redirecting') must(after.to === event.type, 'it leaves where it was sent')
    },

  'once the IDP session is over, nothing is extended': () => {
    let over: { readonly expiresAt: number } | null = null
    return (step) => {
      const next = sessionIn(step.after)
      if (knownIn(step.after) === undefined || isSwitch(step)) over = null
      if (next === undefined) return
      if (over !== null) {
        must(next.idp.status === 'ended', 'it stays over')
        must(next.access.expiresAt <= over.expiresAt, 'access does not grow')
        must(!has(step, 'renew'), 'nothing is renewed')
        must(of(step, 'refreshed').length === 0, 'no renewal is told')
        must(of(step, 'idp-session-ended').length === 0, 'the end is told once')
      }
      if (next.idp.status === 'ended') over = next.access
    }
  },

  'another session inherits nothing': () => (step) => {
    if (!isSwitch(step)) return
    const { before, event, after } = step
    const [old, next] = [knownIn(before), sessionIn(after)]
    must('session' in event && event.session === next, 'it is as it was told')
    must(after.status === 'authenticated' && after.renewal.status === 'idle', 'no renewal is inherited')
    const reason = old?.user.sub === next?.user.sub ? 'replaced' : 'user_changed'
    const [ended, begun] = notices(step)
    must(
      ended?.type === 'ended' && ended.detail.reason === reason,
      'the old one ends first, for the right reason',
    )
    must(ended.detail.session === old, 'it is the old one that ends')
    must(begun?.type === 'authenticated' && begun.detail.session === next, 'then the new one begins')
    must((after.warnedFor === undefined) === (of(step, 'expiring').length === 0), 'no warning is inherited')
    must(after.askedAt === undefined, 'no question about its end is inherited')
  },

  'each session is told once when it begins and once when it ends': () => {
    let begun: Session | null = null
    return (step) => {
      for (const { type, detail } of notices(step)) {
        if (type === 'authenticated') {
          must(begun === null || step.before.status !== 'authenticated', 'the one before has ended')
          begun = detail.session
        }
        if (type === 'ended') {
          must(begun !== null && isSameSession(detail.session, begun), 'what ends has begun, and ends once')
          begun = null
        }
      }
      if (step.after.status === 'authenticated') must(begun !== null, 'the beginning was told')
      if (step.after.status === 'unauthenticated' && step.before.status === 'authenticated') {
        must(begun === null, 'the end was told')
        must(has(step, 'forget'), 'nothing is kept')
        must(step.after.endedAt !== undefined, 'it is said since when')
      }
    }
  },

  'a log-out on its way is not overtaken':
    () =>
    ({ before, event, after }) => {
      if (before.status !== 'redirecting' || before.to !== 'logout') return
      must(after === before || event.type === 'logged-out' || event.type === 'page-restored', 'it goes on')
    },

  'no failure to get an answer says that there is no session':
    () =>
    ({ before, event, after }) => {
      if (event.type !== 'restore-failed' && event.type !== 'renew-failed') return
      must(after.status === before.status, 'the state is of the same kind')
      must(sessionIn(after) === sessionIn(before), 'the session is as it was')
    },

  'refreshed is told when access lasts longer, and only then': () => (step) => {
    const [old, next] = [knownIn(step.before), sessionIn(step.after)]
    const longer =
      old !== undefined &&
      next !== undefined &&
      isSameSession(old, next) &&
      next.access.expiresAt > old.access.expiresAt
    must(of(step, 'refreshed').length === (longer ? 1 : 0), 'told once, or not at all')
  },

  'the user is warned once of each end, before it': () => {
    let warned: number | undefined
    return (step) => {
      if (isSwitch(step) || knownIn(step.before) === undefined) warned = undefined
      for (const { detail } of of(step, 'expiring')) {
        must(detail.endsAt !== warned, 'warned once of this end')
        must(detail.timeLeft > 0, 'there is time left')
        must(detail.endsAt === step.event.now + detail.timeLeft, 'as much as is said')
        const isIdleEnd = detail.endsAt !== sessionIn(step.after)?.app.endsAt
        const isAnswer = step.event.type === 'restored' || step.event.type === 'renewed'
        must(
          isAnswer || step.rules.keeper === 'page' || !isIdleEnd,
          'an idle end that the BFF keeps is asked for first',
        )
        warned = detail.endsAt
      }
    }
  },
}

/** All rules, by name, ready for one run. */
export const allRules = (): Map<string, Rule> =>
  new Map(Object.entries(makers).map(([name, make]) => [name, make()]))

/** The names of the rules. */
export const ruleNames: readonly string[] = Object.keys(makers)
