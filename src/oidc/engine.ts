/**
 * The protocol, on oidc-client-ts' `SigninState`: it makes PKCE and `state`, and is how a transaction is kept. The rest of its
 * `OidcClient` would go unused, and be downloaded. The token endpoint is asked from here, because its answers must be told apart by their status, and what comes
 * back is checked in `claims.ts`.
 */
import { SigninState, State } from 'oidc-client-ts'
import { CallbackError, NetworkError } from '../errors.js'
import { checkCallback, checkIdToken } from './claims.js'
import { ofEngine, tokensIn } from './failures.js'
import { createHttp } from './http.js'
import { decodeJwt, randomText } from './jwt.js'
import type { Members } from './jwt.js'
import { isSecureUrl, loadMetadata } from './metadata.js'
import type { ClientSettings, IdpMetadata, World } from './settings.js'
import { createTimekeeper } from './time.js'
import { tokensFrom } from './tokens.js'
import type { Tokens } from './tokens.js'
import { openTransactions } from './transactions.js'
import type { Transaction } from './transactions.js'
import { withProfile } from './userinfo.js'

export { createHolder } from './holder.js'

/** How long an answer of the token endpoint is waited for: it may hold the only token that is still good. ms */
const PATIENCE = 30_000
/** Longer ID tokens do not fit into every server's request line. */
const LONGEST_HINT = 2_000
/** How long a login page may stay open, s. */
const LOGIN_LIFETIME = 3_600

/** An authorization request, beside what every one has. */
export interface AuthorizationRequest extends Omit<Transaction, 'nonce' | 'begunAt'> {
  readonly redirectUri: string
  readonly scope: string
  /** Further parameters, wire names. */
  readonly params: Readonly<Record<string, string>>
}

/** What can be asked of an IDP. Everything rejects with a `NetworkError` where no answer came. */
export interface Engine {
  /** The address to send the user to. @throws ConfigurationError where the IDP or the page cannot do it */
  authorizationUrl(request: AuthorizationRequest): Promise<string>
  /** The transaction an answer at the redirect URI belongs to, or null. */
  transaction(answer: URL): Transaction | null
  /**
   * Takes the answer's transaction away, then exchanges its code: whatever happens, a code is sent once.
   * @throws CallbackError; OAuthError
   */
  exchangeCode(answer: URL, transaction: Transaction): Promise<Tokens>
  /**
   * Takes the answer's transaction away and checks the answer, whose code is not needed. Resolves with its `session_state`.
   * @throws CallbackError; OAuthError
   */
  checkAnswer(answer: URL): Promise<string | undefined>
  /** @throws OAuthError for a refusal; CallbackError and SessionEndedError for an ID token that is not accepted */
  refresh(tokens: Tokens): Promise<Tokens>
  /** Where the clock is unsure, learns what time it is. */
  assureTime(): Promise<void>
  /**
   * Revokes the refresh token, and an access token that is asked about, where the IDP can (RFC 7009); survives the page. Resolves with
   * what it did not revoke.
   */
  revoke(tokens: Tokens): Promise<readonly string[]>
  /** Where to send the user to end the IDP session (RP-Initiated Logout 1.0), or null. */
  endSessionUrl(tokens: Tokens | undefined, returnTo: string): Promise<string | null>
  /** The IDP's `check_session_iframe` (OpenID Connect Session Management 1.0 §3), or null. */
  checkSessionUrl(): Promise<string | null>
}

