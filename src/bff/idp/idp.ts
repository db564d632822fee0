/** The identity provider as the BFF asks it: over openid-client, always with PKCE, state, nonce and full validation. */
import * as oidc from 'openid-client'
import { CallbackError } from '../../errors.js'
import { createDpopKey, thumbprintOf } from '../dpop/key.js'
import type { DpopKey } from '../dpop/key.js'
import { atMost } from '../edges.js'
import { judgeAnswer } from './answer.js'
import { authorizationAddress } from './authorization.js'
import { isJwtMode, readResponse } from './authorization-response.js'
import type { Edges } from '../edges.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import { createAcceptance } from './acceptance.js'
import type { AcceptedToken } from './acceptance.js'
import { dpopOptions } from './dpop.js'
import { failureIn, NoAnswer, OtherUser } from './failures.js'
import { checkAge, checkIdToken } from './id-token.js'
import { createMetadataSource } from './metadata.js'
import { readLogoutToken } from '../logout-token.js'
import type { LogoutToken } from '../logout-token.js'
import { withPatience } from './patience.js'
import type { Condition } from './patience.js'
import { createRevocation } from './revocation.js'
import type { Revocation } from './revocation.js'
import { tokensOf } from './tokens.js'
import type { Granted, Tokens } from './tokens.js'
import { profileClaims } from './userinfo.js'

/** What a login is: known to this BFF and, but for the verifier, told to the IDP. */
export interface AuthorizationRequest {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Further parameters, e.g. `prompt`; repeated ones as a list. */
  readonly params: Readonly<Record<string, string | readonly string[]>>
  /** The key that the code, and later the access token, is to be bound to (RFC 9449 §10). */
  readonly dpopKey?: DpopKey | undefined
}

/** What an answer at the redirect URI must fit. */
export interface AuthorizationChecks {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** The `max_age` asked for, s. */
  readonly maxAge: number | undefined
  /** When the login was begun, ms since the epoch. */
  readonly startedAt: number
  /** The resource the access token is to be for. */
  readonly resource: string | undefined
  /** The key the code is bound to, where the authorization request named one. */
  readonly dpopKey?: DpopKey | undefined
}

/** Where to send the browser to end the IDP session. */
export interface EndSessionRequest {
  readonly idToken: string | null
  readonly logoutHint: string | null
  /** Absolute; registered at the IDP. */
  readonly returnTo: string
}

/** The identity provider. */
export interface Idp extends Condition {
  /** Where to send the browser to sign in; rejects with {@link NoAnswer}. */
  authorizationUrl(request: AuthorizationRequest): Promise<string>
  /**
   * The parameters of an answer at the redirect URI: where a signed one was asked for (`idp.responseMode`), those it has in its JWT, verified. Rejects with
   * a `CallbackError` where that is not what came, with {@link NoAnswer} where it cannot be told.
   */
  read(answer: URLSearchParams): Promise<URLSearchParams>
  /**
   * What is wrong with an answer at the redirect URI, before anything of it is used: the code of it, or `null`. Its issuer (RFC 9207
   * §2.4), its form, or an error of the IDP's, whose code is kept.
   */
  judge(answer: URLSearchParams): Promise<string | null>
  /**
   * Exchanges the code of an answer at the redirect URI. Rejects with a `CallbackError` where the answer or the ID token is wrong,
   * `Refused` where the IDP refused, {@link NoAnswer} where it did not answer.
   */
  exchange(answer: URLSearchParams, checks: AuthorizationChecks): Promise<Tokens>
  /**
   * Renews access, with a proof of the session's `dpopKey` where it has one; `before`: what it granted. Rejects with `Refused`, {@link NoAnswer} or
   * {@link OtherUser}.
   */
  refresh(
    refreshToken: string,
    sub: string,
    resource: string | undefined,
    dpopKey?: DpopKey,
    before?: Granted,
  ): Promise<Tokens>
  /** Revokes a token, a refresh token by default: see {@link Revocation}. */
  revoke: Revocation['revoke']
  /** RP-Initiated Logout 1.0 §2; `null` where the IDP has no such endpoint, `undefined` where it cannot be asked now. */
  endSessionUrl(request: EndSessionRequest): Promise<string | null | undefined>
  /** Checks a browser-based client's access token; rejects with `TokenNotAccepted` or {@link NoAnswer}. */
  accept(accessToken: string): Promise<AcceptedToken>
  /** Checks a logout token; rejects with `LogoutTokenInvalid` or {@link NoAnswer}. */
  readLogoutToken(token: string): Promise<LogoutToken>
  /** Gives up what is to be tried again. */
  close(): void
}

/** An ID token longer than this stays out of an address. */
const LONGEST_HINT = 2000
/** How long a logout waits for metadata, ms. */
const PATIENCE = 2000

