// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CallbackError, ConfigurationError } from '../../src/errors.js'
import { createEngine, type AuthorizationRequest, type Engine } from '../../src/oidc/engine.js'
import type { ClientSettings, World } from '../../src/oidc/settings.js'
import type { Transaction } from '../../src/oidc/transactions.js'
import {
  REFUSALS,
  startMisbehavingProvider,
  type MisbehavingProvider,
} from '../support/misbehaving-provider.js'
import { createWorld } from './scripted-engine.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

const REDIRECT_URI = 'https://app.test/callback'

let idp: MisbehavingProvider
let agent: UserAgent
let platform: TestPlatform
let engine: Engine

const createOn = (page: TestPlatform, settings: Partial<ClientSettings> = {}): Engine => {
  const world: World = createWorld(page)
  return createEngine(
    { authority: idp.issuer, clientId: 'app', redirectUri: REDIRECT_URI, ...settings },
    world,
  )
}

const request: AuthorizationRequest = {
  kind: 'login',
  returnTo: '/here',
  audience: ['urn:a', 'urn:b'],
  redirectUri: REDIRECT_URI,
  scope: 'openid profile',
  params: { prompt: 'login', ui_locales: 'sv' },
  maxAge: undefined,
}

/** Follows the authorization request; the answer, and the transaction it belongs to. */
const answerTo = async (url: string): Promise<[URL, Transaction]> => {
  const { url: answer } = await agent.navigate(url)
  const transaction = engine.transaction(answer)
  if (transaction === null) throw new Error('the answer belongs to nothing')
  return [answer, transaction]
}

beforeEach(async () => {
  idp = await startMisbehavingProvider()
  agent = createUserAgent()
  platform = createTestPlatform({ fetch: agent.fetchFrom('https://app.test/') })
  engine = createOn(platform)
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await idp.close()
})

describe('authorizationUrl', () => {
  it('is what was asked for, and what protects it', async () => {
    const { origin, pathname, searchParams } = new URL(await engine.authorizationUrl(request))
    expect(origin + pathname).toBe(`${idp.issuer}/authorize`)
    expect(searchParams.getAll('resource')).toEqual(['urn:a', 'urn:b'])
    searchParams.delete('resource')
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: 'app',
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'openid profile',
      prompt: 'login',
      ui_locales: 'sv',
      state: expect.stringMatching(/^\w{32}$/),
      nonce: expect.stringMatching(/^[\w-]{22}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
  })

  it('notes what must survive the redirect, and no secret but the verifier', async () => {
    const url = new URL(await engine.authorizationUrl({ ...request, maxAge: 60 }))
    expect(engine.transaction(new URL(`${REDIRECT_URI}?state=${url.searchParams.get('state')}`))).toEqual({
      kind: 'login',
      returnTo: '/here',
      audience: ['urn:a', 'urn:b'],
      nonce: url.searchParams.get('nonce'),
      maxAge: 60,
      begunAt: expect.any(Number),
    })
  })

  it('cannot be made on a page that is not secure, and says so', async () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
    const error: unknown = await engine.authorizationUrl(request).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toHaveProperty('message', expect.stringContaining('secure contexts'))
  })
})

describe('exchangeCode', () => {
  it('brings tokens for the code, with the verifier that belongs to it', async () => {
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    expect(tokens).toMatchObject({
      claims: { sub: 'alice' },
      scope: ['openid', 'profile'],
      refreshToken: 'refresh-1',
    })
    expect(idp.tokenCalls).toMatchObject([
      {
        auth: 'none',
        params: {
          grant_type: 'authorization_code',
          client_id: 'app',
          redirect_uri: REDIRECT_URI,
          code_verifier: expect.stringMatching(/^\w{96}$/),
        },
      },
    ])
  })

  it('forgets the transaction before the code is sent', async () => {
    const [answer, transaction] = await answerTo(await engine.authorizationUrl(request))
    const { fetch } = platform
    const atRequest: number[] = []
    const watching: TestPlatform = {
      ...platform,
      fetch: (input, init) => {
        if (init?.method === 'POST') atRequest.push(platform.items.size)
        return fetch(input, init)
      },
    }
    await createOn(watching).exchangeCode(answer, transaction)
    expect(atRequest).toEqual([0])
    await expect(engine.exchangeCode(answer, transaction)).rejects.toBeInstanceOf(CallbackError)
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('does not take an answer that began at another IDP', async () => {
    const [answer, transaction] = await answerTo(await engine.authorizationUrl(request))
    const other = await startMisbehavingProvider()
    const there = createOn(platform, { authority: other.issuer })
    await expect(there.exchangeCode(answer, transaction)).rejects.toMatchObject({ code: 'state_mismatch' })
    expect(idp.tokenCalls.length + other.tokenCalls.length).toBe(0)
    await other.close()
  })

  it('needs no tolerance where the clocks are right', async () => {
    engine = createOn(platform, { clockTolerance: 0 })
    for (let i = 0; i < 5; i += 1) {
      const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
      await engine.refresh(tokens)
    }
  })
})

describe('tokens of a type that cannot be sent', () => {
  it('are refused at login, and at a refresh', async () => {
    const tokens = await engine.exchangeCode(...(await answerTo(await engine.authorizationUrl(request))))
    idp.traits.tokenType = 'DPoP'
    const refused = { name: 'CallbackError', code: 'callback_invalid' }
    await expect(engine.refresh(tokens)).rejects.toMatchObject(refused)
    const answer = await answerTo(await engine.authorizationUrl(request))
    await expect(engine.exchangeCode(...answer)).rejects.toMatchObject(refused)
  })
})

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
