import { describe, expect, it, onTestFinished } from 'vitest'
import { systemEdges } from '../../../src/bff/edges.js'
import { createIdp } from '../../../src/bff/idp/idp.js'
import { silentLog } from '../../../src/bff/log.js'
import { validateOptions } from '../../../src/bff/validate.js'
import { answerFor } from '../arrival.js'
import { ORIGIN, SECRET, startOddBench } from '../bench.js'
import type { Browser } from '../bench.js'

const arrive = async (browser: Browser, url: URL): Promise<string> => {
  const page = await browser.agent.navigate(url, { from: 'http://localhost' })
  return page.url.href.slice(ORIGIN.length)
}

describe('a login that fails', () => {
  const failing: [string, Parameters<typeof startOddBench>[0], string][] = [
    ['an error of the provider', { authorizationError: 'access_denied' }, 'access_denied'],
    ['an error code of its own', { authorizationError: 'user_on_holiday' }, 'user_on_holiday'],
    ['an error that is no code', { authorizationError: '<script>alert(1)</script>' }, 'oauth_error'],
    ['another issuer (mix-up)', { callbackIss: 'wrong' }, 'issuer_mismatch'],
    ['no issuer where one was announced', { callbackIss: 'missing' }, 'issuer_mismatch'],
    [
      'an error from another issuer',
      { authorizationError: 'access_denied', callbackIss: 'wrong' },
      'issuer_mismatch',
    ],
    ['a token endpoint that is down', { answers: { token: { status: 503, body: '' } } }, 'idp_unavailable'],
    ['a page instead of tokens', { answers: { token: { status: 200, body: '<html>' } } }, 'idp_unavailable'],
    ['keys that cannot be had', { answers: { jwks: { status: 500, body: '' } } }, 'idp_unavailable'],
    ['a misconfigured client', { clientSecret: 'another-test-secret' }, 'invalid_client'],
    ['a refused code', { refuseCode: { status: 400, body: '{"error":"invalid_grant"}' } }, 'invalid_grant'],
  ]

  it.each(failing)('by %s goes back with why', async (_, traits, code) => {
    const { browser } = await startOddBench(traits)
    expect(await arrive(browser, await answerFor(browser, 'return_to=/app?x=1'))).toBe(
      `/app?x=1&login_error=${code}`,
    )
    expect(await browser.session()).toEqual({ authenticated: false })
  })

  it.each([
    ['a parameter twice', (answer: URL) => answer.searchParams.append('code', 'x'), 'callback_invalid'],
    ['no code', (answer: URL) => answer.searchParams.delete('code'), 'callback_invalid'],
    ['tokens in the address', (answer: URL) => answer.searchParams.set('id_token', 'x'), 'callback_invalid'],
  ])('by %s goes back with why, and asks for nothing', async (_, change, code) => {
    const { browser, idp } = await startOddBench()
    const answer = await answerFor(browser)
    change(answer)
    expect(await arrive(browser, answer)).toBe(`/app?login_error=${code}`)
    expect(idp.tokenCalls).toEqual([])
  })

  it('by a state that is not ours, or comes twice, belongs to no login', async () => {
    const { browser, idp } = await startOddBench()
    for (const change of [
      (answer: URL) => answer.searchParams.set('state', 'x'),
      (answer: URL) => answer.searchParams.delete('state'),
    ]) {
      const answer = await answerFor(browser)
      change(answer)
      expect(await arrive(browser, answer)).toBe('/?login_error=stale_callback')
    }
    expect(idp.tokenCalls).toEqual([])
  })
})

it('an answer to another login is not exchanged, whoever has let it in', async () => {
  const { idp: provider } = await startOddBench()
  const client = { issuer: provider.issuer, clientId: 'odd', clientSecret: 'test-secret' }
  const options = validateOptions({ origin: ORIGIN, idp: client, secrets: [SECRET] })
  const idp = createIdp(options, `${ORIGIN}/bff/callback`, systemEdges, silentLog)
  onTestFinished(() => idp.close())
  const login = { state: 's', nonce: 'n', verifier: 'v'.repeat(43), params: {} }
  const checks = { ...login, maxAge: undefined, startedAt: Date.now(), resource: undefined }
  const answer = async (): Promise<URLSearchParams> => {
    const { headers } = await fetch(await idp.authorizationUrl(login), { redirect: 'manual' })
    return new URL(headers.get('location') ?? '').searchParams
  }
  await expect(idp.exchange(await answer(), { ...checks, state: 'another' })).rejects.toThrow('checks')
  expect(provider.tokenCalls).toEqual([])
  await expect(idp.exchange(await answer(), { ...checks, nonce: 'another' })).rejects.toThrow('checks')
  await expect(idp.exchange(await answer(), { ...checks, verifier: 'w'.repeat(43) })).rejects.toMatchObject({
    error: 'invalid_grant',
  })
  expect((await idp.exchange(await answer(), checks)).claims?.sub).toBe('alice')
})
