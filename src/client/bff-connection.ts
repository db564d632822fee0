/** The open way to a BFF: what the session client asks of its doors (DESIGN §6). */
import type { Platform } from '../browser/platform.js'
import { BffError, SessionEndedError } from '../errors.js'
import type { EndReason } from '../errors.js'
import {
  CSRF_COOKIE,
  CSRF_HEADER,
  HINT_COOKIE,
  LOGIN_ERROR_PARAM,
  isLogoutAnswer,
  isSessionAnswer,
  isTokenAnswer,
  sessionFromWire,
} from '../protocol.js'
import { list } from '../session/access.js'
import type { Session } from '../session/session.js'
import { absentBy, openDoors } from './bff-http.js'
import { loginError } from './login-error.js'
import type { Absent, Connection, Found, LoginRequest, Renewed, Resource } from './oauth-client.js'
import { withPatience } from './patience.js'
import { pathOf } from './return-to.js'

/** The session this tab saw last, or '' for none: another one means that a login came back. */
const SEEN = 'tandem.ref'
/** What the BFF takes as `return_to` at most, bytes. */
const LONGEST_RETURN = 2048

/** A connection that can be asked for the access token, where the BFF hands it out. */
export interface BffConnection extends Connection {
  access(refused?: boolean): Promise<Session>
  token(session: Session): Promise<string>
}

/** @param mediated whether the page gets the access token from the BFF and sends it itself */
export function openBff(platform: Platform, basePath: string, mediated: boolean): BffConnection {
  const { clock, cookies, storage } = platform
  const door = openDoors(platform, basePath)
  // Taken once, when a session is adopted: so the header says for which session a call was made.
  let csrf = ''
  let held: { readonly session: Session; readonly token: Promise<string> } | undefined

  /** The header's value for a call made for this session; one that the BFF refuses where another one is adopted by now. */
  const csrfOf = ({ ref }: Session): string => (csrf.startsWith(`${ref}.`) ? csrf : `${ref}.`)

  const adopted = (answer: unknown): Found | Absent => {
    if (!isSessionAnswer(answer)) throw new TypeError('the BFF answered in an unknown form')
    if (!answer.authenticated) {
      const { ended_by: reason, at: endedAt } = answer.last ?? {}
      return { type: 'absent', reason: reason as EndReason | undefined, endedAt }
    }
    const session: Session = sessionFromWire(answer.session)
    const value = cookies.get(CSRF_COOKIE) ?? ''
    csrf = value.startsWith(`${session.ref}.`) ? value : csrfOf(session)
    return { type: 'restored', session }
  }

  /** Whose session it is now, by the BFF's word. */
  const ask = async (signal: AbortSignal): Promise<Found | Absent> =>
    adopted(await door('GET', '/session', { csrf: '1', signal }))

  const refresh = async (session: Session, demanded: boolean, signal: AbortSignal): Promise<Renewed> => {
    // Without a demand: only if access is still as this page knows it, for another tab may have renewed it.
    const body = demanded ? {} : { if_expires_at: session.access.expiresAt }
    return adopted(await door('POST', '/refresh', { csrf: csrfOf(session), body, signal }))
  }

  const askForToken = (session: Session): Promise<string> => {
    const token = withPatience(clock, async (signal) => {
      const answer = await door('GET', '/token', { csrf: csrfOf(session), signal })
      if (isTokenAnswer(answer)) return answer.access_token
      throw new TypeError('the BFF answered in an unknown form')
    })
    held = { session, token }
    token.catch(() => (held = undefined))
    return token
  }

  /** What a tab finds when it is opened did not come back to it. */
  const cameBack = (found: Found | Absent): boolean => {
    const ref = found.type === 'restored' ? found.session.ref : ''
    try {
      const seen = storage.getItem(SEEN)
      if (seen !== ref) storage.setItem(SEEN, ref)
      return ref !== '' && seen !== null && seen !== ref
    } catch {
      // Full or refused.
      return false
    }
  }

  const sendsToken = ({ via }: Resource): boolean => mediated && via !== 'bff'

  const connection: BffConnection = {
    renewsBefore: sendsToken,

    // The session client gives its own.
    access: () => Promise.reject(new SessionEndedError('unknown')),

    async token(session) {
      const isHeld =
        held?.session.ref === session.ref && held.session.access.expiresAt === session.access.expiresAt
      try {
        return await ((isHeld && held?.token) || askForToken(session))
      } catch (error) {
        if (!(error instanceof BffError)) throw error
        const next = await connection.access(true)
        if (next.user.sub !== session.user.sub) throw new SessionEndedError('user_changed')
        return askForToken(next)
      }
    },

    forget() {
      csrf = ''
      held = undefined
    },

    async restore(signal) {
      const address = platform.address()
      const code = address.searchParams.get(LOGIN_ERROR_PARAM)
      const failed =
        code === null ? {} : { error: loginError(code), returnTo: pathOf(address), returned: true }
      // No session was adopted here, and nothing speaks for one.
      const isStranger = csrf === '' && cookies.get(HINT_COOKIE) === undefined
      const found = isStranger ? ({ type: 'absent' } as const) : await ask(signal)
      return { ...found, returned: cameBack(found), ...failed }
    },

    async loginUrl(request) {
      return `${basePath}/login?${query(request)}`
    },

    async logout({ scope, returnTo }) {
      const value = csrf || cookies.get(CSRF_COOKIE) || '1'
      const body = { scope, return_to: returnTo }
      try {
        const answer = await door('POST', '/logout', { csrf: value, body, keepalive: true })
        return isLogoutAnswer(answer) ? answer.end_session_url : null
      } catch (error) {
        // It is over already, or another session is there now, which is not ours to end.
        if (error instanceof BffError && [401, 409].includes(error.status)) return null
        // Logging out once more is meant for the same session.
        csrf ||= value
        throw error
      }
    },

    async renew(session, { demanded }, signal) {
      try {
        return await refresh(session, demanded, signal)
      } catch (error) {
        if (!(error instanceof BffError)) throw error
        if (error.status === 401) return absentBy(error.problem)
        if (error.code !== 'session_conflict' && error.code !== 'csrf_failed') throw error
        // Another tab signed in anew, or the cookie is gone: the BFF says whose session it is, and sets the cookie again.
        const renewed = await ask(signal)
        const isSame = renewed.type === 'restored' && renewed.session.ref === session.ref
        return isSame ? refresh(session, demanded, signal) : renewed
      }
    },

    async prepare({ url, rest, headers }, resource, session) {
      if (sendsToken(resource)) headers.set('Authorization', `Bearer ${await connection.token(session)}`)
      else headers.set(CSRF_HEADER, csrfOf(session))
      if (resource.via !== 'bff') return url
      return new URL(`${basePath}/api/${resource.upstream}/${rest}`, platform.address())
    },
  }
  return connection
}

function query({ returnTo, prompt, loginHint, uiLocales, criteria }: LoginRequest): URLSearchParams {
  const { maxAge, acr, audience } = criteria ?? {}
  const params = new URLSearchParams({
    // A longer one the BFF refuses, and the user would be stuck there.
    return_to: returnTo.length > LONGEST_RETURN ? '/' : returnTo,
    prompt: prompt ?? '',
    login_hint: loginHint ?? '',
    max_age: `${maxAge ?? ''}`,
    acr_values: list(acr).join(' '),
    ui_locales: uiLocales?.join(' ') ?? '',
  })
  for (const [name, value] of [...params]) if (value === '') params.delete(name)
  for (const resource of list(audience)) params.append('resource', resource)
  return params
}
