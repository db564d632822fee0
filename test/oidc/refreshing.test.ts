// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { CallbackError, NetworkError, OAuthError, SessionEndedError } from '../../src/errors.js'
import { readMark, writeMark } from '../../src/oidc/mark.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import { createTabs, type HolderTab } from './holder-tabs.js'
import { held, tokensOf, transaction } from './scripted-engine.js'

let tabs: ReturnType<typeof createTabs>

const refuse =
  (error = 'invalid_grant') =>
  () =>
    Promise.reject(new OAuthError({ error }))
const lose = () => Promise.reject(new NetworkError('network_failed', 'cut'))
const asked = (...those: HolderTab[]): string[] => those.flatMap(({ engine }) => engine.asked)

/** So many tabs with the session of the first. */
const signedIn = async (count: number): Promise<HolderTab[]> => {
  const all = [tabs.open()]
  await all[0]!.signIn()
  while (all.length < count) {
    const tab = tabs.open()
    await tab.find()
    all.push(tab)
  }
  return all
}
const two = async (): Promise<[HolderTab, HolderTab]> => (await signedIn(2)) as [HolderTab, HolderTab]
/** What one tab does is heard in the others. */
const heard = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
/** Somebody refreshed, wrote that down, and is gone with what they got. */
const loseGrant = ({ platform, hint }: HolderTab): void => {
  const mark = readMark(hint())!
  platform.jar.set('hint', writeMark({ ...mark, generation: mark.generation + 1 }))
}

beforeEach(() => {
  tabs = createTabs()
})

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

describe('a logout in another tab', () => {
  const logout = async (one: HolderTab, other: HolderTab): Promise<Tokens> => {
    const late = held<Tokens>()
    one.engine.answers.refresh = () => late.promise
    const renewing = one.renew()
    await expect.poll(() => one.engine.asked).toEqual(['refresh'])
    void other.holder.logout({ scope: 'app', returnTo: '/' })
    const tokens = tokensOf()
    late.resolve(tokens)
    expect(await renewing).toMatchObject({ type: 'absent', reason: 'logout' })
    return tokens
  }

  it('ends a session whose refresh is on the wire: what it brings is revoked', async () => {
    const [one, other] = await two()
    const late = await logout(one, other)
    expect(one.engine.asked).toEqual(['refresh', `revoke ${late.refreshToken}`])
    expect(one.hint()).toBeUndefined()
    expect(one.platform.jar.size).toBe(0)
  })

  it('is seen by the hint, before its message is heard', async () => {
    const [one, other] = await two()
    one.engine.answers.refresh = async () => {
      void other.holder.logout({ scope: 'app', returnTo: '/' })
      return tokensOf()
    }
    expect(await one.renew()).toMatchObject({ type: 'absent', reason: 'logout', endedAt: expect.any(Number) })
    expect(one.engine.asked[1]).toMatch(/^revoke /)
    await heard()
    expect(one.holder.isCurrent(one.session)).toBe(false)
  })

  it('keeps a tab from refreshing at all', async () => {
    const [one, other] = await two()
    one.platform.freeze()
    await other.holder.logout({ scope: 'app', returnTo: '/' })
    const renewing = one.renew()
    one.platform.resume()
    expect(await renewing).toMatchObject({ type: 'absent' })
    expect(one.engine.asked).toEqual([])
  })
})

describe('a login in another tab', () => {
  it.each([
    ['as somebody else: what a refresh on the wire brings is revoked', 'bob', 1],
    ['as the same user: it is dropped, for it may be of the same grant', 'alice', 0],
  ])('%s', async (_, user, revoked) => {
    const [one, other] = await two()
    const late = held<Tokens>()
    one.engine.answers.refresh = () => late.promise
    const renewing = one.renew()
    await expect.poll(() => one.engine.asked).toEqual(['refresh'])
    const next = await other.signIn(tokensOf(user))
    late.resolve(tokensOf('alice'))
    expect(await renewing).toEqual({ type: 'restored', session: next })
    expect(one.engine.asked).toHaveLength(1 + revoked)
    expect(one.holder.accessToken(next)).toBe(other.holder.accessToken(next))
  })

  it('that this tab has not heard of is waited for', async () => {
    const [one, other] = await two()
    one.platform.freeze()
    const next = await other.signIn(tokensOf('bob'))
    const renewing = one.renew()
    one.platform.resume()
    expect(await renewing).toEqual({ type: 'restored', session: next })
    expect(one.engine.asked).toEqual([])
  })

  it('that nobody tells of is a suspicion, and no answer', async () => {
    const [one] = await two()
    one.platform.jar.set('hint', writeMark({ ...readMark(one.hint())!, ref: 'another' }))
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    expect(one.told.at(-1)).toEqual({ type: 'suspicion' })
  })
})

