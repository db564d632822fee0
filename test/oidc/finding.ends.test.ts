// @vitest-environment node
/** Finding a session in many tabs (`src/oidc/finding.ts`); a page alone: `holder.test.ts`. */
import { describe, expect, it, vi } from 'vitest'
import { createEnds } from '../../src/oidc/ends.js'
import { createTestPlatform } from '../support/test-platform.js'
import type { HolderTab } from './holder-tabs.js'
import { tokensOf } from './scripted-engine.js'
import { tabs, heard, eachTest } from './finding-bench.js'

eachTest()

/** Another tab has ended the session of `one`: the mark is gone, and `tell` says why; a note may come as late. */
const endedSlowly = async (isNoted: boolean): Promise<{ one: HolderTab; tell: () => void }> => {
  const one = tabs.open()
  const { ref } = await one.signIn()
  one.platform.jar.clear()
  const { notes, ...other } = createTestPlatform({ browser: tabs.browser })
  const ends = createEnds({ notes, tabs: other.tabs('test') }, 'https://idp.example.com app')
  const end = { ref, reason: 'logout', endedAt: 5 } as const
  const tell = (): void => {
    if (isNoted) ends.note(end)
    ends.tell(end)
  }
  return { one, tell }
}

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

  it.each([true, false])('waits for whoever ended it to say why; noted: %s', async (isNoted) => {
    const { one, tell } = await endedSlowly(isNoted)
    const found = one.holder.restore(false)
    await heard()
    tell()
    expect(await found).toEqual({ type: 'absent', reason: 'logout', endedAt: 5 })
    // Whoever asks once more is told the same.
    expect(await one.renew()).toEqual({ type: 'absent', reason: 'logout', endedAt: 5 })
  })

  it('waits for that when its access is renewed, too', async () => {
    const { one, tell } = await endedSlowly(false)
    const renewed = one.renew()
    await heard()
    tell()
    expect(await renewed).toEqual({ type: 'absent', reason: 'logout', endedAt: 5 })
  })

  it('has what began while it waited', async () => {
    const { one } = await endedSlowly(false)
    const found = one.holder.restore(false)
    const next = await tabs.open().signIn(tokensOf('bob'))
    expect(await found).toMatchObject({ type: 'restored', session: next })
    expect(one.hint()).toContain(next.ref)
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
