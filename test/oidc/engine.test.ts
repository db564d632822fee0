// @vitest-environment node
import { describe, expect, it, vi } from 'vitest'
import { CallbackError, ConfigurationError } from '../../src/errors.js'
import { startMisbehavingProvider } from '../support/misbehaving-provider.js'
import type { TestPlatform } from '../support/test-platform.js'
import {
  REDIRECT_URI,
  idp,
  platform,
  engine,
  createOn,
  request,
  answerTo,
  eachTest,
  useEngine,
} from './engine-bench.js'

eachTest()

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
    useEngine({ clockTolerance: 0 })
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
