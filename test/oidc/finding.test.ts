// @vitest-environment node
/** Finding a session in many tabs (`src/oidc/finding.ts`); a page alone: `holder.test.ts`. */
import { describe, expect, it } from 'vitest'
import { OAuthError } from '../../src/errors.js'
import { readMark, writeMark } from '../../src/oidc/mark.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import type { createTabs, HolderTab } from './holder-tabs.js'
import { held, tokensOf, transaction } from './scripted-engine.js'
import { tabs, heard, comeBack, eachTest, useTabs } from './finding-bench.js'

eachTest()

describe('a page that is opened while another tab is signed in', () => {
  it('has its session at once, and asks nobody else', async () => {
    const one = tabs.open()
    const session = await one.signIn()
    const other = tabs.open()
    other.platform.go('/orders?page=2')
    expect(await other.holder.restore(false)).toEqual({
      type: 'restored',
      session,
      returnTo: '/orders?page=2',
    })
    expect(other.engine.asked).toEqual([])
    expect(other.holder.accessToken(session)).toBe(one.holder.accessToken(session))
  })

  it('has it while that tab is refreshing', async () => {
    const one = tabs.open()
    await one.signIn()
    one.engine.answers.refresh = () => new Promise(() => {})
    void one.renew()
    await expect.poll(() => one.engine.asked).toEqual(['refresh'])
    const other = tabs.open()
    expect(await other.find()).toEqual(one.session)
  })

  it('does not wait for tabs that are not there', async () => {
    const one = tabs.open()
    await one.signIn()
    one.platform.close()
    const other = tabs.open()
    const before = performance.now()
    expect(await other.holder.restore(false)).toMatchObject({ type: 'leaving' })
    expect(performance.now() - before).toBeLessThan(250)
  })

  it('asks the IDP where a tab is there and does not answer', async () => {
    const one = tabs.open()
    await one.signIn()
    const other = tabs.open()
    const restoring = other.holder.restore(false)
    // It holds an older grant than the hint names.
    other.platform.jar.set('hint', writeMark({ ...readMark(one.hint())!, generation: 5 }))
    expect(await restoring).toMatchObject({ type: 'leaving' })
  })
})

describe('tabs that are all opened at once, as after a restart of the browser', () => {
  const restart = async (
    count: number,
    options: Parameters<typeof createTabs>[0] = {},
  ): Promise<HolderTab[]> => {
    useTabs(options)
    const one = tabs.open()
    await one.signIn()
    one.platform.close()
    return Array.from({ length: count }, () => tabs.open())
  }

  it('share what the first one finds by a frame', async () => {
    const all = await restart(5, {
      settings: { silentRedirectUri: 'https://app.test/silent.html' },
      frame: async () => 'https://app.test/silent.html?code=c&state=f',
    })
    for (const { engine } of all) engine.transactions.set('f', transaction({ kind: 'frame' }))
    const sessions = await Promise.all(all.map((tab) => tab.find()))
    expect(all.flatMap(({ engine }) => engine.asked)).toEqual(['frame /', 'exchange'])
    for (const session of sessions) expect(session).toEqual(sessions[0])
  })

  it('share what the first one brings that was left to ask', async () => {
    const all = await restart(3)
    for (const tab of all) {
      expect(await tab.holder.restore(false)).toMatchObject({ type: 'leaving' })
      tab.engine.asked.length = 0
    }
    const answers = await Promise.all(all.map((tab) => comeBack(tab)))
    expect(all.flatMap(({ engine }) => engine.asked).filter((one) => one === 'exchange')).toHaveLength(1)
    for (const answer of answers) {
      expect(answer).toMatchObject({ type: 'restored', returnTo: '/wanted' })
      expect(answer).toHaveProperty('session', Reflect.get(Object(answers[0]), 'session'))
    }
  })
})

describe('a page that was left to ask', () => {
  it('is not signed in by its answer where another tab signed out meanwhile', async () => {
    const one = tabs.open()
    await one.signIn()
    one.platform.freeze()
    const other = tabs.open()
    expect(await other.holder.restore(false)).toMatchObject({ type: 'leaving' })
    one.platform.resume()
    await one.holder.logout({ scope: 'app', returnTo: '/' })
    expect(await comeBack(other)).toEqual({ type: 'absent', returnTo: '/wanted' })
    expect(other.hint()).toBeUndefined()
    expect(other.engine.asked).not.toContain('exchange')
  })

  it('ends the session in all tabs where the answer is no', async () => {
    const one = tabs.open()
    await one.signIn()
    one.platform.freeze()
    const other = tabs.open()
    await other.holder.restore(false)
    one.platform.resume()
    const answer = comeBack(other, () => Promise.reject(new OAuthError({ error: 'login_required' })))
    expect(await answer).toEqual({ type: 'absent', returnTo: '/wanted' })
    await expect.poll(() => one.told.at(-1)).toMatchObject({ type: 'absent', reason: 'idp_session_over' })
  })

  it('keeps what the hint says where the IDP is only out of order', async () => {
    const one = tabs.open()
    await one.signIn()
    one.platform.close()
    const other = tabs.open()
    await other.holder.restore(false)
    const answer = comeBack(other, () => Promise.reject(new OAuthError({ error: 'temporarily_unavailable' })))
    expect(await answer).toMatchObject({ type: 'absent', error: { code: 'temporarily_unavailable' } })
    expect(other.hint()).toBeDefined()
  })
})

describe('logins that finish in two tabs at once', () => {
  it('end in one session, the one of the last, and both have it', async () => {
    const all = [tabs.open(), tabs.open()]
    const exchanges = all.map(({ engine, platform }) => {
      const exchange = held<Tokens>()
      engine.answers.exchange = () => exchange.promise
      engine.transactions.set('s', transaction())
      platform.go('/callback?code=c&state=s')
      return exchange
    })
    const finding = all.map(({ holder }) => holder.restore(true))
    exchanges[1]!.resolve(tokensOf())
    exchanges[0]!.resolve(tokensOf())
    const found = await Promise.all(finding)
    for (const one of found) expect(one).toMatchObject({ type: 'restored', returned: true })
    await heard()
    const [first, last] = all as [HolderTab, HolderTab]
    const winner = readMark(first.hint())?.ref
    const sessions = await Promise.all([first.holder.restore(false), last.holder.restore(false)])
    for (const one of sessions) expect(one).toMatchObject({ session: { ref: winner } })
    expect(sessions[0]).toMatchObject({ session: Reflect.get(sessions[1]!, 'session') })
  })

  it('and fail in one of them leave the session of the other', async () => {
    const [one, other] = [tabs.open(), tabs.open()]
    const exchange = held<Tokens>()
    one.engine.answers.exchange = () => exchange.promise
    one.engine.transactions.set('s', transaction())
    one.platform.go('/callback?code=c&state=s')
    const finding = one.holder.restore(true)
    const session = await other.signIn()
    exchange.reject(new OAuthError({ error: 'access_denied' }))
    await finding
    expect(readMark(one.hint())?.ref).toBe(session.ref)
  })
})
