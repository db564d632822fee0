import * as client from 'openid-client'
import { APP_ORIGIN, BFF_CLIENT_ID, BFF_CLIENT_SECRET } from './idp.js'
import type { UserAgent } from './user-agent.js'

export interface RelyingPartyOptions {
  clientId?: string
  /** null for a public client. */
  clientSecret?: string | null
  redirectUri?: string
  scope?: string
}

export type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers

/** The simplest honest client of a provider, to drive it in tests of the provider itself. */
export interface RelyingParty {
  /** Sends the user agent to the authorization endpoint, with PKCE, `state` and `nonce`. */
  start(agent: UserAgent, params?: Record<string, string>): Promise<void>
  /** Takes the callback the user agent has arrived at, checks it, and exchanges the code. */
  finish(agent: UserAgent): Promise<Tokens>
  /** The whole of it, the user signing in where asked. */
  signIn(agent: UserAgent, user: string, params?: Record<string, string>): Promise<Tokens>
  refresh(refreshToken: string | undefined): Promise<Tokens>
  revoke(token: string): Promise<void>
  endSessionUrl(params: Record<string, string>): URL
  readonly configuration: client.Configuration
}

/** Discovers the provider; by default the confidential demo client at the test application's origin. */
export const createRelyingParty = async (
  issuer: string,
  options: RelyingPartyOptions = {},
): Promise<RelyingParty> => {
  const { clientId = BFF_CLIENT_ID, clientSecret = BFF_CLIENT_SECRET } = options
  const redirectUri = options.redirectUri ?? `${APP_ORIGIN}/bff/callback`
  const authentication = clientSecret === null ? client.None() : client.ClientSecretBasic(clientSecret)
  const configuration = await client.discovery(new URL(issuer), clientId, undefined, authentication, {
    execute: [client.allowInsecureRequests],
  })
  let pending: { pkceCodeVerifier: string; expectedState: string; expectedNonce: string } | null = null

  const start: RelyingParty['start'] = async (agent, params = {}) => {
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    pending = { pkceCodeVerifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() }
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: options.scope ?? 'openid profile email offline_access orders:read',
      state: pending.expectedState,
      nonce: pending.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...params,
    })
    await agent.navigate(url)
  }

  const finish: RelyingParty['finish'] = async (agent) => {
    const { url } = agent.page ?? {}
    if (!url || !pending) throw new Error('start first')
    return client.authorizationCodeGrant(configuration, url, { ...pending, idTokenExpected: true })
  }

  return {
    configuration,
    start,
    finish,
    signIn: async (agent, user, params) => {
      await start(agent, params)
      if (agent.page?.url.origin === new URL(issuer).origin) await agent.login(user)
      return finish(agent)
    },
    refresh: (refreshToken) => {
      if (refreshToken === undefined) throw new Error('there is no refresh token')
      return client.refreshTokenGrant(configuration, refreshToken)
    },
    revoke: (token) => client.tokenRevocation(configuration, token),
    endSessionUrl: (params) => client.buildEndSessionUrl(configuration, params),
  }
}
