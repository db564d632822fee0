/** What must hold whatever happens: each rule looks at one step, and at what it noted of the steps before. */
import { expect } from 'vitest'
import { appEndsAt, isExtendable, isSameSession } from '../../src/session/session.js'
import type { Session, SessionState } from '../../src/session/session.js'
import type { Effect, Notice, Rules, SessionEvent } from '../../src/session/events.js'
import { alarmIn } from './sessions.js'

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

const sessionIn = (state: SessionState): Session | undefined =>
  state.status === 'authenticated' ? state.session : undefined
const has = ({ effects }: Taken, type: Effect['type']): boolean =>
  effects.some((effect) => effect.type === type)
const notices = ({ effects }: Taken): Notice[] =>
  effects.flatMap((effect) => (effect.type === 'notify' ? [effect.notice] : []))
const of = <Type extends Notice['type']>(step: Taken, type: Type): Extract<Notice, { type: Type }>[] =>
  notices(step).filter((notice): notice is Extract<Notice, { type: Type }> => notice.type === type)

/** Whether the step begins or ends the time in which one session is there. */
const isSwitch = ({ before, after }: Taken): boolean => {
  const [old, next] = [sessionIn(before), sessionIn(after)]
  return old !== undefined && next !== undefined && !isSameSession(old, next)
}

