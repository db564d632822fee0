/** Tokens stay at the BFF (RFC 10017 §6.1), or come to the page's memory from there (§6.2, `mediateTokens`). */
import type { Platform } from '../browser/platform.js'
import { BffError, CallbackError, ConfigurationError, OAuthError, SessionEndedError } from '../errors.js'
import type { EndReason, SessionError } from '../errors.js'
import {
  CSRF_HEADER,
  LOGIN_ERROR_PARAM,
  cookieNames,
  doors,
  isLogoutAnswer,
  isSessionAnswer,
  isTokenAnswer,
  sessionFromWire,
} from '../protocol.js'
import type { AuthenticatedAnswer, TokenAnswer } from '../protocol.js'
import { list } from '../session/access.js'
import type { Session } from '../session/session.js'
import { openDoors } from './bff-http.js'
import type { Connection, LoginRequest, OAuthClient, Renewed, Restored, TokenHolder } from './oauth-client.js'

const SEEN = 'tandem.ref'

export interface BffClientOptions {
  /** The BFF's base path on this origin, e.g. `/bff`. */
  basePath: string
  /** Ask the BFF for the access token and send it from the page. The BFF must allow it (`mediateTokens`). */
  mediateTokens?: boolean
}

/** A client whose tokens never reach the browser. */
export interface BffClient extends OAuthClient {
  readonly basePath: string
}

/** A client that gets its access token from the BFF. */
export interface MediatedBffClient extends BffClient, TokenHolder {}

/**
 * Holds tokens at the BFF: the recommended default.
 * @throws ConfigurationError naming the option and the fix
 */
export function bffClient(options: BffClientOptions & { mediateTokens: true }): MediatedBffClient
export function bffClient(options: BffClientOptions & { mediateTokens?: false }): BffClient
export function bffClient({ basePath, mediateTokens = false }: BffClientOptions): BffClient {
  if (typeof basePath !== 'string' || !/^\/[\w/-]*[\w-]$/.test(basePath)) {
    throw new ConfigurationError(
      'bffClient.basePath',
      'must be a path like /bff, without a slash at its end.',
    )
  }
  let connection: BffConnection | undefined
  const client: BffClient = {
    keeper: 'bff',
    basePath,
    check(resources, origin) {
      for (const [index, { url, via }] of resources.entries()) {
        if (via === 'bff' || mediateTokens || new URL(url, origin).origin === origin) continue
        throw new ConfigurationError(
          `resources[${index}]`,
          `${url} is not on ${origin}, so it gets no credentials here. Add via: 'bff' and an upstream, or use mediateTokens.`,
        )
      }
    },
    open: (platform) => (connection = openBff(platform, basePath, mediateTokens)),
  }
  if (!mediateTokens) return client
  const getAccessToken = async (): Promise<string> => {
    const session = await connection?.access?.()
    if (connection === undefined || session === undefined) throw new SessionEndedError('unknown')
    return connection.token(session)
  }
  return Object.assign(client, { getAccessToken })
}

type BffConnection = Connection & { token(session: Session): Promise<string> }