describe('a refusal', () => {
  it('is told to the other tabs, which do not try again', async () => {
    const [one, other] = await two()
    one.engine.answers.refresh = refuse()
    expect(await one.renew()).toEqual({ type: 'idp-ended', endedBy: 'expired' })
    await expect
      .poll(() => other.told)
      .toEqual([{ type: 'idp-ended', ref: one.session.ref, endedBy: 'expired' }])
    expect(one.told).toEqual([])
    await Promise.all([one.renew(true), other.renew(true)])
    expect(asked(one, other)).toEqual(['refresh'])
  })

  it('is one for all tabs that wait for their turn', async () => {
    const all = await signedIn(4)
    for (const { engine } of all) engine.answers.refresh = refuse()
    const answers = await Promise.all(all.map((tab) => tab.renew()))
    for (const answer of answers) expect(answer).toEqual({ type: 'idp-ended', endedBy: 'expired' })
    expect(asked(...all)).toEqual(['refresh'])
  })

  it('after a lost answer of another tab is known for what it is', async () => {
    const [one, other] = await two()
    one.engine.answers.refresh = lose
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    other.engine.answers.refresh = refuse()
    expect(await other.renew()).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
  })

  it('after an answer that says that nothing was done is an ordinary one', async () => {
    const [one, other] = await two()
    one.engine.answers.refresh = () =>
      Promise.reject(new NetworkError('idp_unavailable', 'busy', { cause: { status: 429 } }))
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    other.engine.answers.refresh = refuse()
    expect(await other.renew()).toEqual({ type: 'idp-ended', endedBy: 'expired' })
  })

  it('after an answer that says that nothing was done, to a token whose answer got lost before, is known for what it is', async () => {
    const [one, other, third] = (await signedIn(3)) as [HolderTab, HolderTab, HolderTab]
    one.engine.answers.refresh = lose
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    other.engine.answers.refresh = () =>
      Promise.reject(new NetworkError('idp_unavailable', 'busy', { cause: { status: 429 } }))
    await expect(other.renew()).rejects.toBeInstanceOf(NetworkError)
    third.engine.answers.refresh = refuse()
    expect(await third.renew()).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
  })

  it('of what came back is not one by the IDP', async () => {
    const [one] = await two()
    one.engine.answers.refresh = () => Promise.reject(new CallbackError('id_token_invalid', 'no'))
    expect(await one.renew()).toEqual({ type: 'idp-ended', endedBy: 'unknown' })
  })

  it('because it brought somebody else ends the session in every tab', async () => {
    const [one, other] = await two()
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
    tabs = createTabs({
      settings: { silentRedirectUri: 'https://app.test/silent.html' },
      frame: async () => 'https://app.test/silent.html?code=c&state=f',
    })
    const both = await two()
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
    loseGrant(one)
    one.platform.crash()
    const third = tabs.open()
    await heard()
    answers = [async () => tokensOf()]
    expect(await other.renew()).toMatchObject({ type: 'restored', session: { ref: other.session.ref } })
    expect(readMark(other.hint())?.generation).toBe(3)
    expect(other.engine.asked).toEqual(['frame /', 'exchange'])
    expect(await third.find()).toEqual(other.session)
  })

  it('a token that may be used up is not sent', async () => {
    const [one] = await framed()
    one.engine.answers.refresh = lose
    await expect(one.renew()).rejects.toBeInstanceOf(NetworkError)
    answers = [async () => tokensOf()]
    await one.renew()
    expect(one.engine.asked).toEqual(['refresh', 'frame /', 'exchange'])
  })

  it('a refusal is confirmed, and no end where the IDP session is there', async () => {
    const [one] = await framed()
    one.engine.answers.refresh = refuse()
    answers = [async () => tokensOf()]
    expect(await one.renew()).toMatchObject({ type: 'restored', session: { ref: one.session.ref } })
    // And where it is not, it is one.
    expect(await one.renew()).toEqual({ type: 'idp-ended', endedBy: 'expired' })
  })

  it('and somebody else is signed in there, it is another session', async () => {
    const [one, other] = await framed()
    one.engine.answers.refresh = refuse()
    answers = [async () => tokensOf('bob')]
    const { ref } = one.session
    expect(await one.renew()).toMatchObject({ type: 'restored', session: { user: { sub: 'bob' } } })
    expect(one.session.ref).not.toBe(ref)
    await expect.poll(() => other.session).toEqual(one.session)
  })
})

describe('tabs that cannot take turns', () => {
  it('each refresh their own, and neither waits for the other', async () => {
    tabs = createTabs({ isJoined: false })
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