const makers: Record<string, () => Rule> = {
  'no alarm and no watch unless authenticated; the only exception is the next try while loading': () => {
    let alarm: number | null = null
    let watching = false
    return (step) => {
      alarm = alarmIn(step.effects) ?? (alarmIn(step.effects) === null ? null : alarm)
      for (const { type } of step.effects) {
        if (type === 'watch' || type === 'unwatch') {
          expect(watching, 'watch and unwatch alternate').toBe(type === 'unwatch')
          watching = type === 'watch'
        }
      }
      const { after } = step
      expect(watching).toBe(after.status === 'authenticated')
      const retryAt = after.status === 'loading' ? (after.retryAt ?? null) : null
      if (after.status !== 'authenticated') return expect(alarm).toBe(retryAt)
      expect(alarm).toEqual(expect.any(Number))
      expect(alarm).not.toBeNaN()
      // An idle end that the BFF has not confirmed yet: until it has, nothing else is due.
      const unconfirmed = step.rules.keeper === 'bff' && step.event.now >= appEndsAt(after.session)
      const { renewal } = after
      const due = renewal.status === 'waiting' ? renewal.retryAt : Infinity
      expect(alarm).toBeLessThanOrEqual(unconfirmed ? step.event.now + 30_000 : due)
      expect(alarm).toBeLessThanOrEqual(unconfirmed ? after.session.app.endsAt : appEndsAt(after.session))
    }
  },

  'after a tick nothing is overdue: no busy loop': () => (step) => {
    if (step.event.type === 'tick') expect(alarmIn(step.effects) ?? Infinity).toBeGreaterThan(step.event.now)
  },

  'a wait has its end, in the future': () => (step) => {
    const { before, after, event } = step
    if (after.status !== 'authenticated' || after.renewal.status !== 'waiting') return
    const waited = before.status === 'authenticated' && before.renewal === after.renewal
    expect(after.renewal.retryAt).toBeGreaterThan(waited ? -Infinity : event.now)
    expect(after.renewal.retryAt).toBeLessThan(Infinity)
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
      expect(onTheWire).toBeNull()
      expect(before.status === 'authenticated' && before.renewal.status).not.toBe('renewing')
      expect(after.status === 'authenticated' && after.renewal.status).toBe('renewing')
      onTheWire = sessionIn(after)?.ref ?? null
    }
  },

  'only an answer, the user or a time that has come ends a session': () => (step) => {
    const { before, event, after, rules } = step
    if (before.status !== 'authenticated' || (after.status === 'authenticated' && !isSwitch(step))) return
    const old = before.session
    const reason = of(step, 'ended')[0]?.detail.reason
    if (event.type === 'tick' || event.type === 'renew') {
      const endsAt = rules.keeper === 'page' ? appEndsAt(old) : old.app.endsAt
      const accessOver = event.now >= old.access.expiresAt && !isExtendable(old, event.now)
      expect(event.now >= endsAt || accessOver).toBe(true)
      expect(before.renewal.status === 'renewing' && event.now < endsAt).toBe(false)
      return expect(reason === 'app_session_over').toBe(event.now >= endsAt)
    }
    expect(['restored', 'absent', 'renewed', 'idp-ended', 'ended', 'login', 'logout']).toContain(event.type)
    if (event.type === 'renewed') expect(before.renewal.status).toBe('renewing')
    if (event.type === 'restored' || event.type === 'renewed') expect(after.status).toBe('authenticated')
  },

  'authenticated never flickers: it stays, ends or leaves the page':
    () =>
    ({ before, event, after }) => {
      if (before.status !== 'authenticated') return
      expect(after.status).not.toBe('loading')
      if (after.status === 'redirecting') expect(after.to).toBe(event.type)
    },

  'once the IDP session is over, nothing is extended': () => {
    let over: { readonly expiresAt: number } | null = null
    return (step) => {
      const next = sessionIn(step.after)
      if (next === undefined || isSwitch(step)) over = null
      if (next === undefined) return
      if (over !== null) {
        expect(next.idp.status).toBe('ended')
        expect(next.access.expiresAt).toBeLessThanOrEqual(over.expiresAt)
        expect(has(step, 'renew')).toBe(false)
        expect(of(step, 'refreshed')).toEqual([])
        expect(of(step, 'idp-session-ended')).toEqual([])
      }
      if (next.idp.status === 'ended') over = next.access
    }
  },

  'another session inherits nothing': () => (step) => {
    if (!isSwitch(step)) return
    const { before, event, after } = step
    const [old, next] = [sessionIn(before), sessionIn(after)]
    expect(event.type === 'restored' || event.type === 'renewed' ? event.session : undefined).toBe(next)
    expect(after.status === 'authenticated' && after.renewal.status).toBe('idle')
    const reason = old?.user.sub === next?.user.sub ? 'replaced' : 'user_changed'
    expect(notices(step).slice(0, 2)).toEqual([
      { type: 'ended', detail: { reason, session: old } },
      { type: 'authenticated', detail: { session: next } },
    ])
    expect(step.effects.findIndex(({ type }) => type === 'unwatch')).toBeLessThan(
      step.effects.findIndex(({ type }) => type === 'watch'),
    )
  },

  'each session is told once when it begins and once when it ends': () => {
    let begun: Session | null = null
    return (step) => {
      for (const { type, detail } of notices(step)) {
        if (type === 'authenticated') {
          if (begun !== null) expect(step.before.status).not.toBe('authenticated')
          begun = detail.session
        }
        if (type === 'ended') {
          expect(detail.session.ref).toBe(begun?.ref)
          expect(detail.session.user.sub).toBe(begun?.user.sub)
          begun = null
        }
      }
      if (step.after.status === 'authenticated') expect(begun).not.toBeNull()
      if (step.after.status === 'unauthenticated' && step.before.status === 'authenticated') {
        expect(begun).toBeNull()
        expect(has(step, 'forget')).toBe(true)
      }
    }
  },

  'a log-out on its way is not overtaken':
    () =>
    ({ before, event, after }) => {
      if (before.status !== 'redirecting' || before.to !== 'logout') return
      if (event.type !== 'logged-out' && event.type !== 'page-restored') expect(after).toBe(before)
    },

  'no failure to get an answer says that there is no session':
    () =>
    ({ before, event, after }) => {
      if (event.type !== 'restore-failed' && event.type !== 'renew-failed') return
      expect(after.status).toBe(before.status)
      expect(sessionIn(after)).toBe(sessionIn(before))
    },

  'refreshed is told when access lasts longer, and only then': () => (step) => {
    const [old, next] = [sessionIn(step.before), sessionIn(step.after)]
    const longer =
      old !== undefined &&
      next !== undefined &&
      isSameSession(old, next) &&
      next.access.expiresAt > old.access.expiresAt
    expect(of(step, 'refreshed')).toHaveLength(longer ? 1 : 0)
  },

  'the user is warned once of each end, before it': () => {
    let warned: number | undefined
    return (step) => {
      if (isSwitch(step) || step.before.status !== 'authenticated') warned = undefined
      for (const { detail } of of(step, 'expiring')) {
        expect(detail.endsAt).not.toBe(warned)
        expect(detail.timeLeft).toBeGreaterThan(0)
        expect(detail.endsAt).toBe(step.event.now + detail.timeLeft)
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
