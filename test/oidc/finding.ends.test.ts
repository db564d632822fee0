// @vitest-environment node
/** Finding a session in many tabs (`src/oidc/finding.ts`); a page alone: `holder.test.ts`. */
import { describe, expect, it, vi } from 'vitest'
import { tokensOf } from './scripted-engine.js'
import { tabs, heard, eachTest } from './finding-bench.js'

eachTest()

describe('a page whose session is not this browser’s any more', () => {
  it('is told why it ended, and when', async () => {
    const one = tabs.open()
    await one.signIn()
    const other = tabs.open()
    await other.find()
    other.platform.hide()
    await one.holder.logout({ scope: 'app', returnTo: '/' })
    await heard()
    other.platform.show()
    expect(other.holder.isCurrent(other.session)).toBe(false)
    expect(await other.holder.restore(false)).toEqual({
      type: 'absent',
      reason: 'logout',
      endedAt: expect.any(Number),
    })
    expect(() => other.holder.accessToken(other.session)).toThrow()
  })

  it('is told so where nobody noted why', async () => {
    const one = tabs.open()
    await one.signIn()
    one.platform.jar.clear()
    expect(await one.holder.restore(false)).toEqual({ type: 'absent', reason: 'unknown' })
  })

  it('has the session of whoever signed in meanwhile', async () => {
    const one = tabs.open()
    await one.signIn()
    const other = tabs.open()
    await other.find()
    other.platform.hide()
    const next = await one.signIn(tokensOf('bob'))
    other.platform.show()
    expect(await other.holder.restore(false)).toMatchObject({ type: 'restored', session: next })
    // And of alice's it is known what became of it.
    await one.holder.logout({ scope: 'app', returnTo: '/' })
    expect(one.platform.notes.getItem('tandem.ends https://idp.example.com app')).toContain('user_changed')
  })
})

describe('the time', () => {
  it('is asked for before a session is over by it', async () => {
    const one = tabs.open({ settings: { session: { absolute: 60 } } })
    await one.signIn()
    one.platform.jump(3_600_000)
    const { clock } = one.platform
    one.engine.answers.time = vi.fn(async () => clock.learn(Date.now(), clock.device(), clock.device()))
    expect(await one.holder.restore(false)).toMatchObject({ type: 'restored' })
    expect(one.engine.answers.time).toHaveBeenCalledOnce()
  })

  it('that nobody tells ends nothing', async () => {
    const one = tabs.open({ settings: { session: { absolute: 60 } } })
    await one.signIn()
    one.platform.jump(3_600_000)
    one.engine.answers.time = () => Promise.reject(new Error('offline'))
    expect(await one.holder.restore(false)).toMatchObject({ type: 'restored' })
  })

  it('ends it where it has come', async () => {
    const one = tabs.open({ settings: { session: { absolute: 60 } } })
    await one.signIn()
    const other = tabs.open()
    await other.find()
    one.platform.skewBy(60_000)
    expect(await one.holder.restore(false)).toEqual({ type: 'absent', reason: 'app_session_over' })
    await expect.poll(() => other.told.at(-1)).toMatchObject({ type: 'absent', reason: 'app_session_over' })
  })
})
