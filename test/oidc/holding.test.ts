// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { createHolding, type Holding } from '../../src/oidc/holding.js'
import { readMark } from '../../src/oidc/mark.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import { createTabs } from './holder-tabs.js'
import { createWorld, tokensOf } from './scripted-engine.js'

const settings = { authority: 'https://idp.example.com', clientId: 'app', redirectUri: '/' }
const HOUR = 3_600_000

let platform: TestPlatform
let changes: number

const open = (session?: { idle?: number; absolute?: number }, page = platform): Holding =>
  createHolding({ ...settings, ...(session && { session }) }, createWorld(page), 'test', () => (changes += 1))
const mark = () => readMark(platform.jar.get('hint'))

beforeEach(() => {
  platform = createTestPlatform()
  changes = 0
})

/** How long after its start the session ends by itself, to the second: between two lines of a busy machine a few ms pass. */
const idleAfter = ({ idleEndsAt, startedAt }: { idleEndsAt?: number; startedAt: number }): number =>
  Math.round(((idleEndsAt ?? 0) - startedAt) / 1000)

describe('tokens of a login', () => {
  it('are a new session, whoever was there', () => {
    const holding = open()
    const first = holding.take(tokensOf(), 'login')
    const second = holding.take(tokensOf(), 'login')
    expect(second.ref).not.toBe(first.ref)
    expect(mark()).toMatchObject({ ref: second.ref, generation: 1, isSent: false })
    expect(holding.endOf(first.ref)).toMatchObject({ reason: 'replaced' })
    holding.take(tokensOf('bob'), 'login')
    expect(holding.endOf(second.ref)).toMatchObject({ reason: 'user_changed' })
    expect(changes).toBe(3)
  })
})

describe.each(['frame', 'silent'] as const)('tokens of a %s question', (kind) => {
  it('go on with the session of this browser, if it is the same user’s', () => {
    const before = open().take(tokensOf(), 'login')
    platform.skewBy(HOUR)
    const after = open().take(tokensOf(), kind)
    expect(after).toMatchObject({ ref: before.ref, app: before.app })
    expect(mark()).toMatchObject({ ref: before.ref, generation: 2 })
  })

  it('go on with what the UserInfo endpoint told, where it does not answer now', () => {
    const holding = open()
    holding.take({ ...tokensOf(), profile: { sub: 'alice', email: 'alice@idp.test' } }, 'login')
    expect(holding.take(tokensOf(), kind).user).toMatchObject({ email: 'alice@idp.test' })
    const news = { ...tokensOf(), profile: { sub: 'alice', email: 'new@idp.test' } }
    expect(holding.take(news, kind).user).toMatchObject({ email: 'new@idp.test' })
    expect(holding.take(tokensOf('bob'), kind).user).not.toHaveProperty('email')
  })

  it('are a new session of somebody else', () => {
    const before = open().take(tokensOf(), 'login')
    platform.skewBy(HOUR)
    const after = open().take(tokensOf('bob'), kind)
    expect(after.ref).not.toBe(before.ref)
    expect(after.app.startedAt - before.app.startedAt).toBeGreaterThanOrEqual(HOUR)
  })

  it('go on with what an older version noted', () => {
    const startedAt = platform.clock.device() - HOUR
    platform.jar.set('hint', String(startedAt))
    expect(open().take(tokensOf(), kind).app.startedAt).toBe(startedAt)
  })
})

describe('the hint', () => {
  it('is in the device’s clock', () => {
    platform = createTestPlatform({ skew: HOUR })
    const { clock } = platform
    clock.learn(clock.device() - HOUR, clock.device(), clock.device())
    const { app } = open().take(tokensOf(), 'login')
    expect(mark()?.startedAt).toBe(app.startedAt + HOUR)
  })

  it('of another session is left alone', () => {
    const holding = open()
    holding.take(tokensOf(), 'login')
    const next = open().take(tokensOf('bob'), 'login')
    holding.end('app_session_over')
    expect(mark()?.ref).toBe(next.ref)
  })

  it('that cannot be kept is not missed', () => {
    platform = createTestPlatform({ cookies: { get: () => undefined, set: () => {}, remove: () => {} } })
    const holding = open()
    holding.take(tokensOf(), 'login')
    expect(holding.isCurrent(holding.held!)).toBe(true)
    holding.renew(holding.held!, tokensOf())
    expect(holding.held?.generation).toBe(2)
  })
})

describe('the idle end', () => {
  const idle = { idle: 600 }
  const idleEndsAt = (holding: Holding): number => holding.held?.session.app.idleEndsAt ?? 0

  it('is moved by use, and shown to have moved in steps', () => {
    const holding = open(idle)
    const { app } = holding.take(tokensOf(), 'login')
    expect(idleAfter(app)).toBe(600)
    platform.skewBy(59_000)
    expect(holding.use()).toBe(false)
    platform.skewBy(2_000)
    expect(holding.use()).toBe(true)
    expect(idleEndsAt(holding)).toBeGreaterThanOrEqual(app.startedAt + 661_000)
  })

  it('is known to be later when it would come, by what other tabs noted', () => {
    const holding = open(idle)
    holding.take(tokensOf(), 'login')
    platform.skewBy(590_000)
    platform.jar.set('used', String(platform.clock.device()))
    platform.skewBy(20_000)
    expect(holding.refreshed(holding.held!)).toMatchObject({ app: { idleEndsAt: expect.any(Number) } })
    expect(idleEndsAt(holding)).toBeGreaterThan(platform.clock.now() + 570_000)
    platform.skewBy(600_000)
    expect(holding.refreshed(holding.held!)).toBeUndefined()
  })

  it('does not move back when the clock is set', () => {
    const holding = open(idle)
    holding.take(tokensOf(), 'login')
    const before = idleEndsAt(holding)
    platform.jump(-HOUR)
    platform.clock.trust()
    holding.refreshed(holding.held!)
    expect(idleEndsAt(holding)).toBe(before)
  })

  it('counts on after a page load', () => {
    open(idle).take(tokensOf(), 'login')
    platform.skewBy(300_000)
    const { app } = open(idle).take(tokensOf(), 'frame')
    expect(idleAfter(app)).toBe(600)
    expect(open(idle).isOver()).toBe(false)
    platform.skewBy(300_000)
    expect(open(idle).isOver()).toBe(true)
  })

  it('of all tabs is one', async () => {
    const tabs = createTabs({ settings: { session: idle } })
    const one = tabs.open()
    await one.signIn()
    const other = tabs.open()
    await other.find()
    one.platform.skewBy(120_000)
    one.holder.use()
    const moved = one.session.app.idleEndsAt
    expect(one.told).toHaveLength(1)
    await expect.poll(() => other.session.app.idleEndsAt).toBe(moved)
    expect(other.told).toHaveLength(1)
  })

  it('is none where there is no limit', () => {
    const holding = open()
    expect(holding.take(tokensOf(), 'login').app).not.toHaveProperty('idleEndsAt')
    platform.skewBy(HOUR)
    expect(holding.use()).toBe(false)
    expect([...platform.jar.keys()]).toEqual(['hint'])
  })
})
