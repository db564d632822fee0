// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { browserCookie } from '../../src/client/browser-cookies.js'
import type { Renewed, Restored } from '../../src/client/oauth-client.js'
import { CallbackError, ConfigurationError, NetworkError, OAuthError } from '../../src/errors.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import { openBrowserPage, signIn, type BrowserPageOptions } from '../support/browser-page.js'
import { APP_ORIGIN, SPA_CLIENT_ID } from '../support/idp.js'
import {
  REFUSALS,
  startMisbehavingProvider,
  type IdTokenFlaw,
  type MisbehavingProvider,
  type RefusalName,
  type Traits,
} from '../support/misbehaving-provider.js'
import { createUserAgent } from '../support/user-agent.js'

let idp: MisbehavingProvider
let tab: AppTab

/** The app's own server, whose answers tell the time. */
const appServer = () => new Response('', { headers: { date: new Date().toUTCString() } })

const misbehave = (traits: Partial<Traits>): void => void Object.assign(idp.traits, traits)
const comeBack = async (options?: BrowserPageOptions): Promise<Restored> => {
  await tab.follow(await openBrowserPage(tab, idp.issuer, options).loginUrl({ returnTo: '/deep' }))
  return openBrowserPage(tab, idp.issuer, options).restore()
}

beforeEach(async () => {
  idp = await startMisbehavingProvider()
  tab = openAppTab(createUserAgent({ handlers: { [APP_ORIGIN]: appServer } }))
})
afterEach(() => idp.close())

describe('an ID token that is not right', () => {
  const flaws: IdTokenFlaw[] = [
    'wrong_iss',
    'wrong_aud',
    'many_aud',
    'wrong_azp',
    'expired',
    'no_exp',
    'future_iat',
    'no_iat',
    'wrong_nonce',
    'no_nonce',
    'wrong_at_hash',
    'no_sub',
    'alg_none',
    'garbage',
  ]

  it.each(flaws)('makes no session: %s', async (flaw) => {
    misbehave({ idTokenFlaws: [flaw] })
    const restored = await comeBack()
    expect(restored).toMatchObject({ type: 'absent', returned: true, returnTo: '/deep' })
    expect(restored).toHaveProperty('error', expect.any(CallbackError))
    expect(restored).toHaveProperty('error.code', 'id_token_invalid')
    expect(tab.platform.cookies.get(browserCookie('hint', idp.issuer, SPA_CLIENT_ID))).toBeUndefined()
  })

  it.each(flaws.filter((flaw) => flaw !== 'no_nonce'))(
    'ends the IDP session on a refresh: %s',
    async (flaw) => {
      misbehave({ idTokenFlaws: [flaw], flawsIn: 'refresh' })
      const { page, session } = await signIn(tab, idp.issuer)
      expect(await page.renew(session)).toEqual({ type: 'idp-ended', endedBy: 'unknown' })
    },
  )

  it('is another user’s on a refresh: the session is over', async () => {
    misbehave({ refreshSub: 'bob' })
    const { page, session } = await signIn(tab, idp.issuer)
    expect(await page.renew(session)).toEqual({ type: 'absent', reason: 'user_changed' })
  })
})

describe('a callback that is not right', () => {
  it.each(['wrong', 'missing'] as const)('iss %s: the code goes to nobody', async (callbackIss) => {
    misbehave({ callbackIss })
    expect(await comeBack()).toMatchObject({
      type: 'absent',
      returnTo: '/deep',
      error: { name: 'CallbackError', code: 'issuer_mismatch' },
    })
    expect(idp.count('token')).toBe(0)
  })

  it('iss may be missing where the IDP does not announce it', async () => {
    misbehave({
      callbackIss: 'missing',
      metadata: { authorization_response_iss_parameter_supported: undefined },
    })
    expect(await comeBack()).toMatchObject({ type: 'restored' })
  })

  it('state wrong: it belongs to nothing', async () => {
    misbehave({ callbackState: 'wrong' })
    expect(await comeBack()).toMatchObject({ type: 'absent', error: { code: 'stale_callback' } })
    expect(idp.count('token')).toBe(0)
  })

  it('an error is told in the words of the IDP', async () => {
    misbehave({ authorizationError: 'something_of_their_own' })
    const restored = await comeBack()
    expect(restored).toMatchObject({ type: 'absent', returnTo: '/deep' })
    expect(restored).toHaveProperty('error', expect.any(OAuthError))
    expect(restored).toHaveProperty('error.error', 'something_of_their_own')
  })
})

