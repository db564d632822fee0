import { describe, expect, it } from 'vitest'
import { recordEndsAt, whyOver } from '../../../src/bff/sessions/parts.js'
import { defaultIdpEndPolicy } from '../../../src/session/session.js'
import type { Session } from '../../../src/session/session.js'

const session: Session = {
  ref: 'r',
  user: { sub: 'alice' },
  app: { startedAt: 0, idleEndsAt: 1000, endsAt: 5000 },
  idp: { status: 'active' },
  access: { expiresAt: 500, extendable: true, scope: [], audience: [], roles: [] },
  authentication: { time: 0, amr: [] },
}
const over = (changes: Partial<Session>, now: number, policy = defaultIdpEndPolicy) =>
  whyOver({ ...session, ...changes }, policy, now)

describe('whyOver', () => {
  it('lives while there is something left of it', () => {
    expect(over({}, 0)).toBeNull()
    expect(over({}, 999)).toBeNull()
    expect(over({ idp: { status: 'ended', endedBy: 'unknown' } }, 499)).toBeNull()
  })

  it('ends with its idle or absolute end, at that moment', () => {
    expect(over({}, 1200)).toEqual({ endedBy: 'app_session_over', at: 1000 })
    expect(over({ app: { startedAt: 0, endsAt: 5000 } }, 6000)).toEqual({
      endedBy: 'app_session_over',
      at: 5000,
    })
  })

  it.each([
    ['logout', 'logout'],
    ['expired', 'idp_session_over'],
    ['unknown', 'idp_session_over'],
    ['refresh_lost', 'refresh_lost'],
  ] as const)('ends when access expires after the IDP session ended by %s', (endedBy, reason) =>
    expect(over({ idp: { status: 'ended', endedBy } }, 700, { logout: 'rely', expired: 'rely' })).toEqual({
      endedBy: reason,
      at: 500,
    }),
  )

  it('ends at once where the policy says so', () => {
    const idp = { status: 'ended', endedBy: 'logout' } as const
    expect(over({ idp }, 100)).toEqual({ endedBy: 'logout', at: 100 })
    expect(over({ idp }, 100, { logout: 'rely', expired: 'end' })).toBeNull()
    expect(over({ idp: { ...idp, endedBy: 'expired' } }, 100, { logout: 'rely', expired: 'end' })).toEqual({
      endedBy: 'idp_session_over',
      at: 100,
    })
  })

  it('ends when access expires, not at a time the IDP session did not live to see', () => {
    const idp = { status: 'ended', endsAt: 650 } as const
    const rely = { logout: 'rely', expired: 'rely' } as const
    expect(over({ idp: { ...idp, endedBy: 'logout' } }, 700, rely)?.at).toBe(500)
    expect(over({ idp: { ...idp, endedBy: 'expired' } }, 700, rely)?.at).toBe(650)
  })

  it('ends where nothing can extend access: no refresh token, or its cap has passed', () => {
    const { access } = session
    expect(over({ access: { ...access, extendable: false } }, 600)?.at).toBe(500)
    expect(over({ access: { ...access, extendableUntil: 550 } }, 540)).toBeNull()
    expect(over({ access: { ...access, extendableUntil: 550 } }, 600)).toEqual({
      endedBy: 'idp_session_over',
      at: 550,
    })
  })
})

describe('recordEndsAt', () => {
  it('is the idle or the absolute end, whichever comes first', () => {
    const limits = { idle: 10, absolute: 100 } as Parameters<typeof recordEndsAt>[0]
    expect(recordEndsAt(limits, 0, 5000)).toBe(15_000)
    expect(recordEndsAt(limits, 0, 95_000)).toBe(100_000)
    expect(recordEndsAt({ ...limits, idle: 0 }, 0, 5000)).toBe(100_000)
  })
})
