// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { NetworkError } from '../../src/errors.js'
import { readMark, writeMark } from '../../src/oidc/mark.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import type { HolderTab } from './holder-tabs.js'
import { held, tokensOf } from './scripted-engine.js'
import { two, heard, eachTest } from './refreshing-bench.js'

eachTest()

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
