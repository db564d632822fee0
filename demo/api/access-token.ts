import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'

/** Why a request is refused, as the challenge of RFC 6750 §3 and RFC 9470 §3 says it. */
export interface Challenge {
  status: 401 | 403
  /** Value of `WWW-Authenticate`. */
  header: string
}

export type Verdict = { claims: JWTPayload } | { challenge: Challenge }

const challenge = (parameters: Record<string, string>): Verdict => {
  const text = Object.entries(parameters).map(([name, value]) => `${name}="${value.replaceAll('"', "'")}"`)
  return { challenge: { status: 401, header: ['Bearer', text.join(', ')].join(' ').trim() } }
}

/** A challenge to authenticate again, more strongly or more recently (RFC 9470 §3). */
export const stepUp = (needed: { acr_values: string } | { max_age: string }): Verdict =>
  challenge({
    error: 'insufficient_user_authentication',
    error_description: 'this needs a stronger or a more recent authentication',
    ...needed,
  })

/** Codes that speak of the token; any other failure (no keys, no provider) says nothing about it. */
const REFUSALS = /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT_SUPPORTED|JWKS_NO_MATCHING_KEY)/

/** Verifies bearer tokens of one issuer for one audience (RFC 9068 §4). Keys are fetched when first
 * needed; where that fails, it throws. */
export const createVerifier = (
  issuer: string,
  audience: string,
  clockTolerance = 0,
  discoveryUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
): ((authorization: string | undefined) => Promise<Verdict>) => {
  let keys: Promise<JWTVerifyGetKey> | null = null
  const discover = async (): Promise<JWTVerifyGetKey> => {
    const answer = await fetch(discoveryUrl)
    if (!answer.ok) throw new Error(`the provider's metadata was answered with ${answer.status}`)
    const { jwks_uri: uri } = (await answer.json()) as { jwks_uri: string }
    return createRemoteJWKSet(new URL(uri))
  }
  const keysOf = (): Promise<JWTVerifyGetKey> => {
    keys ??= discover().catch((error: unknown) => {
      keys = null
      throw error
    })
    return keys
  }

  return async (authorization) => {
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return challenge({})
    try {
      const { payload } = await jwtVerify(token, await keysOf(), {
        issuer,
        audience,
        typ: 'at+jwt',
        clockTolerance,
      })
      return { claims: payload }
    } catch (error) {
      if (!(error instanceof errors.JOSEError) || !REFUSALS.test(error.code)) throw error
      return challenge({ error: 'invalid_token', error_description: error.message })
    }
  }
}