describe('providers differ', () => {
  it.each<[string, Partial<Traits>]>([
    ['no sid', { sid: null }],
    ['no rotation', { rotates: false }],
    ['a refresh without a refresh token', { rotates: false, refreshAnswersRefreshToken: false }],
    ['a refresh without an ID token', { refreshAnswersIdToken: false }],
    ['opaque access tokens', { accessToken: 'opaque' }],
    ['claims of 20 kB', { claimsSize: 20_000 }],
    ['expires_in as text', { expiresIn: '300' }],
    ['expires_in left out', { expiresIn: undefined }],
    ['expires_in of 0', { expiresIn: 0 }],
    ['a token type in small letters', { tokenType: 'bearer' }],
    [
      'metadata without optional fields',
      {
        callbackIss: 'missing',
        metadata: {
          userinfo_endpoint: undefined,
          revocation_endpoint: undefined,
          end_session_endpoint: undefined,
          scopes_supported: undefined,
          code_challenge_methods_supported: undefined,
          authorization_response_iss_parameter_supported: undefined,
        },
      },
    ],
  ])('%s: log in, renew three times, log out', async (_, traits) => {
    misbehave(traits)
    const { page, ...signedIn } = await signIn(tab, idp.issuer)
    let { session } = signedIn
    const { now } = tab.platform.clock
    for (let i = 0; i < 3; i += 1) {
      const left = session.access.expiresAt - now()
      expect(left).toBeGreaterThan(290_000)
      expect(left).toBeLessThanOrEqual(301_000)
      const renewed: Renewed = await page.renew(session)
      if (renewed.type !== 'restored') throw new Error(`not renewed: ${JSON.stringify(renewed)}`)
      session = renewed.session
    }
    expect(session).toMatchObject({ user: { sub: 'alice' }, access: { extendable: true } })
    expect(idp.tokenCalls).toHaveLength(4)
    await page.connection.logout({ scope: 'idp', returnTo: '/' })
  })

  it('no refresh token: nothing can be extended', async () => {
    misbehave({ issuesRefreshToken: false })
    const { page, session } = await signIn(tab, idp.issuer)
    expect(session.access.extendable).toBe(false)
    expect(await page.renew(session, true)).toEqual({ type: 'restored', session })
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('no end-session endpoint: there is nowhere to go', async () => {
    misbehave({ metadata: { end_session_endpoint: undefined } })
    const { page } = await signIn(tab, idp.issuer)
    expect(await page.connection.logout({ scope: 'idp', returnTo: '/' })).toBeNull()
    expect(idp.count('revocation')).toBe(1)
  })

  it('an ID token too long for an address: the IDP is told who instead', async () => {
    misbehave({ claimsSize: 20_000 })
    const { page } = await signIn(tab, idp.issuer)
    const url = new URL((await page.connection.logout({ scope: 'idp', returnTo: '/' })) ?? '')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'tandem-spa',
      logout_hint: 'sid-1',
      post_logout_redirect_uri: 'https://app.test/',
    })
  })

  it('auth_time, acr and amr are told', async () => {
    const authTime = Math.floor(Date.now() / 1000) - 30
    misbehave({ authTime, acr: 'mfa', amr: ['pwd', 'otp'] })
    const { session } = await signIn(tab, idp.issuer)
    expect(session.authentication).toEqual({ time: authTime * 1000, acr: 'mfa', amr: ['pwd', 'otp'] })
  })

  it('auth_time too long ago for the max_age that was asked: no session', async () => {
    misbehave({ authTime: Math.floor(Date.now() / 1000) - 3_600 })
    await tab.follow(await openBrowserPage(tab, idp.issuer).loginUrl({ criteria: { maxAge: 300 } }))
    expect(await openBrowserPage(tab, idp.issuer).restore()).toMatchObject({
      error: { code: 'id_token_invalid' },
    })
  })

  it('metadata can be given, and the provider is asked for none', async () => {
    const { issuer } = idp
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
    }
    misbehave({ hangs: ['discovery'] })
    expect(await comeBack({ metadata })).toMatchObject({ type: 'restored' })
    expect(idp.count('discovery')).toBe(0)
  })

  it('another name than its address must be said', async () => {
    misbehave({ metadata: { issuer: 'https://elsewhere.example' } })
    const error: unknown = await openBrowserPage(tab, idp.issuer)
      .loginUrl()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ option: 'browserClient.authority' })
  })

  it('no CORS: no answer', async () => {
    misbehave({ cors: false })
    await expect(openBrowserPage(tab, idp.issuer).loginUrl()).rejects.toBeInstanceOf(NetworkError)
  })
})

describe('a refusal in any shape', () => {
  it.each<[RefusalName, 'refused' | 'no answer']>([
    ['invalid_grant', 'refused'],
    ['invalid_grant_401', 'refused'],
    ['empty_400', 'refused'],
    ['empty_401', 'refused'],
    ['other_code', 'refused'],
    ['message_and_code', 'refused'],
    ['message_and_code_401', 'refused'],
    ['html_200', 'no answer'],
    ['html_400', 'no answer'],
    ['html_502', 'no answer'],
    ['empty_object_200', 'no answer'],
    ['invalid_client', 'no answer'],
    ['rate_limited', 'no answer'],
    ['unavailable', 'no answer'],
  ])('%s is %s', async (name, verdict) => {
    const { page, session } = await signIn(tab, idp.issuer)
    misbehave({ refuseRefresh: REFUSALS[name] })
    const renewed = await page.renew(session).catch((error: unknown) => error)
    if (verdict === 'refused') expect(renewed).toEqual({ type: 'idp-ended', endedBy: 'expired' })
    else expect(renewed).toBeInstanceOf(NetworkError)
  })
})
