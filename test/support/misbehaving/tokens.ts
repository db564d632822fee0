import { createHash } from 'node:crypto'
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
} from 'jose'
import type { IdTokenFlaw, Traits } from './traits.js'

/** Who a token is for, and what it must repeat. */
export interface TokenContext {
  issuer: string
  clientId: string
  sub: string
  /** Where it is not that of the traits; null leaves it out. */
  sid?: string | null | undefined
  nonce: string | null
  scope: string
}

export interface TokenMint {
  /** Any JWT, signed by the key in the JWKS; `unknown`: by one that is not. */
  sign(payload: JWTPayload, header?: Partial<JWTHeaderParameters>, unknown?: boolean): Promise<string>
  jwks: { keys: JWK[] }
  accessToken(traits: Traits, context: TokenContext): Promise<string>
  idToken(
    traits: Traits,
    context: TokenContext,
    accessToken: string,
    flaws: readonly IdTokenFlaw[],
  ): Promise<string>
}

const halfHash = (value: string): string =>
  createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url')

const claims = (
  traits: Traits,
  context: TokenContext,
  accessToken: string,
  flaws: readonly IdTokenFlaw[],
  now: () => number,
): JWTPayload => {
  const has = (flaw: IdTokenFlaw): boolean => flaws.includes(flaw)
  const payload: JWTPayload = {
    ...traits.user,
    iss: has('wrong_iss') ? 'https://elsewhere.example' : context.issuer,
    sub: context.sub,
    aud: has('wrong_aud') ? 'another-client' : context.clientId,
    exp: has('expired') ? now() - 3600 : now() + 300,
    iat: has('future_iat') ? now() + 3600 : has('expired') ? now() - 7200 : now(),
    at_hash: halfHash(has('wrong_at_hash') ? `not ${accessToken}` : accessToken),
    nonce: has('wrong_nonce') ? 'another-nonce' : context.nonce,
    sid: context.sid === undefined ? traits.sid : context.sid,
    acr: traits.acr,
    amr: traits.amr,
    auth_time: traits.authTime,
    padding: traits.claimsSize > 0 ? 'x'.repeat(traits.claimsSize) : null,
  }
  if (has('many_aud')) payload.aud = [context.clientId, 'another-client']
  if (has('wrong_azp')) payload.azp = 'another-client'
  const without: [IdTokenFlaw, string][] = [
    ['no_exp', 'exp'],
    ['no_iat', 'iat'],
    ['no_nonce', 'nonce'],
    ['no_sub', 'sub'],
  ]
  for (const [flaw, claim] of without) if (has(flaw)) delete payload[claim]
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null))
}

const otherSignature = (jwt: string): string => {
  const at = jwt.lastIndexOf('.') + 1
  return jwt.slice(0, at) + (jwt[at] === 'A' ? 'B' : 'A') + jwt.slice(at + 1)
}

/** Makes the tokens, right or wrong, with keys of its own (ES256, named in the JWKS). `now`: s since the epoch. */
export const createMint = async (now: () => number): Promise<TokenMint> => {
  const [ours, unknown] = await Promise.all([
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
  ])
  const header = { alg: 'ES256', kid: 'key-1' }
  const spki = await exportSPKI(ours.publicKey)
  const sign = (payload: JWTPayload, key = ours.privateKey): Promise<string> =>
    new SignJWT(payload).setProtectedHeader(header).sign(key)

  return {
    jwks: { keys: [{ ...(await exportJWK(ours.publicKey)), ...header, use: 'sig' }] },

    sign: (payload, more = {}, byUnknown = false) =>
      new SignJWT(payload)
        .setProtectedHeader({ ...header, ...more })
        .sign(byUnknown ? unknown.privateKey : ours.privateKey),

    accessToken: async (traits, { issuer, clientId, sub, scope }) => {
      const id = crypto.randomUUID()
      if (traits.accessToken === 'opaque') return `opaque-${id}`
      const { audience: aud, accessTokenLifetime } = traits
      const payload = { iss: issuer, aud, sub, client_id: clientId, scope, jti: id }
      return new SignJWT({ ...payload, iat: now(), exp: now() + accessTokenLifetime })
        .setProtectedHeader({ ...header, typ: 'at+jwt' })
        .sign(ours.privateKey)
    },

    idToken: async (traits, context, accessToken, flaws) => {
      if (flaws.includes('garbage')) return 'not.a.jwt'
      const payload = claims(traits, context, accessToken, flaws, now)
      if (flaws.includes('alg_none')) return new UnsecuredJWT(payload).encode()
      if (flaws.includes('alg_hs256')) {
        const secret = new TextEncoder().encode(traits.clientSecret ?? spki)
        return new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(secret)
      }
      const signed = await sign(payload, flaws.includes('unknown_key') ? unknown.privateKey : ours.privateKey)
      return flaws.includes('bad_signature') ? otherSignature(signed) : signed
    },
  }
}
