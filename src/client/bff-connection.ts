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
import type { RefreshRequest } from '../protocol.js'
import { list } from '../session/access.js'
import type { Session } from '../session/session.js'
import { absentBy, openDoors } from './bff-http.js'
import { createBffTab } from './bff-tab.js'
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
  const tab = createBffTab(platform, basePath, (session) =>
    withPatience(clock, (signal) =>
      // Alone: with `if_expires_at` it would renew access that is as this page knows it, each time.
      renew(session, { active: true }, signal),
    ),
  )
  const { csrfOf } = tab
  /** The CSRF value of a logout that got no answer. */
  let parting = ''
  let held: { readonly session: Session; readonly token: Promise<string> } | undefined

  /** @param ref of the session this was asked for */
  const adopted = (answer: unknown, ref: string | null): Found | Absent => {
    if (!isSessionAnswer(answer)) throw new TypeError('the BFF answered in an unknown form')
    if (answer.authenticated) return tab.found(sessionFromWire(answer.session))
    const { ended_by: reason, at: endedAt } = answer.last ?? {}
    return tab.gone({ type: 'absent', reason: reason as EndReason | undefined, endedAt }, ref)
  }

  /** Whose session it is now, by the BFF's word. */
  const ask = async (signal: AbortSignal, ref = tab.ref() ?? null): Promise<Found | Absent> =>
    adopted(await door('GET', '/session', { csrf: '1', signal }), ref)

  /** Renews as `wish` says; where the BFF refuses, asks whose session it is. */
  const renew = async (session: Session, wish: RefreshRequest, signal: AbortSignal): Promise<Renewed> => {
    const refresh = async (): Promise<Renewed> =>
      adopted(await door('POST', '/refresh', { csrf: csrfOf(session), body: wish, signal }), session.ref)
    try {
      return await refresh()
    } catch (error) {
      if (!(error instanceof BffError)) throw error
      if (error.status === 401) return tab.gone(absentBy(error.problem), session.ref)
      if (error.code !== 'session_conflict' && error.code !== 'csrf_failed') throw error
      // Another tab signed in anew, or the cookie is gone: the BFF says whose session it is, and sets the cookie again.
      const renewed = await ask(signal)
      const isSame = renewed.type === 'restored' && renewed.session.ref === session.ref
      return isSame ? refresh() : renewed
    }
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

  /** The session this tab saw last; null in a new tab, or where storage is refused. */
  const seen = (): string | null => {
    try {
      return storage.getItem(SEEN)
    } catch {
      return null
    }
  }

  /** Notes the session this tab saw last; false where storage is full or refused. */
  const note = (ref: string): boolean => {
    try {
      storage.setItem(SEEN, ref)
      return true
    } catch {
      return false
    }
  }

  /** What a tab finds when it is opened did not come back to it. */
  const cameBack = (found: Found | Absent, before: string | null): boolean => {
    const ref = found.type === 'restored' ? found.session.ref : ''
    return before !== ref && note(ref) && ref !== '' && before !== null
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
      tab.forget()
      held = undefined
    },
    isCurrent: tab.isCurrent,
    watch: tab.watch,
    ended: (absent, { ref }) => tab.gone(absent, ref),

    async restore(signal) {
      const address = platform.address()
      const code = address.searchParams.get(LOGIN_ERROR_PARAM)
      const failed =
        code === null ? {} : { error: loginError(code), returnTo: pathOf(address), returned: true }
      // No session was adopted here, and nothing speaks for one.
      const isStranger = tab.csrf() === '' && cookies.get(HINT_COOKIE) === undefined
      const before = seen()
      const ref = tab.ref() ?? before
      const found = isStranger ? tab.gone({ type: 'absent' }, ref) : await ask(signal, ref)
      return { ...found, returned: cameBack(found, before), ...failed }
    },

    async loginUrl(request) {
      return `${basePath}/login?${query(request)}`
    },

    async logout({ scope, returnTo }, tellLeft) {
      // Logging out once more, after no answer, is meant for the same session.
      const csrf = (parting = tab.csrf() || parting || cookies.get(CSRF_COOKIE) || '1')
      const body = { scope, return_to: returnTo }
      try {
        const answer = await door('POST', '/logout', { csrf, body, keepalive: true })
        parting = ''
        tab.left(csrf)
        note('')
        if (!isLogoutAnswer(answer)) return null
        if (answer.left) tellLeft?.(answer.left)
        return answer.end_session_url
      } catch (error) {
        // It is over already, or another session is there now, which is not ours to end.
        if (error instanceof BffError && [401, 409].includes(error.status)) return null
        throw error
      }
    },

    renew: (session, { demanded }, signal) =>
      // Without a demand: only if access is still as this page knows it, for another tab may have renewed it.
      renew(session, demanded ? {} : { if_expires_at: session.access.expiresAt }, signal),

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