/** Makes the way to the IDP. Asks nothing yet. */
export function createIdp(options: ResolvedOptions, redirectUri: string, edges: Edges, log: Log): Idp {
  const { idp } = options
  const source = createMetadataSource(idp, edges, log)
  const revocation = createRevocation(source, edges, log)
  const scope = idp.scope.split(' ')
  const tokenParameters = (resource: string | undefined): Record<string, string> =>
    resource === undefined ? {} : { resource }
  // Who has a key goes on with it, whatever the option says now; a session of before gets one.
  const keyFor = async (given: DpopKey | undefined): Promise<DpopKey | undefined> =>
    given ?? (idp.dpop ? createDpopKey() : undefined)

  const direct: Omit<Idp, keyof Condition> = {
    async authorizationUrl({ state, nonce, verifier, params, dpopKey }) {
      const provider = await source.get()
      const all = new URLSearchParams()
      for (const [name, value] of Object.entries({ ...idp.authorizationParams, ...params }))
        for (const one of [value].flat()) all.append(name, one)
      const fixed = {
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: idp.scope,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(idp.responseMode !== null && { response_mode: idp.responseMode }),
        ...(dpopKey !== undefined && { dpop_jkt: await thumbprintOf(dpopKey) }),
      }
      for (const [name, value] of Object.entries(fixed)) all.set(name, value)
      return authorizationAddress(provider, all, idp, edges)
    },

    async read(answer) {
      if (!isJwtMode(idp.responseMode)) return answer
      return readResponse(answer, await source.get(), { ...idp, now: edges.now() })
    },

    judge: async (answer) => judgeAnswer(answer, (await source.get()).metadata),

    async exchange(answer, { state, nonce, verifier, maxAge, startedAt, resource, dpopKey: given }) {
      const provider = await source.get()
      const dpopKey = await keyFor(given)
      try {
        const result = await oidc.authorizationCodeGrant(
          provider.client,
          new URL(`${redirectUri}?${answer}`),
          {
            expectedState: state,
            expectedNonce: nonce,
            pkceCodeVerifier: verifier,
            ...(maxAge !== undefined && { maxAge }),
          },
          tokenParameters(resource),
          await dpopOptions(provider, dpopKey),
        )
        const tokens = tokensOf(result, { scope, resource, dpopKey, mustBeBound: idp.dpop }, edges.now())
        await checked(tokens, provider)
        if (maxAge !== undefined) checkAge(tokens.claims ?? {}, { maxAge, took: edges.now() - startedAt })
        const profile = await profileClaims(provider, tokens, { scope, resource }, edges, log)
        return { ...tokens, profile }
      } catch (error) {
        throw (
          failureIn(error) ??
          (error instanceof CallbackError ? error : undefined) ??
          new CallbackError('id_token_invalid', 'The answer failed its checks.', { cause: error })
        )
      }
    },

    async refresh(refreshToken, sub, resource, given, before) {
      const provider = await source.get()
      const dpopKey = await keyFor(given)
      let tokens: Tokens
      try {
        const proven = await dpopOptions(provider, dpopKey)
        const parameters = tokenParameters(resource)
        const result = await oidc.refreshTokenGrant(provider.client, refreshToken, parameters, proven)
        const asked = { scope, resource, dpopKey, mustBeBound: idp.dpop, ...before }
        tokens = tokensOf(result, asked, edges.now())
        // These came straight from the token endpoint: without the keys, TLS vouches for them (Core §3.1.3.7, 6).
        await checked(tokens, provider).catch((error: unknown) => {
          if (!(error instanceof NoAnswer)) throw error
        })
      } catch (error) {
        // What kind of token came is told by the cause.
        const cause = error instanceof CallbackError ? error.cause : error
        throw (
          failureIn(error) ??
          new NoAnswer('The answer to a refresh failed its checks.', { lost: true, cause })
        )
      }
      if (tokens.claims !== null && tokens.claims.sub !== sub) throw new OtherUser(tokens.refreshToken)
      return tokens
    },

    revoke: revocation.revoke,

    async endSessionUrl({ idToken, logoutHint, returnTo }) {
      const provider = await atMost(edges, source.get(), PATIENCE).catch(() => undefined)
      if (provider === undefined) return undefined
      if (provider.metadata.end_session_endpoint === undefined) return null
      const hint = idp.idTokenHint && idToken !== null && idToken.length <= LONGEST_HINT
      return oidc.buildEndSessionUrl(provider.client, {
        ...(hint && { id_token_hint: idToken }),
        ...(!hint && logoutHint !== null && { logout_hint: logoutHint }),
        post_logout_redirect_uri: returnTo,
      }).href
    },

    accept: createAcceptance(options, source, edges),

    readLogoutToken: async (token) =>
      readLogoutToken(token, await source.get(), { ...idp, now: edges.now() }),

    close: revocation.close,
  }
  return withPatience(direct, source, edges, log)

  async function checked(
    { claims, idToken, access }: Tokens,
    provider: Awaited<ReturnType<typeof source.get>>,
  ) {
    if (claims === null || idToken === null) return
    await checkIdToken(idToken, claims, provider, {
      accessToken: access.value,
      clientId: idp.clientId,
      now: edges.now(),
      clockTolerance: idp.clockTolerance,
    })
  }
}
