import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as oidc from 'openid-client'
import { describe, expect, it } from 'vitest'
import { createDpopKey, publicPartOf } from '../../../src/bff/dpop/key.js'
import { createNonces } from '../../../src/bff/dpop/nonces.js'
import { dpopOptions } from '../../../src/bff/idp/dpop.js'
import { failureIn } from '../../../src/bff/idp/failures.js'
import { wire } from '../../../src/bff/idp/wire.js'
import { startOddBench } from '../bench.js'

const TOKEN = 'https://idp.test/token'

/** A provider that wants these nonces, one after the other, and the proofs it got. */
function provider(wanted: readonly string[]) {
  const nonces = createNonces()
  const proofs: string[] = []
  const client = new oidc.Configuration({ issuer: 'https://idp.test', token_endpoint: TOKEN }, 'test-client')
  const answer = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    const proof = new Headers(init?.headers).get('dpop') ?? ''
    const nonce = wanted[proofs.length] ?? wanted.at(-1)
    proofs.push(proof)
    if (nonce !== undefined && decodeJwt(proof)['nonce'] !== nonce)
      return Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers: { 'dpop-nonce': nonce } })
    return Response.json({ access_token: 'a', token_type: 'DPoP' })
  }
  client[oidc.customFetch] = wire({ fetch: answer, now: Date.now }, TOKEN, undefined, nonces)
  return { client, nonces, proofs }
}

describe('a request of the protocol library', () => {
  it('has no proof without a key', async () => {
    expect(await dpopOptions(provider([]), undefined)).toEqual({})
  })

  it('is proven with the key of its session', async () => {
    const { client, nonces, proofs } = provider([])
    const key = await createDpopKey()
    await oidc.refreshTokenGrant(client, 'r', {}, await dpopOptions({ client, nonces }, key))
    expect(decodeProtectedHeader(proofs[0] ?? '')).toMatchObject({ typ: 'dpop+jwt', jwk: publicPartOf(key) })
    expect(decodeJwt(proofs[0] ?? '')).toMatchObject({ htm: 'POST', htu: TOKEN })
  })

  it('is made again with the nonce that is wanted; another session uses that one at once', async () => {
    const { client, nonces, proofs } = provider(['n-1'])
    for (const key of [await createDpopKey(), await createDpopKey()])
      await oidc.refreshTokenGrant(client, 'r', {}, await dpopOptions({ client, nonces }, key))
    expect(proofs.map((proof) => decodeJwt(proof)['nonce'])).toEqual([undefined, 'n-1', 'n-1'])
  })

  it('is given up where another nonce is wanted each time: that is no answer about anybody’s session', async () => {
    const { client, nonces, proofs } = provider(['n-1', 'n-2', 'n-3'])
    const options = await dpopOptions({ client, nonces }, await createDpopKey())
    const error: unknown = await oidc.refreshTokenGrant(client, 'r', {}, options).catch((one: unknown) => one)
    expect(failureIn(error)).toMatchObject({ name: 'UnusableAnswer', lost: false, error: 'use_dpop_nonce' })
    expect(proofs).toHaveLength(2)
  })
})

describe('a provider that', () => {
  const dpop = {
    bff: <Base extends { idp: object }>(base: Base): Base => ({ ...base, idp: { ...base.idp, dpop: true } }),
  }

  it.each(['DPoP', 'dpop'])('issues tokens of type %s: the session is there', async (tokenType) => {
    const { browser } = await startOddBench({ tokenType }, dpop)
    await browser.login()
    expect((await browser.session()).authenticated).toBe(true)
  })

  it.each(['Bearer', '', 'mac'])('issues tokens of type %j: no login', async (tokenType) => {
    const { browser, log } = await startOddBench({ tokenType }, dpop)
    expect((await browser.login()).search).toMatch(/login_error=(?:callback|id_token)_invalid/)
    expect(log).toMatchObject([{ event: 'login_failed' }])
  })

  it('falls back to Bearer at a refresh: the answer is discarded, and the session keeps what it has', async () => {
    const { browser, idp, api, log } = await startOddBench({ tokenType: 'DPoP' }, dpop)
    await browser.login()
    idp.traits.tokenType = 'Bearer'
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect(api.calls[0]?.headers.authorization).toMatch(/^DPoP /)
    expect(log.at(-1)).toMatchObject({ event: 'refresh_failed', cause: 'token_type_not_dpop' })
  })

  it.each(['invalid_dpop_proof', 'use_dpop_nonce'])(
    'refuses a proof (%s): nobody is signed out for it',
    async (error) => {
      const { browser, idp } = await startOddBench({ tokenType: 'DPoP' }, dpop)
      await browser.login()
      const contentType = 'application/json'
      idp.traits.refuseRefresh = { status: 400, contentType, body: JSON.stringify({ error }) }
      expect((await browser.post('/bff/refresh')).status).toBe(503)
      idp.traits.refuseRefresh = null
      expect((await browser.post('/bff/refresh')).status).toBe(200)
    },
  )
})
