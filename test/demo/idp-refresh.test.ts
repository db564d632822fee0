import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Idp } from '../support/idp.js'
import { startIdpVisit } from '../support/idp-visit.js'
import type { RelyingParty, Tokens } from '../support/relying-party.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

let idp: Idp
let rp: RelyingParty
let agent: UserAgent
let tokens: Tokens

beforeEach(async () => void ({ idp, rp, agent, tokens } = await startIdpVisit()))
afterEach(async () => {
  vi.useRealTimers()
  await idp.close()
})

/** Lets the clock of this process, the provider's too, go on by that many seconds. */
const later = (seconds: number): void => {
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(now + seconds * 1000)
}

/** `error` of the answer to a refresh that must fail. */
const refusal = async (refreshToken: string | undefined): Promise<unknown> => {
  const answer: unknown = await rp.refresh(refreshToken).catch((error: unknown) => error)
  return answer instanceof Error && 'error' in answer ? answer.error : 'none'
}

describe('refresh', () => {
  it('rotates: new tokens, the same user and session', async () => {
    const renewed = await rp.refresh(tokens.refresh_token)
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token)
    expect(renewed.access_token).not.toBe(tokens.access_token)
    expect(renewed.claims()).toMatchObject({ sub: 'alice', sid: tokens.claims()?.sid })
    expect(idp.tokenRequests.at(-1)).toMatchObject({ grant_type: 'refresh_token', status: 200 })
  })

  it('a second use of a refresh token revokes the whole family', async () => {
    const renewed = await rp.refresh(tokens.refresh_token)
    expect(await refusal(tokens.refresh_token)).toBe('invalid_grant')
    expect(await refusal(renewed.refresh_token)).toBe('invalid_grant')
    expect(idp.tokenRequests.at(-1)).toMatchObject({ status: 400, error: 'invalid_grant', fault: null })
  })

  it('two uses at the same moment are no better', async () => {
    const both = await Promise.allSettled([
      rp.refresh(tokens.refresh_token),
      rp.refresh(tokens.refresh_token),
    ])
    const renewed = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value.refresh_token] : []))
    expect(renewed.length).toBeLessThan(2)
    for (const token of renewed) expect(await refusal(token)).toBe('invalid_grant')
    expect(idp.tokenRequests.map(({ error }) => error)).toContain('invalid_grant')
  })

  it('with a reuse window a used token serves again inside it, and is used up after it', async () => {
    idp.settings.refreshReuseWindow = 30
    const renewed = await rp.refresh(tokens.refresh_token)
    const again = await rp.refresh(tokens.refresh_token)
    expect(again.refresh_token).not.toBe(renewed.refresh_token)
    await rp.refresh(again.refresh_token)
    later(31)
    expect(await refusal(tokens.refresh_token)).toBe('invalid_grant')
    expect(await refusal(renewed.refresh_token)).toBe('invalid_grant')
  })

  it('without rotation the same token serves again', async () => {
    idp.settings.rotateRefreshTokens = false
    const renewed = await rp.refresh(tokens.refresh_token)
    expect(renewed.refresh_token).toBe(tokens.refresh_token)
    await rp.refresh(tokens.refresh_token)
  })

  it('lifetimes count for what is issued next', async () => {
    idp.lifetimes.accessToken = 7
    const renewed = await rp.refresh(tokens.refresh_token)
    expect(renewed.expires_in).toBe(7)
    const { exp = 0, iat = 0 } = decodeJwt(renewed.access_token)
    expect(exp - iat).toBe(7)
  })

  it('a refresh token expires', async () => {
    idp.lifetimes.refreshToken = 100
    const short = await rp.refresh(tokens.refresh_token)
    later(101)
    expect(idp.live('RefreshToken')).toBe(0)
    expect(await refusal(short.refresh_token)).toBe('invalid_grant')
  })
})

describe('the session at the provider', () => {
  it('ended by an administrator: refused, and nothing silent any more', async () => {
    expect(await idp.endSession('alice')).toBe(1)
    expect(await refusal(tokens.refresh_token)).toBe('invalid_grant')
    await rp.start(agent, { prompt: 'none' })
    expect(agent.page?.url.searchParams.get('error')).toBe('login_required')
  })

  it('another user keeps theirs', async () => {
    const other = createUserAgent()
    const bobs = await rp.signIn(other, 'bob')
    await idp.endSession('alice')
    expect((await rp.refresh(bobs.refresh_token)).claims()?.sub).toBe('bob')
  })

  it('survives revoked grants: refused, but a silent login works', async () => {
    expect(await idp.revoke('alice')).toBe(1)
    expect(await refusal(tokens.refresh_token)).toBe('invalid_grant')
    await rp.start(agent, { prompt: 'none' })
    expect((await rp.finish(agent)).claims()?.sid).toBe(tokens.claims()?.sid)
  })

  it('is extended by each refresh, and runs out when there is none, the refresh tokens with it', async () => {
    idp.lifetimes.session = 100
    const second = await rp.refresh(tokens.refresh_token)
    later(90)
    const third = await rp.refresh(second.refresh_token)
    later(90)
    expect(idp.live('Session')).toBe(1)
    later(20)
    expect(idp.live('Session')).toBe(0)
    expect(await refusal(third.refresh_token)).toBe('invalid_grant')
  })

  it('is not extended where that is set', async () => {
    idp.settings.refreshExtendsSession = false
    idp.lifetimes.session = 100
    const short = await rp.signIn(agent, 'alice')
    later(90)
    const renewed = await rp.refresh(short.refresh_token)
    later(20)
    expect(await refusal(renewed.refresh_token)).toBe('invalid_grant')
  })

  it('may be outlived by offline_access where that is set', async () => {
    idp.settings.refreshTokensOutliveSession = true
    await idp.endSession('alice')
    expect((await rp.refresh(tokens.refresh_token)).claims()?.sub).toBe('alice')
  })
})

describe('grants', () => {
  it('revoking one refresh token leaves those of other logins alone', async () => {
    const second = await rp.signIn(agent, 'alice')
    await rp.revoke(tokens.refresh_token ?? '')
    expect(await refusal(tokens.refresh_token)).toBe('invalid_grant')
    expect((await rp.refresh(second.refresh_token)).claims()?.sub).toBe('alice')
    expect(idp.count('revocation')).toBe(1)
  })

  it('per session, as the library has it by itself, it takes the later ones along', async () => {
    idp.settings.grantPer = 'session'
    const agent2 = createUserAgent()
    const first = await rp.signIn(agent2, 'bob')
    const second = await rp.signIn(agent2, 'bob')
    await rp.revoke(first.refresh_token ?? '')
    expect(await refusal(second.refresh_token)).toBe('invalid_grant')
  })
})

describe('offline_access', () => {
  it('without it there is no refresh token', async () => {
    await rp.start(agent, { scope: 'openid' })
    expect((await rp.finish(agent)).refresh_token).toBeUndefined()
  })

  it('can be tied to prompt=consent', async () => {
    idp.settings.offlineAccessNeedsConsent = true
    await rp.start(agent)
    expect((await rp.finish(agent)).refresh_token).toBeUndefined()
    await rp.start(agent, { prompt: 'consent' })
    expect((await rp.finish(agent)).refresh_token).toEqual(expect.any(String))
  })
})
