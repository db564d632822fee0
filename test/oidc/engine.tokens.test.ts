// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { REFUSALS } from '../support/misbehaving-provider.js'
import { idp, platform, engine, createOn, request, answerTo, eachTest } from './engine-bench.js'

eachTest()

describe('refresh', () => {
  it('sees a refusal behind a status that says all is well', async () => {
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    idp.traits.refuseRefresh = REFUSALS.invalid_grant_200
    await expect(engine.refresh(tokens)).rejects.toMatchObject({ name: 'OAuthError', code: 'invalid_grant' })
  })

  it('sees a refusal behind a DPoP-Nonce header', async () => {
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    idp.traits.refuseRefresh = { ...REFUSALS.invalid_grant, headers: { 'dpop-nonce': 'n' } }
    await expect(engine.refresh(tokens)).rejects.toMatchObject({ name: 'OAuthError', code: 'invalid_grant' })
  })

  it('asks for nothing but the refresh', async () => {
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    await engine.refresh(tokens)
    expect(idp.tokenCalls[1]?.params).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-1',
      client_id: 'app',
    })
  })

  it('takes a changed auth_time for news, not for a failure', async () => {
    idp.traits.authTime = 1_000_000
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    idp.traits.authTime = 2_000_000
    idp.traits.acr = 'mfa'
    expect((await engine.refresh(tokens)).claims).toMatchObject({ auth_time: 2_000_000, acr: 'mfa' })
  })

  it('keeps what it knows of the authentication where the answer does not repeat it', async () => {
    Object.assign(idp.traits, { authTime: 1_000_000, acr: 'mfa' })
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    Object.assign(idp.traits, { authTime: null, acr: null })
    expect((await engine.refresh(tokens)).claims).toMatchObject({ auth_time: 1_000_000, acr: 'mfa' })
  })
})

describe('revoke and endSessionUrl', () => {
  it('do what the IDP can', async () => {
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    await engine.revoke(tokens)
    expect(idp.count('revocation')).toBe(1)
    await engine.revoke({ ...tokens, accessToken: 'opaque' })
    expect(idp.count('revocation')).toBe(3)
    const url = new URL((await engine.endSessionUrl(tokens, 'https://app.test/bye')) ?? '')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'app',
      id_token_hint: tokens.idToken,
      post_logout_redirect_uri: 'https://app.test/bye',
    })
  })

  it('revoke an access token that is a JWT only where that means something', async () => {
    const thorough = createOn(platform, { revokeAccessToken: true })
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    expect(await thorough.revoke(tokens)).toEqual([])
    expect(idp.count('revocation')).toBe(2)
    idp.traits.answers = { revocation: { status: 503, body: '' } }
    expect(await thorough.revoke(tokens)).toEqual(['access_token', 'refresh_token'])
  })

  it('leave be what it cannot', async () => {
    Object.assign(idp.traits.metadata, { revocation_endpoint: undefined, end_session_endpoint: undefined })
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    await engine.revoke(tokens)
    expect(await engine.endSessionUrl(tokens, 'https://app.test/')).toBeNull()
    expect(idp.count('revocation')).toBe(0)
  })
})

describe('session checks', () => {
  const frame = 'http://localhost:4000/session/check'

  it('go by the session_state of the authorization answer, which refreshes leave as it is', async () => {
    const [answer, transaction] = await answerTo(await engine.authorizationUrl(request))
    answer.searchParams.set('session_state', 'hash.salt')
    const tokens = await engine.exchangeCode(answer, transaction)
    expect(tokens.sessionState).toBe('hash.salt')
    expect((await engine.refresh(tokens)).sessionState).toBe('hash.salt')
  })

  it('go by nothing where the answer had none', async () => {
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    expect(tokens.sessionState).toBeUndefined()
    expect(await engine.checkSessionUrl()).toBeNull()
  })

  it.each([
    [frame, frame],
    ['https://idp.example/check', 'https://idp.example/check'],
    ['http://idp.example/check', null],
    ['/check', null],
    [1, null],
    [null, null],
  ])('ask in the frame that the metadata names, if it is secure: %o', async (named, asked) => {
    Object.assign(idp.traits.metadata, { check_session_iframe: named })
    expect(await engine.checkSessionUrl()).toBe(asked)
  })
})