function openBff(platform: Platform, basePath: string, mediated: boolean): BffConnection {
  const { cookies, storage } = platform
  const door = openDoors(platform, basePath)
  // Taken once, when a session is adopted: so the header says for which session a call was made.
  let csrf = '1'
  let held: { ref: string; expiresAt: number; token: Promise<TokenAnswer> } | undefined

  const adopted = (answer: AuthenticatedAnswer): Session => {
    const session: Session = sessionFromWire(answer.session)
    const value = cookies.get(cookieNames.csrf)
    if (value?.startsWith(`${session.ref}.`)) csrf = value
    return session
  }

  const forget = (): void => {
    csrf = '1'
    held = undefined
  }

  const token = async (session: Session): Promise<string> => {
    if (held?.ref !== session.ref || held.expiresAt !== session.access.expiresAt) {
      const answer = door('GET', doors.token, { csrf }).then((json) => {
        if (isTokenAnswer(json)) return json
        throw new TypeError('The BFF handed out no token: set mediateTokens there too.')
      })
      held = { ref: session.ref, expiresAt: session.access.expiresAt, token: answer }
      answer.catch(() => (held = undefined))
    }
    return (await held!.token).access_token
  }

  return {
    token,
    forget,
    async restore(signal): Promise<Restored> {
      const back = failedLogin(platform.address())
      if (cookies.get(cookieNames.hint) === undefined) return { outcome: 'absent', ...back }
      const answer = await door('GET', doors.session, { csrf: '1', signal })
      if (!isSessionAnswer(answer)) throw new TypeError('GET /session was answered in an unknown form.')
      if (!answer.authenticated) {
        const reason = answer.last?.ended_by as EndReason | undefined
        return { outcome: 'absent', ...(reason !== undefined && { reason }), ...back }
      }
      const session = adopted(answer)
      const returned = storage.getItem(SEEN) !== session.ref
      if (returned) storage.setItem(SEEN, session.ref)
      return { outcome: 'session', session, ...back, returned }
    },
    loginUrl: (request) => Promise.resolve(basePath + doors.login + query(request)),
    async logout({ scope, returnTo }) {
      const body = { scope, return_to: returnTo }
      const answer = await door('POST', doors.logout, { csrf, body, keepalive: true }).catch(
        (error: unknown) => {
          // Another session is there now: this one is over, and that one is not ours to end.
          if (error instanceof BffError) return { end_session_url: null }
          throw error
        },
      )
      return isLogoutAnswer(answer) ? answer.end_session_url : null
    },
    async renew({ ref, access }, { demanded }, signal): Promise<Renewed> {
      try {
        const body = demanded ? {} : { if_expires_at: access.expiresAt }
        const answer = await door('POST', doors.refresh, { csrf, body, signal })
        if (isSessionAnswer(answer) && answer.authenticated) {
          return { outcome: 'session', session: adopted(answer) }
        }
        throw new TypeError('POST /refresh was answered in an unknown form.')
      } catch (error) {
        if (!(error instanceof BffError)) throw error
        if (error.code !== 'session_conflict') {
          if (error.status !== 401) throw error
          return { outcome: 'ended', reason: endedBy(error.problem) }
        }
        // Another tab signed in anew: whose session it is now, the BFF says.
        const answer = await door('GET', doors.session, { csrf: '1', signal })
        if (!isSessionAnswer(answer) || !answer.authenticated) return { outcome: 'ended', reason: 'unknown' }
        const session = adopted(answer)
        return session.ref === ref ? { outcome: 'ended', reason: 'unknown' } : { outcome: 'session', session }
      }
    },
    renewsBefore: ({ via }) => mediated && via !== 'bff',
    async prepare({ url, rest, headers }, { via, upstream }, session) {
      if (via === 'bff') {
        headers.set(CSRF_HEADER, csrf)
        return new URL(`${basePath}${doors.api}${upstream}/${rest}`, platform.address())
      }
      if (mediated) headers.set('Authorization', `Bearer ${await token(session)}`)
      else headers.set(CSRF_HEADER, csrf)
      return url
    },
  }
}

/** Why the session of this problem is over. */
export const endedBy = (problem: { readonly [member: string]: unknown }): EndReason =>
  (problem['ended_by'] as EndReason | undefined) ?? 'unknown'

/** What `/callback` left in the address when the login failed, and the address without it. */
function failedLogin(address: URL): { error: SessionError; returnTo: string; returned: boolean } | undefined {
  const code = address.searchParams.get(LOGIN_ERROR_PARAM)
  if (code === null) return undefined
  address.searchParams.delete(LOGIN_ERROR_PARAM)
  const returnTo = address.pathname + address.search + address.hash
  const own = ownMessages[code]
  const error =
    own === undefined ? new OAuthError({ error: code }) : new CallbackError(code as 'login_loop', own)
  return { error, returnTo, returned: true }
}

const ownMessages: Readonly<Record<string, string>> = {
  login_loop:
    'Signing in came back three times within a minute and did not last. Wait a minute, then try again.',
  stale_callback: 'This login was begun too long ago or in another window. Start again.',
  state_mismatch: 'The answer to the login does not belong to a login of this browser. Start again.',
  issuer_mismatch: 'The answer to the login came from another identity provider than the one asked.',
  id_token_invalid: 'The identity provider answered with an ID token that does not pass its checks.',
  callback_invalid: 'The answer to the login could not be read. Start again.',
}

function query({ returnTo, prompt, loginHint, uiLocales, criteria }: LoginRequest): string {
  const params = new URLSearchParams({ return_to: returnTo })
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') params.set(name, value)
  }
  set('prompt', prompt)
  set('login_hint', loginHint)
  set('max_age', criteria?.maxAge?.toString())
  set('acr_values', list(criteria?.acr).join(' '))
  set('ui_locales', uiLocales?.join(' '))
  for (const resource of list(criteria?.audience)) params.append('resource', resource)
  return `?${params}`
}
