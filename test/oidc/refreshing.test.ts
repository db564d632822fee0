// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { NetworkError } from '../../src/errors.js'
import { readMark } from '../../src/oidc/mark.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import { held, tokensOf, transaction } from './scripted-engine.js'
import {
  tabs,
  refuse,
  asked,
  signedIn,
  two,
  heard,
  loseGrant,
  eachTest,
  useTabs,
} from './refreshing-bench.js'

eachTest()

describe('tabs whose access expires at once', () => {
  it('send one request, and all have what it brought', async () => {
    const all = await signedIn(10)
    const answers = await Promise.all(all.map((tab) => tab.renew()))
    expect(asked(...all)).toEqual(['refresh'])
    const [first] = answers
    for (const answer of answers) expect(answer).toEqual(first)
    expect(new Set(all.map(({ holder, session }) => holder.accessToken(session))).size).toBe(1)
    expect(readMark(all[0]!.hint())).toMatchObject({ generation: 2, isSent: false })
  })

  it('do so again and again', async () => {
    const all = await signedIn(3)
    for (let generation = 2; generation < 6; generation += 1) {
      await Promise.all(all.map((tab) => tab.renew()))
      expect(readMark(all[0]!.hint())?.generation).toBe(generation)
    }
    expect(asked(...all)).toEqual(Array.from({ length: 4 }, () => 'refresh'))
  })

  it('count what came while they waited as what was demanded', async () => {
    const [one, other] = await two()
    await Promise.all([one.renew(true), other.renew(true)])
    expect(asked(one, other)).toEqual(['refresh'])
    await other.renew(true)
    expect(asked(one, other)).toEqual(['refresh', 'refresh'])
  })
})

describe('a tab that refreshed and is gone', () => {
  it('before it told anybody: its token is used up, and never sent again', async () => {
    const [one, other] = await two()
    loseGrant(one)
    one.platform.crash()
    expect(await other.renew()).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
    expect(other.engine.asked).toEqual([])
    // What it has is good for as long as it is good for.
    expect(other.holder.accessToken(other.session)).toBeTruthy()
    expect(await other.renew(true)).toMatchObject({ type: 'restored' })
    expect(other.engine.asked).toEqual([])
  })

  it('in the middle of it: the same token is sent once more, and may be good', async () => {
    const [one, other] = await two()
    one.engine.answers.refresh = () => new Promise(() => {})
    void one.renew()
    await expect.poll(() => readMark(one.hint())?.isSent).toBe(true)
    one.platform.crash()
    expect(await other.renew()).toMatchObject({ type: 'restored', session: { ref: other.session.ref } })
    expect(readMark(other.hint())).toMatchObject({ generation: 2, isSent: false })
    expect(other.engine.asked).toEqual(['refresh'])
  })

  it('in the middle of it, and the token is used up: it is known that it got lost', async () => {
    const [one, other] = await two()
    one.engine.answers.refresh = () => new Promise(() => {})
    void one.renew()
    await expect.poll(() => readMark(one.hint())?.isSent).toBe(true)
    one.platform.close()
    other.engine.answers.refresh = refuse()
    expect(await other.renew()).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
  })
})

describe('a grant that comes late', () => {
  it('is waited for, and asked for', async () => {
    const [one, other] = await two()
    // Whatever is posted to it waits.
    other.platform.freeze()
    await one.renew()
    other.platform.resume()
    expect(await other.renew()).toMatchObject({ type: 'restored', session: one.session })
    expect(asked(one, other)).toEqual(['refresh'])
  })

  it('is asked for by a tab that missed it in the back-forward cache', async () => {
    const [one, other] = await two()
    other.platform.hide()
    await one.renew()
    await heard()
    other.platform.show()
    expect(other.session.access.expiresAt).toBeLessThan(one.session.access.expiresAt)
    expect(await other.renew()).toMatchObject({ type: 'restored', session: one.session })
    expect(asked(one, other)).toEqual(['refresh'])
  })
})

