// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { createLimits } from '../../src/oidc/limits.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import { createWorld } from './scripted-engine.js'

const settings = { authority: 'https://idp.example.com', clientId: 'app', redirectUri: '/' }
const T = 1_800_000_000_000
const HOUR = 3_600_000

let platform: TestPlatform
const open = (session?: { idle?: number; absolute?: number }) =>
  createLimits(session ? { ...settings, session } : settings, createWorld(platform))

beforeEach(() => {
  platform = createTestPlatform({ skew: HOUR })
  platform.clock.learn(platform.clock.device() - HOUR, platform.clock.device(), platform.clock.device())
})

describe('the ends of a session', () => {
  it('are twelve hours and no idle limit, unless something else is said', () => {
    expect(open().ends(T, T)).toEqual({ startedAt: T, endsAt: T + 12 * HOUR })
    expect(open({ idle: 0 }).ends(T, T)).toEqual({ startedAt: T, endsAt: T + 12 * HOUR })
    expect(open({ absolute: 60 }).ends(T, T)).toEqual({ startedAt: T, endsAt: T + 60_000 })
  })

  it('are moved by use, and never beyond the absolute one', () => {
    const limits = open({ idle: 60, absolute: 100 })
    expect(limits.ends(T, T + 5_000)).toEqual({
      startedAt: T,
      idleEndsAt: T + 65_000,
      endsAt: T + 100_000,
    })
    expect(limits.ends(T, T + 99_000).idleEndsAt).toBe(T + 100_000)
    expect(limits.usedAt(limits.ends(T, T + 5_000))).toBe(T + 5_000)
    expect(open().usedAt({ startedAt: T, endsAt: T + 1 })).toBe(T)
  })

  it('are shown anew when they move by a tenth', () => {
    expect(open({ idle: 60 }).step).toBe(6_000)
    expect(open().step).toBe(Infinity)
  })
})

describe('the last use', () => {
  it('is known to every tab, in the clock of the server', () => {
    open({ idle: 60 }).use()
    expect(Math.abs(open({ idle: 60 }).latest() - Date.now())).toBeLessThan(1_000)
  })

  it('is not noted without an idle limit', () => {
    open().use()
    expect(platform.jar.size).toBe(0)
    expect(open().latest()).toBe(0)
  })

  it('of the future is none: the clock was set since', () => {
    open({ idle: 60 }).use()
    platform.jump(-HOUR)
    expect(open({ idle: 60 }).latest()).toBe(0)
  })
})

describe('a session that is only known by its mark', () => {
  it('is over by its absolute end', () => {
    const began = platform.clock.device()
    expect(open().isOver(began)).toBe(false)
    platform.skewBy(12 * HOUR)
    expect(open().isOver(began)).toBe(true)
    expect(open().isOver(Number.NaN)).toBe(false)
  })

  it('is over by its idle end, which its last use moved', () => {
    const limits = open({ idle: 60 })
    const began = platform.clock.device()
    platform.skewBy(59_000)
    expect(limits.isOver(began)).toBe(false)
    limits.use()
    platform.skewBy(59_000)
    expect(limits.isOver(began)).toBe(false)
    platform.skewBy(2_000)
    expect(limits.isOver(began)).toBe(true)
  })

  it('is over by its idle end where nobody noted a use', () => {
    const began = platform.clock.device()
    platform.skewBy(60_000)
    expect(open({ idle: 60 }).isOver(began)).toBe(true)
  })
})
