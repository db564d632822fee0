// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { CallbackError, NetworkError, OAuthError, SessionEndedError } from '../../src/errors.js'
import { readMark } from '../../src/oidc/mark.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import type { HolderTab } from './holder-tabs.js'
import { tokensOf, transaction } from './scripted-engine.js'
import * as bench from './refreshing-bench.js'

bench.eachTest()

describe('a refusal', () => {
  it('is told to the other tabs, which do not try again', async () => {
    const [one, other] = await bench.two()
    one.engine.answers.refresh = bench.refuse()
    expect(await one.renew()).toEqual({ type: 'idp-ended', endedBy: 'expired' })
    await expect
      .poll(() => other.told)
      .toEqual([{ type: 'idp-ended', ref: one.session.ref, endedBy: 'expired' }])
    expect(one.told).toEqual([])
    await Promise.all([one.renew(true), other.renew(true)])
    expect(bench.asked(one, other)).toEqual(['refresh'])
  })

  it('is one for all tabs that wait for their turn', async () => {
    const all = await bench.signedIn(4)
    for (const { engine } of all) engine.answers.refresh = bench.refuse()
    const answers = await Promise.all(all.map((tab) => tab.renew()))
    for (const answer of answers) expect(answer).toEqual({ type: 'idp-ended', endedBy: 'expired' })
    expect(bench.asked(...all)).toEqual(['refresh'])
  })

  it('after a lost answer of another tab is known for what it is', async () => {
    const [one, other] = await bench.two()
    one.engine.answers.refresh = bench.lose
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    other.engine.answers.refresh = bench.refuse()
    expect(await other.renew()).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
  })

  it('after an answer that says that nothing was done is an ordinary one', async () => {
    const [one, other] = await bench.two()
    one.engine.answers.refresh = () =>
      Promise.reject(new NetworkError('idp_unavailable', 'busy', { cause: { status: 429 } }))
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    other.engine.answers.refresh = bench.refuse()
    expect(await other.renew()).toEqual({ type: 'idp-ended', endedBy: 'expired' })
  })

  it('after an answer that says that nothing was done, to a token whose answer got lost before, is known for what it is', async () => {
    const [one, other, third] = (await bench.signedIn(3)) as [HolderTab, HolderTab, HolderTab]
    one.engine.answers.refresh = bench.lose
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    other.engine.answers.refresh = () =>
      Promise.reject(new NetworkError('idp_unavailable', 'busy', { cause: { status: 429 } }))
    await expect(other.renew()).rejects.toBeInstanceOf(NetworkError)
    third.engine.answers.refresh = bench.refuse()
    expect(await third.renew()).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
  })

  it('of what came back is not one by the IDP', async () => {
    const [one] = await bench.two()
    one.engine.answers.refresh = () => Promise.reject(new CallbackError('id_token_invalid', 'no'))
    expect(await one.renew()).toEqual({ type: 'idp-ended', endedBy: 'unknown' })
  })

  it('because it brought somebody else ends the session in every tab', async () => {
    const [one, other] = await bench.two()
    one.engine.answers.refresh = () => Promise.reject(new SessionEndedError('user_changed'))
    expect(await one.renew()).toEqual({ type: 'absent', reason: 'user_changed' })
    await expect.poll(() => other.told).toMatchObject([{ type: 'absent', reason: 'user_changed' }])
    expect(one.hint()).toBeUndefined()
  })
})

describe('where frames work', () => {
  let answers: (() => Promise<Tokens>)[]
  /** Opens tabs whose frames bring these tokens, one after the other. */
  const framed = async (): Promise<[HolderTab, HolderTab]> => {
    bench.useTabs({
      settings: { silentRedirectUri: 'https://app.test/silent.html' },
      frame: async () => 'https://app.test/silent.html?code=c&state=f',
    })
    const both = await bench.two()
    for (const { engine } of both) {
      engine.transactions.get = (state) => (state === 'f' ? transaction({ kind: 'frame' }) : undefined)
      engine.answers.exchange = () =>
        answers.shift()?.() ?? Promise.reject(new OAuthError({ error: 'login_required' }))
    }
    return both
  }

  beforeEach(() => {
    answers = []
  })

  it('what is lost comes by a frame, and the session goes on in all tabs', async () => {
    const [one, other] = await framed()
    bench.loseGrant(one)
    one.platform.crash()
    const third = bench.tabs.open()
    await bench.heard()
    answers = [async () => tokensOf()]
    expect(await other.renew()).toMatchObject({ type: 'restored', session: { ref: other.session.ref } })
    expect(readMark(other.hint())?.generation).toBe(3)
    expect(other.engine.asked).toEqual(['frame /', 'exchange'])
    expect(await third.find()).toEqual(other.session)
  })

  it('a token that may be used up is not sent', async () => {
    const [one] = await framed()
    one.engine.answers.refresh = bench.lose
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    answers = [async () => tokensOf()]
    await one.renew()
    expect(one.engine.asked).toEqual(['refresh', 'frame /', 'exchange'])
  })

  it('a refusal is confirmed, and no end where the IDP session is there', async () => {
    const [one] = await framed()
    one.engine.answers.refresh = bench.refuse()
    answers = [async () => tokensOf()]
    expect(await one.renew()).toMatchObject({ type: 'restored', session: { ref: one.session.ref } })
    // And where it is not, it is one.
    expect(await one.renew()).toEqual({ type: 'idp-ended', endedBy: 'expired' })
  })

  it('and somebody else is signed in there, it is another session', async () => {
    const [one, other] = await framed()
    one.engine.answers.refresh = bench.refuse()
    answers = [async () => tokensOf('bob')]
    const { ref } = one.session
    expect(await one.renew()).toMatchObject({ type: 'restored', session: { user: { sub: 'bob' } } })
    expect(one.session.ref).not.toBe(ref)
    await expect.poll(() => other.session).toEqual(one.session)
  })
})
