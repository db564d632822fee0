import { createHash } from 'node:crypto'
import { REFUSALS, type Refusal } from './refusals.js'
import type { TokenContext, TokenMint } from './tokens.js'
import type { Traits } from './traits.js'

/** How a client authenticated at the token endpoint (OpenID Connect Core §9). */
export type ClientAuth = 'basic' | 'post' | 'none'

/** One request at the token endpoint. */
export interface TokenCall {
  grant_type: string | null
  client_id: string | null
  auth: ClientAuth
  /** The parameters as sent, without the client's secret. */
  params: Record<string, string>
  status: number | null
  /** ms since epoch. */
  at: number
}

interface Code extends TokenContext {
  challenge: string | null
  redirectUri: string | null
}

export interface Grants {
  /** A code for one authorization request. */
  authorize(params: URLSearchParams, issuer: string, sub: string, sid?: string | null): string
  /** The answer to a token request: JSON to send, or a refusal. */
  exchange(traits: Traits, params: URLSearchParams, call: TokenCall): Promise<Refusal | { json: unknown }>
  /** Forgets a refresh token. */
  revoke(token: string): void
  /** Forgets every refresh token, as an administrator would. */
  revokeAll(): void
}

const s256 = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

/** Codes and refresh tokens, and what the token endpoint makes of them. */
export const createGrants = (mint: TokenMint): Grants => {
  const codes = new Map<string, Code>()
  const refreshTokens = new Map<string, TokenContext>()
  let issued = 0

  const answer = async (
    traits: Traits,
    context: TokenContext,
    grant: 'code' | 'refresh',
    refresh?: string,
  ) => {
    const flawed = traits.flawsIn === 'both' || traits.flawsIn === grant
    const accessToken = await mint.accessToken(traits, context)
    const withIdToken = grant === 'code' || traits.refreshAnswersIdToken
    const sub = grant === 'refresh' && traits.refreshSub !== null ? traits.refreshSub : context.sub
    const told = grant === 'code' ? context : { ...context, nonce: null }
    const idToken = withIdToken
      ? await mint.idToken(traits, { ...told, sub }, accessToken, flawed ? traits.idTokenFlaws : [])
      : undefined
    return {
      json: {
        access_token: accessToken,
        token_type: traits.tokenType,
        expires_in: traits.expiresIn,
        scope: traits.scope === null ? context.scope : traits.scope,
        id_token: idToken,
        refresh_token: refresh,
      },
    }
  }

  const issue = (context: TokenContext): string => {
    issued += 1
    const token = `refresh-${issued}`
    refreshTokens.set(token, context)
    return token
  }

  const exchangeCode = async (traits: Traits, params: URLSearchParams) => {
    if (traits.refuseCode) return traits.refuseCode
    const code = params.get('code') ?? ''
    const context = codes.get(code)
    codes.delete(code)
    const verified = !context?.challenge || context.challenge === s256(params.get('code_verifier') ?? '')
    if (!context || !verified || context.redirectUri !== params.get('redirect_uri'))
      return REFUSALS.invalid_grant
    return answer(traits, context, 'code', traits.issuesRefreshToken ? issue(context) : undefined)
  }

  const refresh = async (traits: Traits, params: URLSearchParams) => {
    if (traits.refuseRefresh) return traits.refuseRefresh
    const token = params.get('refresh_token') ?? ''
    const context = refreshTokens.get(token)
    if (!context) return REFUSALS.invalid_grant
    if (traits.rotates) refreshTokens.delete(token)
    const next = traits.rotates ? issue(context) : token
    return answer(traits, context, 'refresh', traits.refreshAnswersRefreshToken ? next : undefined)
  }

  return {
    authorize: (params, issuer, sub, sid) => {
      const code = crypto.randomUUID()
      codes.set(code, {
        issuer,
        ...{ sub, sid },
        clientId: params.get('client_id') ?? '',
        nonce: params.get('nonce'),
        scope: params.get('scope') ?? 'openid',
        challenge: params.get('code_challenge'),
        redirectUri: params.get('redirect_uri'),
      })
      return code
    },
    exchange: async (traits, params, call) => {
      if (traits.onlyClientAuth !== null && call.auth !== traits.onlyClientAuth)
        return REFUSALS.invalid_client
      if (call.grant_type === 'authorization_code') return exchangeCode(traits, params)
      if (call.grant_type === 'refresh_token') return refresh(traits, params)
      return { ...REFUSALS.invalid_request, body: '{"error":"unsupported_grant_type"}' }
    },
    revoke: (token) => void refreshTokens.delete(token),
    revokeAll: () => refreshTokens.clear(),
  }
}
