/** The sessions of users at the IDP, as an administrator sees and ends them: those here end with them. */
import type { Administration } from '../administration.js'
import { errorEntry } from '../log.js'
import type { Log } from '../log.js'
import type { IdpSession, IdpSessionFilter, IdpSessionsApi } from './api.js'

/** What came of a revocation. */
export interface Revoked {
  /** How many sessions ended at the IDP. */
  readonly revoked: number
  /** How many of the user's sessions ended here (`revoked`). */
  readonly ended: number
}

/**
 * Lists and ends sessions at the IDP. Rejects with a `ConfigurationError` where `idp.sessionsApi` is not set, with an `OAuthError` where the IDP
 * refuses, and with a `NetworkError` where it does not answer, or asks to wait (`retryAfter`, ms): nothing is tried again by itself, and nothing polled.
 */
export interface IdpSessions {
  /** The live sessions of a user at the IDP. */
  list(filter: IdpSessionFilter): Promise<IdpSession[]>
  /**
   * Ends the user's sessions here at once and on every instance, then all of them at the IDP, which revokes their refresh tokens. Where the IDP
   * does not, those here are over all the same.
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
      // Whoever configured no API is told so before anything ends.
      api.check()
      const { sub } = filter
      const ended = await here.end({ sub })
      try {
        const revoked = await api.revoke(filter)
        log.info({ event: 'idp_sessions_revoked', revoked, ended }, 'The sessions of a user were revoked.')
        // A login that was under way meanwhile.
        return { revoked, ended: ended + (await here.end({ sub })) }
      } catch (error) {
        log.warn(
          { event: 'idp_sessions_left', ended, ...errorEntry(error) },
          'The sessions of a user ended here, and not at the IDP.',
        )
        throw error
      }
    },
    endSso: (session) => api.endSso(session),
  }
}
