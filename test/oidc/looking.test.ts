// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { NetworkError, OAuthError } from '../../src/errors.js'
import { createTabs, type HolderTab } from './holder-tabs.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import { tokensOf, transaction } from './scripted-engine.js'

let tabs: ReturnType<typeof createTabs>
let one: HolderTab
let frames: number
let answer: () => Promise<string | undefined>

const MINUTE = 60_000
const signedOut = (): Promise<never> => Promise.reject(new OAuthError({ error: 'login_required' }))

/** Opens a tab in which frames bring an answer. */
const open = (): HolderTab => {
  const tab = tabs.open()
  const { answers, transactions } = tab.engine
  answers.check = () => {
    transactions.set('f', transaction({ kind: 'frame' }))
    return answer()
  }
  transactions.set('f', transaction({ kind: 'frame' }))
  return tab
}

beforeEach(async () => {
  frames = 0
  answer = async () => undefined
  tabs = createTabs({
    settings: { silentRedirectUri: 'https://app.test/silent.html' },
    frame: async () => {
      frames += 1
      return 'https://app.test/silent.html?code=c&state=f'
    },
  })
  one = open()
  await one.signIn()
})

describe('a page that wakes', () => {
  it('asks the IDP where that was not heard for a minute', async () => {
    await one.holder.look(false)
    expect(frames).toBe(0)
    one.platform.skewBy(MINUTE)
    await one.holder.look(false)
    await one.holder.look(false)
    expect(frames).toBe(1)
    expect(one.told).toEqual([])
  })

  it('asks for all tabs', async () => {
    const other = open()
    await other.find()
    one.platform.skewBy(MINUTE)
    await Promise.all([one.holder.look(false), other.holder.look(false)])
    expect(frames).toBe(1)
  })

  it('need not ask after a refresh', async () => {
    one.platform.skewBy(MINUTE)
    await one.renew()
    await one.holder.look(false)
    expect(frames).toBe(0)
  })

  it('leaves it to a refresh that is on the wire', async () => {
    one.engine.answers.refresh = () => new Promise(() => {})
    void one.renew()
    one.platform.skewBy(MINUTE)
    await one.holder.look(false)
    expect(frames).toBe(0)
  })

  it('learns the time first, and asks nothing without it', async () => {
    one.platform.jump(10 * MINUTE)
    one.engine.answers.time = () => Promise.reject(new Error('offline'))
    await one.holder.look(false)
    expect(frames).toBe(0)
    one.engine.answers.time = async () => one.platform.clock.trust()
    await one.holder.look(false)
    expect(frames).toBe(1)
  })

  it('asks the other tabs where it is signed out and somebody is signed in', async () => {
    const late = tabs.open()
    expect(await late.holder.look(false)).toBeUndefined()
    await expect.poll(() => late.told).toEqual([{ type: 'restored', session: one.session }])
    expect(frames).toBe(0)
  })

  it('asks the other tabs for what it missed', async () => {
    const late = open()
    await late.find()
    late.platform.hide()
    await one.renew()
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    late.platform.show()
    expect(late.told).toEqual([])
    await late.holder.look(false)
    await expect.poll(() => late.told).toEqual([{ type: 'restored', session: one.session }])
  })

  it('asks nobody where nobody is signed in', async () => {
    await one.holder.logout({ scope: 'app', returnTo: '/' })
    await one.holder.look(true)
    expect(frames).toBe(0)
  })
})

describe('a "no"', () => {
  it('of a frame that said "yes" before ends the IDP session, in every tab', async () => {
    const other = open()
    await other.find()
    await one.holder.look(true)
    answer = signedOut
    await one.holder.look(true)
    const news = { type: 'idp-ended', ref: one.session.ref, endedBy: 'unknown' }
    expect(one.told).toEqual([news])
    await expect.poll(() => other.told).toEqual([news])
    // Once.
    await one.holder.look(true)
    await other.holder.look(true)
    expect(frames).toBe(2)
    expect(await one.renew(true)).toMatchObject({ session: { idp: { status: 'ended' } } })
  })

  it('of one that never did is none: it may be blind', async () => {
    answer = signedOut
    one.platform.skewBy(MINUTE)
    await one.holder.look(false)
    expect([one.told, one.engine.asked]).toEqual([[], ['frame /', 'check']])
    expect(await one.renew()).toMatchObject({ session: { idp: { status: 'active' } } })
  })

  it('that comes after a logout is no news', async () => {
    await one.holder.look(true)
    answer = async () => {
      void one.holder.logout({ scope: 'app', returnTo: '/' })
      return signedOut()
    }
    await one.holder.look(true)
    expect(one.told).toEqual([])
  })
})

describe('no answer of a frame', () => {
  beforeEach(() => {
    answer = () => Promise.reject(new NetworkError('network_failed', 'cut'))
  })

  it('is none', async () => {
    one.platform.skewBy(MINUTE)
    await one.holder.look(false)
    expect(one.told).toEqual([])
  })

  it('leaves a suspicion to a refresh: the session goes on where that is granted', async () => {
    await one.holder.look(true)
    expect(one.engine.asked.filter((what) => what === 'refresh')).toHaveLength(1)
    expect(one.told).toEqual([{ type: 'restored', session: one.session }])
    expect(one.session.idp.status).toBe('active')
  })

  it('leaves a suspicion to a refresh: the IDP session is over where that is refused', async () => {
    one.engine.answers.refresh = () => Promise.reject(new OAuthError({ error: 'invalid_grant' }))
    one.engine.answers.exchange = signedOut
    await one.holder.look(true)
    expect(one.told).toEqual([{ type: 'idp-ended', ref: one.session.ref, endedBy: 'expired' }])
  })

  it('is none where a refresh has no answer, too', async () => {
    one.engine.answers.refresh = () => Promise.reject(new NetworkError('network_failed', 'cut'))
    await one.holder.look(true)
    expect(one.told).toEqual([])
    expect(one.session.idp.status).toBe('active')
  })

  it('asks for no refresh where there is nothing to refresh with', async () => {
    await one.signIn({ ...tokensOf(), refreshToken: undefined })
    await one.holder.look(true)
    expect([one.told, one.engine.asked.includes('refresh')]).toEqual([[], false])
  })
})

it('a suspicion waits for a refresh that is on the wire, which may have been granted before', async () => {
  const answers: ((tokens: Tokens) => void)[] = []
  one.engine.answers.refresh = () => new Promise((resolve) => answers.push(resolve))
  const renewed = one.renew(true)
  await expect.poll(() => answers).toHaveLength(1)
  const looked = one.holder.look(true)
  expect(frames).toBe(0)
  answers[0]?.(tokensOf())
  await Promise.all([renewed, looked])
  expect(frames).toBe(1)
})

describe('what is to be watched', () => {
  it('is the session with its state, as long as it is there; a check brings a new one', async () => {
    const watched: unknown[] = []
    const stop = one.holder.follow((now) => watched.push(now))
    answer = async () => 'state.salt'
    await one.holder.look(true)
    await one.holder.logout({ scope: 'app', returnTo: '/' })
    expect(watched).toEqual([null, { ref: one.session.ref, sessionState: 'state.salt' }, null])
    stop()
    await one.signIn()
    expect(watched).toHaveLength(3)
  })
})
