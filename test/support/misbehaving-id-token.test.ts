import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterEach, expect, it } from 'vitest'
import {
  startMisbehavingProvider,
  type IdTokenFlaw,
  type MisbehavingProvider,
  type Traits,
} from './misbehaving-provider.js'

let provider: MisbehavingProvider
afterEach(() => provider.close())

const APP = 'https://app.test/'
const exchange = async (params: Record<string, string>): Promise<Record<string, string>> => {
  const body = new URLSearchParams({ client_id: 'x', redirect_uri: APP, ...params })
  return (await fetch(`${provider.issuer}/token`, { method: 'POST', body })).json()
}
const signIn = async (traits: Partial<Traits>): Promise<Record<string, string>> => {
  provider = await startMisbehavingProvider(traits)
  const query = new URLSearchParams({ client_id: 'x', redirect_uri: APP, nonce: 'n', scope: 'openid' })
  const answer = await fetch(`${provider.issuer}/authorize?${query}`, { redirect: 'manual' })
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  return exchange({ grant_type: 'authorization_code', code })
}
const now = (): number => Date.now() / 1000
/** Whether the signature is good by the provider's own keys. */
const verifies = async (token: string): Promise<boolean> =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${provider.issuer}/jwks`))).then(
    () => true,
    () => false,
  )

it('without flaws is as it should be', async () => {
  const { id_token: token = '' } = await signIn({})
  expect(await verifies(token)).toBe(true)
  expect(decodeJwt(token)).toMatchObject({ iss: provider.issuer, aud: 'x', sub: 'alice', nonce: 'n' })
})

const CLAIMS: [IdTokenFlaw, claim: string, wrong: (value: unknown) => boolean][] = [
  ['wrong_iss', 'iss', (iss) => iss !== provider.issuer],
  ['wrong_aud', 'aud', (aud) => aud === 'another-client'],
  ['many_aud', 'aud', (aud) => Array.isArray(aud) && aud.length === 2],
  ['wrong_azp', 'azp', (azp) => azp === 'another-client'],
  ['expired', 'exp', (exp) => Number(exp) < now()],
  ['no_exp', 'exp', (exp) => exp === undefined],
  ['future_iat', 'iat', (iat) => Number(iat) > now() + 1000],
  ['no_iat', 'iat', (iat) => iat === undefined],
  ['wrong_nonce', 'nonce', (nonce) => nonce === 'another-nonce'],
  ['no_nonce', 'nonce', (nonce) => nonce === undefined],
  ['no_sub', 'sub', (sub) => sub === undefined],
]

it.each(CLAIMS)('%s: %s is wrong, under a good signature', async (flaw, claim, wrong) => {
  const { id_token: token = '' } = await signIn({ idTokenFlaws: [flaw] })
  expect(wrong(decodeJwt(token)[claim])).toBe(true)
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid: 'key-1' })
})

it('wrong_at_hash: is the hash of another token', async () => {
  const right = await signIn({})
  const hash = async (text = ''): Promise<string> => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
    return Buffer.from(digest.slice(0, 16)).toString('base64url')
  }
  expect(decodeJwt(right.id_token ?? '').at_hash).toBe(await hash(right.access_token))
  await provider.close()
  const wrong = await signIn({ idTokenFlaws: ['wrong_at_hash'] })
  expect(decodeJwt(wrong.id_token ?? '').at_hash).not.toBe(await hash(wrong.access_token))
})

it.each([
  ['bad_signature', 'ES256'],
  ['unknown_key', 'ES256'],
  ['alg_none', 'none'],
  ['alg_hs256', 'HS256'],
] as [IdTokenFlaw, string][])('%s: does not verify', async (flaw, alg) => {
  const { id_token: token = '' } = await signIn({ idTokenFlaws: [flaw] })
  expect(decodeProtectedHeader(token).alg).toBe(alg)
  expect(decodeJwt(token)).toMatchObject({ iss: provider.issuer, sub: 'alice' })
  expect(await verifies(token)).toBe(false)
})

it('garbage: is no JWT', async () => {
  const { id_token: token = '' } = await signIn({ idTokenFlaws: ['garbage'] })
  expect(() => decodeJwt(token)).toThrow('Failed to base64url decode the payload')
})

it.each([
  ['code', true, false],
  ['refresh', false, true],
  ['both', true, true],
] as const)('flaws in %s', async (flawsIn, inCode, inRefresh) => {
  const first = await signIn({ idTokenFlaws: ['wrong_iss'], flawsIn })
  const second = await exchange({ grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' })
  const wrong = ({ id_token: token = '' }: Record<string, string>) => decodeJwt(token).iss !== provider.issuer
  expect([wrong(first), wrong(second)]).toEqual([inCode, inRefresh])
})