export function createEngine(settings: ClientSettings, world: World): Engine {
  const { clientId: client_id } = settings
  const { clock } = world
  const tolerance = (settings.clockTolerance ?? 60) * 1000
  const transactions = openTransactions(world.storage)
  const http = createHttp(world)
  const time = createTimekeeper(http, world, tolerance)
  let opened: Promise<IdpMetadata> | undefined

  const open = (): Promise<IdpMetadata> => {
    opened ??= loadMetadata(settings, http)
    opened.catch(() => (opened = undefined))
    return opened
  }

  const issued = async (form: Record<string, string | undefined>): Promise<Members> => {
    const metadata = await open()
    const answer = await http(metadata.token_endpoint, PATIENCE, {
      ...form,
      client_id,
    })
    const wire = tokensIn(answer, clock.now())
    await time.learn(answer, decodeJwt(String(wire['id_token']))?.claims['iat'])
    return wire
  }

  /** The code of an answer, and what is noted about it. Whatever happens, it is taken away. */
  const codeIn = async (answer: URL): Promise<{ code: string; state: SigninState }> => {
    const metadata = await open()
    const entry = await transactions.remove(answer.searchParams.get('state') ?? '')
    if (entry === null) throw new CallbackError('state_mismatch', FOREIGN)
    const state = await SigninState.fromStorageString(entry)
    // The code goes only where the login began (RFC 9700 §4.4.2).
    if (state.authority !== metadata.issuer || state.client_id !== client_id) {
      throw new CallbackError('state_mismatch', FOREIGN)
    }
    return { code: checkCallback(answer.searchParams, metadata), state }
  }

  const expected = async (wire: Members) => ({
    issuer: (await open()).issuer,
    clientId: client_id,
    accessToken: String(wire['access_token']),
    now: clock.now(),
    tolerance,
  })

  return {
    async authorizationUrl({ redirectUri, scope, params, ...noted }) {
      const { authorization_endpoint, issuer } = await open()
      const transaction: Transaction = {
        ...noted,
        nonce: randomText(),
        begunAt: clock.device(),
      }
      const state = await SigninState.create({
        data: transaction,
        code_verifier: true,
        client_id,
        authority: issuer,
        redirect_uri: redirectUri,
        scope,
      }).catch((cause: unknown) => {
        throw ofEngine(cause)
      })
      await State.clearStaleState(transactions, LOGIN_LIFETIME)
      await transactions.set(state.id, state.toStorageString())
      const url = addressOf(authorization_endpoint, {
        ...params,
        response_type: 'code',
        client_id,
        redirect_uri: redirectUri,
        scope,
        state: state.id,
        nonce: transaction.nonce,
        code_challenge: state.code_challenge,
        code_challenge_method: 'S256',
      })
      for (const resource of noted.audience) url.searchParams.append('resource', resource)
      return url.href
    },
    transaction: (answer) => transactions.find(answer.searchParams.get('state') ?? ''),
    async exchangeCode(answer, { nonce, maxAge, audience, begunAt }) {
      const { code, state } = await codeIn(answer)
      const { code_verifier, scope, redirect_uri: redirected } = state
      const form = {
        grant_type: 'authorization_code',
        code,
        code_verifier,
        redirect_uri: redirected,
      }
      const wire = await issued(form).catch((error: unknown) => {
        // A client that is refused is refused for good, as far as this login goes.
        throw error instanceof NetworkError && !error.retryable ? error.cause : error
      })
      const since = begunAt + clock.now() - clock.device()
      const claims = await checkIdToken(wire['id_token'], {
        ...(await expected(wire)),
        nonce,
        maxAge,
        since,
      })
      const before = { nonce, sessionState: sessionStateIn(answer), scope: scope.split(' '), audience }
      const tokens = tokensFrom(wire, before, claims, clock.now())
      // A token for an API is none for that endpoint.
      return audience.length > 0 ? tokens : withProfile(tokens, (await open()).userinfo_endpoint, http)
    },
    async checkAnswer(answer) {
      await codeIn(answer)
      return sessionStateIn(answer)
    },
    assureTime: time.assure,
    async refresh(tokens) {
      const wire = await issued({
        grant_type: 'refresh_token',
        refresh_token: tokens.refreshToken,
      })
      const { nonce, claims } = tokens
      const renewed =
        wire['id_token'] === undefined
          ? claims
          : await checkIdToken(wire['id_token'], {
              ...(await expected(wire)),
              ...{ nonce, sub: claims.sub, since: 0 },
            })
      // What it no longer says about the authentication is still true of it.
      return tokensFrom(wire, tokens, { ...claims, ...renewed }, clock.now())
    },
    async revoke({ refreshToken, accessToken }) {
      const endpoint = (await open()).revocation_endpoint
      const left: string[] = []
      const revoke = async (token: string | undefined, token_type_hint: string): Promise<void> => {
        if (endpoint === undefined || token === undefined) return
        const form = { token, token_type_hint, client_id }
        const answer = await http(endpoint, PATIENCE, form, { keepalive: true }).catch(() => undefined)
        if (answer?.status !== 200) left.push(token_type_hint)
      }
      // A JWT is believed without asking the IDP: by most, revoking it would change nothing.
      const asked = settings.revokeAccessToken || decodeJwt(accessToken) === null ? accessToken : undefined
      await Promise.all([revoke(asked, 'access_token'), revoke(refreshToken, 'refresh_token')])
      return left
    },
    async endSessionUrl(tokens, returnTo) {
      const { end_session_endpoint } = await open()
      if (end_session_endpoint === undefined) return null
      const short = tokens !== undefined && tokens.idToken.length <= LONGEST_HINT
      return addressOf(end_session_endpoint, {
        client_id,
        id_token_hint: short ? tokens.idToken : undefined,
        post_logout_redirect_uri: returnTo,
        logout_hint: short ? undefined : tokens && logoutHint(tokens.claims),
      }).href
    },
    async checkSessionUrl() {
      const { check_session_iframe } = await open()
      return isSecureUrl(check_session_iframe) ? check_session_iframe : null
    },
  }
}

const FOREIGN = 'The answer belongs to no login of this tab. Start again.'

function addressOf(endpoint: string, params: Record<string, string | undefined>): URL {
  const url = new URL(endpoint)
  for (const [name, value] of Object.entries(params))
    if (value !== undefined) url.searchParams.set(name, value)
  return url
}

const sessionStateIn = (answer: URL): string | undefined =>
  answer.searchParams.get('session_state') ?? undefined

/** How the IDP knows the user: its own word for that, its session, or the subject. */
const logoutHint = ({ login_hint, sid, sub }: Members): string => String(login_hint ?? sid ?? sub)
