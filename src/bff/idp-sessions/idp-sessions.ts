/** The sessions of users at the IDP, as an administrator sees and ends them: those here end with them. */
import { NetworkError, OAuthError } from '../../errors.js'
import type { Administration } from '../administration.js'
import { errorEntry } from '../log.js'
import type { Log } from '../log.js'
import { subOf } from './api.js'
import type { IdpSession, IdpSessionFilter, IdpSessionsApi } from './api.js'

/** What came of a revocation. */
export interface Revoked {
  /** How many sessions ended at the IDP. */
  readonly revoked: number
  /** How many of the user's sessions ended here (`revoked`). */
  readonly ended: number
}

/** A revocation that is not complete, and what has ended all the same; `null`: nobody knows. */
export type RevocationError = (OAuthError | NetworkError) & {
  readonly [Member in keyof Revoked]: number | null
}

/**
 * Lists and ends sessions at the IDP. Rejects with a `ConfigurationError` where `idp.sessionsApi` is not set, with an `OAuthError` where the IDP
 * refuses, and with a `NetworkError` where it does not answer, or asks to wait (`retryAfter`, ms): nothing is tried again by itself, and nothing polled.
 */
export interface IdpSessions {
  /** The live sessions of a user at the IDP. */
  list(filter: IdpSessionFilter): Promise<IdpSession[]>
  /**
   * Ends the user's sessions here at once and on every instance, then all of them at the IDP, which revokes their refresh tokens. Neither keeps
   * the other from it: where one fails, it rejects with a {@link RevocationError}, which says how many ended where. Calling it once more does the rest.
   */
  revoke(filter: IdpSessionFilter): Promise<Revoked>
  /** Ends one session of the IDP's SSO service. `clientId`: default the BFF's own client. */
  endSso(session: { readonly ssoSessionId: string; readonly clientId?: string }): Promise<void>
}

/** Makes it. */
export function createIdpSessions(
  api: IdpSessionsApi,
  here: Pick<Administration, 'end'>,
  log: Log,
): IdpSessions {
  return {
    list: (filter) => api.list(filter),
    async revoke(filter) {
      const sub = subOf(filter)
      // Whoever configured no API is told so before anything ends.
      api.check()
      const first = await outcome(here.end({ sub }))
      const there = await outcome(api.revoke({ sub }))
      // A login that was under way meanwhile.
      const last = await outcome(here.end({ sub }))
      const ended = 'failure' in last ? null : last.value + ('failure' in first ? 0 : first.value)
      if (!('failure' in there) && ended !== null) {
        log.info({ event: 'idp_sessions_revoked', revoked: there.value, ended }, 'Sessions were revoked.')
        return { revoked: there.value, ended }
      }
      const failure = 'failure' in there ? there.failure : 'failure' in last ? last.failure : undefined
      const revoked = 'failure' in there ? (failure instanceof OAuthError ? 0 : null) : there.value
      log.warn(
        { event: 'idp_sessions_left', revoked, ended, ...errorEntry(failure) },
        'The sessions of a user could not be revoked everywhere.',
      )
      throw incomplete(failure, { revoked, ended })
    },
    endSso: (session) => api.endSso(session),
  }
}

type Outcome = { readonly value: number } | { readonly failure: unknown }

const outcome = (count: Promise<number>): Promise<Outcome> =>
  count.then(
    (value) => ({ value }),
    (failure: unknown) => ({ failure }),
  )

/** A new error each time: calls at the same time may share the one it comes from. */
function incomplete(cause: unknown, what: Pick<RevocationError, 'revoked' | 'ended'>): RevocationError {
  const told = `sessions ended here: ${what.ended ?? 'not known'}, at the IDP: ${what.revoked ?? 'not known'}`
  if (cause instanceof OAuthError) {
    const { error, error_description: why } = cause
    const error_description = `${why === undefined ? '' : `${why}; `}${told}`
    return Object.assign(new OAuthError({ error, error_description }, { cause }), what)
  }
  const why = cause instanceof NetworkError ? cause.message : 'The session store does not answer.'
  const retryAfter = cause instanceof NetworkError ? cause.retryAfter : undefined
  return Object.assign(
    new NetworkError('idp_unavailable', `${why} So far, ${told}. Revoke once more later.`, {
      cause,
      retryAfter,
    }),
    what,
  )
}
