// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { readMark, writeMark } from '../../src/oidc/mark.js'
import { createTabs, type HolderTab } from './holder-tabs.js'
import { tokensOf } from './scripted-engine.js'

let tabs: ReturnType<typeof createTabs>
let one: HolderTab
let other: HolderTab

const heard = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
/** What is posted, by a tab that holds nothing. */
const listen = (): unknown[] => {
  const posted: unknown[] = []
  tabs
    .open()
    .platform.tabs('test')
    .onMessage((message) => posted.push(message))
  return posted
}
const types = (posted: unknown[]): unknown[] => posted.map((message) => Reflect.get(Object(message), 'type'))

beforeEach(async () => {
  tabs = createTabs()
  one = tabs.open()
  await one.signIn()
  other = tabs.open()
  await other.find()
})

describe('a login', () => {
  it('is heard in every tab, also one that is signed out', async () => {
    const next = await one.signIn(tokensOf('bob'))
    await heard()
    expect(other.told).toEqual([{ type: 'restored', session: next }])
    expect(other.holder.isCurrent(next)).toBe(true)
    const signedOut = tabs.open()
    const again = await one.signIn(tokensOf('carol'))
    await expect.poll(() => signedOut.told).toEqual([{ type: 'restored', session: again }])
  })
})

describe('a grant', () => {
  const grant = (generation: number, ref = one.session.ref) => ({
    type: 'grant',
    generation,
    session: { ...one.session, ref },
    tokens: tokensOf(),
  })

  it('that is older or the same changes nothing', async () => {
    for (const generation of [0, 1]) other.holder.hear(grant(generation))
    expect(other.told).toEqual([])
    other.holder.hear(grant(2))
    expect(other.told).toHaveLength(1)
    other.holder.hear(grant(2))
    expect(other.told).toHaveLength(1)
  })

  it('of a session this browser does not hold is no news', async () => {
    other.holder.hear(grant(9, 'of-before'))
    expect(other.told).toEqual([])
    expect(other.holder.isCurrent(other.session)).toBe(true)
  })

  it('is a suspicion where this tab missed what came before', async () => {
    other.platform.jar.set('hint', writeMark({ ...readMark(other.hint())!, ref: 'next' }))
    other.holder.hear(grant(2))
    expect(other.told).toEqual([{ type: 'suspicion' }])
  })

  it('teaches the time: a tab that never asked a server has it from the others', async () => {
    const { clock } = one.platform
    clock.learn(clock.device() - 3_600_000, clock.device(), clock.device())
    const third = tabs.open()
    await third.find()
    expect(Math.abs(third.platform.clock.now() - clock.now())).toBeLessThan(100)
  })

  it('is given to whoever asks for this session, and for no other', async () => {
    const posted = listen()
    const ask = tabs.open().platform.tabs('test')
    ask.post({ type: 'grant?' })
    ask.post({ type: 'grant?', ref: one.session.ref })
    ask.post({ type: 'grant?', ref: 'another' })
    await heard()
    expect(types(posted).filter((type) => type === 'grant')).toHaveLength(4)
  })

  it('that is not the newest is kept back', async () => {
    const posted = listen()
    one.platform.jar.set('hint', writeMark({ ...readMark(one.hint())!, generation: 2 }))
    tabs.open().platform.tabs('test').post({ type: 'grant?' })
    await heard()
    expect(types(posted)).toEqual(['grant?'])
  })

  it('is not asked for by what is no message', () => {
    for (const message of [null, 'grant?', { type: 'grant' }]) other.holder.hear(message)
    expect(other.told).toEqual([])
  })
})

describe('an end', () => {
  it('is heard in every tab, once, and leaves nothing', async () => {
    void one.holder.logout({ scope: 'app', returnTo: '/' })
    await expect
      .poll(() => other.told)
      .toEqual([{ type: 'absent', ref: one.session.ref, reason: 'logout', endedAt: expect.any(Number) }])
    expect(() => other.holder.accessToken(other.session)).toThrow()
    expect(one.told).toEqual([])
    other.holder.forget()
    await heard()
    expect(one.told).toEqual([])
  })

  it('revokes what was issued after what the other tab had', async () => {
    const late = tabs.open()
    await late.find()
    late.platform.freeze()
    await one.renew()
    await expect.poll(() => other.session).toEqual(one.session)
    // It has not heard of the refresh when it signs out.
    await late.holder.logout({ scope: 'app', returnTo: '/' })
    const revoked = ({ engine }: HolderTab) => engine.asked.filter((call) => call.startsWith('revoke'))
    await expect.poll(() => revoked(one)).toHaveLength(1)
    expect(revoked(other)).toEqual(revoked(one))
    expect(revoked(late)).not.toEqual(revoked(one))
  })

  it('of another session changes nothing here', async () => {
    other.holder.hear({ type: 'ended', ref: 'of-before', reason: 'logout', endedAt: 1 })
    expect(other.holder.isCurrent(other.session)).toBe(true)
    expect(other.hint()).toBeDefined()
  })

  it('by the clock of one tab is one in all', async () => {
    one.holder.forget()
    await expect.poll(() => other.told).toMatchObject([{ type: 'absent', reason: 'idp_session_over' }])
    expect(one.hint()).toBeUndefined()
  })

  it('at the IDP leaves what is there, and keeps it from being extended', async () => {
    one.engine.answers.refresh = () => Promise.reject(new Error('not to be asked'))
    other.holder.hear({ type: 'idp-ended', ref: other.session.ref, endedBy: 'logout' })
    expect(other.told).toEqual([{ type: 'idp-ended', ref: other.session.ref, endedBy: 'logout' }])
    expect(await other.renew(true)).toMatchObject({
      type: 'restored',
      session: { idp: { status: 'ended', endedBy: 'logout' }, access: { extendable: false } },
    })
    expect(other.engine.asked).toEqual([])
    other.holder.hear({ type: 'idp-ended', ref: 'of-before', endedBy: 'logout' })
    const third = tabs.open()
    one.platform.freeze()
    expect(await third.find()).toMatchObject({ idp: { status: 'ended', endedBy: 'logout' } })
  })

  it('by a lost refresh leaves the hint: the next page load finds the IDP session', async () => {
    one.holder.hear({ type: 'idp-ended', ref: one.session.ref, endedBy: 'refresh_lost' })
    one.holder.forget()
    await expect.poll(() => other.told).toMatchObject([{ type: 'absent', reason: 'refresh_lost' }])
    expect(one.hint()).toBeDefined()
    one.platform.close()
    other.platform.close()
    expect(await tabs.open().holder.restore(false)).toMatchObject({ type: 'leaving' })
  })
})
