/** A BFF beside tokens in the page: the access token is traded for a hardened cookie (DESIGN §6, `POST /session`). */
import type { Platform } from '../browser/platform.js'
import { CSRF_COOKIE } from '../protocol.js'
import { openDoors } from './bff-http.js'

export interface BffBeside {
  /** The CSRF value of the BFF's session for this access token, which it opens first where there is none yet. */
  csrf(accessToken: string): Promise<string>
  /** The session with this CSRF value is over there: the next call opens another. */
  lost(csrf: string | null): void
  /** Ends that session; survives the page. */
  end(): void
}

/** No session at the BFF yet. */
export function adoptAtBff(platform: Platform, basePath: string): BffBeside {
  const door = openDoors(platform, basePath)
  let adopted: { readonly accessToken: string; readonly csrf: Promise<string> } | undefined
  let latest = ''

  const adopt = async (accessToken: string): Promise<string> => {
    await door('POST', '/session', { csrf: '1', headers: { Authorization: `Bearer ${accessToken}` } })
    // Taken once: so the header says for which session a call was made.
    return (latest = platform.cookies.get(CSRF_COOKIE) ?? '')
  }

  return {
    csrf(accessToken) {
      if (adopted?.accessToken !== accessToken) {
        const csrf = adopt(accessToken)
        adopted = { accessToken, csrf }
        csrf.catch(() => (adopted = undefined))
      }
      return adopted.csrf
    },
    lost(csrf) {
      if (csrf === latest) adopted = undefined
    },
    end() {
      const ending = adopted?.csrf
      adopted = undefined
      void ending
        ?.then((csrf) => door('POST', '/logout', { csrf, body: { scope: 'app' }, keepalive: true }))
        .catch(() => {})
    },
  }
}
