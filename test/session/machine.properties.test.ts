/** The rules over random histories. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../src/session/access.js'
import { transition } from '../../src/session/machine.js'
import { anyHistory, anyRules, steps } from './histories.js'
import { allRules, ruleNames } from './rules.js'
import type { Taken } from './rules.js'

describe('in any history', () => {
  it.each(ruleNames)('%s', (name) => {
    const rule = (): ((step: Taken) => void) =>
      allRules().get(name) ?? expect.fail(`There is no rule "${name}".`)
    const inAnyHistory = fc.property(anyHistory, anyRules, (history, rules) => {
      const holds = rule()
      for (const step of steps(history, rules)) holds(step)
    })
    expect(() => fc.assert(inAnyHistory, { numRuns: 500 })).not.toThrow()
  })

  it('the same state and event always lead to the same step: there is no clock and no chance inside', () => {
    fc.assert(
      fc.property(anyHistory, anyRules, (history, rules) => {
        for (const { before, event, after, effects } of steps(history, rules)) {
          expect(transition(before, event, rules)).toEqual([after, effects])
        }
      }),
    )
  })

  it('what the machine keeps after a tick, the access decision does not refuse', () => {
    fc.assert(
      fc.property(anyHistory, anyRules, (history, rules) => {
        for (const { event, after } of steps(history, { ...rules, keeper: 'page' })) {
          if (event.type !== 'tick' || after.status !== 'authenticated') continue
          if (after.renewal.status === 'renewing') continue
          expect(decide(after.session, {}, event.now).outcome).not.toBe('authenticate')
        }
      }),
    )
  })

  it('gets everywhere: the histories are worth something', () => {
    const seen = new Set<string>()
    const histories = fc.sample(fc.tuple(anyHistory, anyRules), { numRuns: 500, seed: 7 })
    for (const [history, rules] of histories) {
      for (const { before, event, after, effects } of steps(history, rules)) {
        const renewal = after.status === 'authenticated' ? after.renewal.status : ''
        seen.add(`${after.status} ${renewal}`.trim())
        seen.add(`${event.type} while ${before.status}`)
        for (const effect of effects) {
          if (effect.type === 'ended') seen.add(effect.detail.reason)
          if ('detail' in effect) seen.add(effect.type)
        }
      }
    }
    for (const what of [
      ...['loading', 'unauthenticated', 'redirecting'],
      ...['authenticated idle', 'authenticated renewing', 'authenticated waiting'],
      ...['user_changed', 'replaced', 'idp_session_over', 'app_session_over', 'refresh_lost', 'logout'],
      ...['authenticated', 'refreshed', 'refresh-failed', 'idp-session-ended', 'expiring', 'ended', 'error'],
      ...['renewed while authenticated', 'restored while redirecting', 'renew-failed while authenticated'],
    ]) {
      expect(seen).toContain(what)
    }
  })
})
