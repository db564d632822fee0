/** Access tokens that a browser-based client brings to a BFF that accepts them (`acceptTokens`). */
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { Browser, startOddBench } from './bench.js'

type Bench = Awaited<ReturnType<typeof startOddBench>>

/** Access tokens that this provider could have issued to a browser-based client, and such that it could not. */
export async function tokenMaker(bench: Bench) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const kid = 'browser-test'
  bench.idp.traits.answers = {
    ...bench.idp.traits.answers,
    jwks: {
      status: 200,
      contentType: 'application/json',
      body: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }] }),
    },
  }
  return (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = privateKey) =>
    new SignJWT({
      iss: bench.idp.issuer,
      sub: 'alice',
      client_id: 'spa',
      aud: 'urn:test:api',
      scope: 'a b',
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid, typ: 'at+jwt', ...header })
      .setIssuedAt()
      .setExpirationTime(claims['exp'] === undefined ? '5m' : (claims['exp'] as number))
      .sign(key)
}

/** Options of a bench whose BFF takes the tokens of `spa`. */
export const accepting = {
  bff: <Base extends object>(base: Base): Base => ({
    ...base,
    acceptTokens: { clientId: 'spa', audience: ['urn:test:api'] },
  }),
}

/** Brings a token to `POST /session`. */
export const bring = (
  browser: Browser,
  token: string,
  init: { csrf?: string | null } = { csrf: null },
): Promise<Response> =>
  browser.fetch('/bff/session', { method: 'POST', headers: { authorization: `Bearer ${token}` }, ...init })