describe('a page that was frozen while its refresh was on the wire', () => {
  it('takes over what the others have brought meanwhile', async () => {
    const [one, other] = await two()
    const late = held<Tokens>()
    one.engine.answers.refresh = () => late.promise
    const renewing = one.renew()
    await expect.poll(() => readMark(one.hint())?.isSent).toBe(true)
    one.platform.freeze()
    await other.renew()
    one.platform.resume()
    late.resolve(tokensOf())
    expect(await renewing).toMatchObject({ session: other.session })
    expect(one.holder.accessToken(one.session)).toBe(other.holder.accessToken(other.session))
    expect(readMark(one.hint())?.generation).toBe(2)
  })
})

describe('a page in the back-forward cache while another one came by tokens of its own', () => {
  /** Opens a page that finds the session by a frame, and closes it. */
  const comeAndGo = async (): Promise<void> => {
    const third = tabs.open({
      settings: { silentRedirectUri: 'https://app.test/silent.html' },
      frame: async () => 'https://app.test/silent.html?code=c&state=f',
    })
    third.engine.transactions.set('f', transaction({ kind: 'frame' }))
    await third.find()
    expect(third.engine.asked).toEqual(['frame /', 'exchange'])
    third.platform.close()
  }

  it('goes on with what it has, which is as good as it was', async () => {
    const [one] = await signedIn(1)
    one!.platform.hide()
    await comeAndGo()
    one!.platform.show()
    expect(await one!.renew()).toMatchObject({ type: 'restored', session: { ref: one!.session.ref } })
    expect(readMark(one!.hint())).toMatchObject({ generation: 3, spare: 2, isSent: false })
    await one!.renew()
    expect(one!.engine.asked).toEqual(['refresh', 'refresh'])
  })

  it('but not with a token that was used before that', async () => {
    const [one, other] = await two()
    one.platform.hide()
    await other.renew()
    other.platform.close()
    await comeAndGo()
    one.platform.show()
    expect(await one.renew()).toMatchObject({ endedBy: 'refresh_lost' })
    expect(one.engine.asked).toEqual([])
  })

  it('and sends it once: another page with the same one leaves it', async () => {
    const [one, other] = await two()
    one.platform.hide()
    other.platform.hide()
    await comeAndGo()
    one.platform.show()
    one.engine.answers.refresh = () => new Promise(() => {})
    void one.renew()
    await expect.poll(() => one.engine.asked).toEqual(['refresh'])
    one.platform.crash()
    other.platform.show()
    expect(await other.renew()).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
    expect(other.engine.asked).toEqual([])
  })

  it('may send it again where nothing came of it', async () => {
    const [one] = await signedIn(1)
    one!.platform.hide()
    await comeAndGo()
    one!.platform.show()
    one!.engine.answers.refresh = () =>
      Promise.reject(new NetworkError('idp_unavailable', 'busy', { cause: { status: 429 } }))
    await expect(one!.renew()).rejects.toBeInstanceOf(NetworkError)
    expect(readMark(one!.hint())).toMatchObject({ generation: 2, spare: 1 })
  })
})

describe('tabs that cannot take turns', () => {
  it('each refresh their own, and neither waits for the other', async () => {
    useTabs({ isJoined: false })
    const [one, other] = [tabs.open(), tabs.open()]
    await one.signIn()
    other.engine.transactions.set('t', transaction({ kind: 'silent' }))
    other.platform.go('/callback?code=c&state=t')
    const found = await other.holder.restore(true)
    expect(found).toMatchObject({ type: 'restored', session: { ref: one.session.ref } })
    await Promise.all([one.renew(), one.renew(), one.renew()])
    expect(one.engine.asked).toEqual(['refresh'])
    await expect(other.find()).resolves.toMatchObject({ ref: one.session.ref })
    await other.renew()
    await one.renew()
    expect(asked(one, other)).toEqual(['refresh', 'refresh', 'exchange', 'refresh'])
    expect(one.told).toEqual([])
  })
})
