/** The access token of the administrators' client (RFC 6749 §4.4): kept until shortly before it expires, asked for once at a time. */
import { OAuthError } from '../../errors.js'
import { ApiRefusal, noAnswer } from './answer.js'
import type { Ask } from './answer.js'

/** The administrators' client at the IDP. */
export interface AdministrationClient {
  readonly clientId: string
  readonly clientSecret: string
}

/** Gives the token. */
export interface ClientToken {
  get(): Promise<string>
  /** This one was refused: another is asked for next. */
  drop(token: string): void
}

/** How long before its end a token is not used any more, ms. */
const MARGIN = 60_000
/** How long a token is taken to last whose answer does not say, ms. */
const UNTOLD = 300_000

/** Makes it; asks for nothing yet. `url`: of the token endpoint. */
export function createClientToken(
  ask: Ask,
  now: () => number,
  url: string,
  { clientId, clientSecret }: AdministrationClient,
): ClientToken {
  let known: { readonly token: string; readonly until: number } | undefined
  let asking: Promise<string> | undefined

  const renew = async (): Promise<string> => {
    try {
      const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
      const answer = await ask({
        url,
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
        body: new URLSearchParams(form).toString(),
      })
      const { access_token, expires_in } = Object(answer) as Readonly<Record<string, unknown>>
      if (typeof access_token !== 'string' || access_token === '')
        throw noAnswer('gave its client no token. Try again later, or check idp.sessionsApi.url.')
      const lasts = Number(expires_in) > 0 ? Number(expires_in) * 1000 : UNTOLD
      known = { token: access_token, until: now() + Math.max(lasts - MARGIN, lasts / 2) }
      return access_token
    } catch (error) {
      throw error instanceof ApiRefusal ? explained(error) : error
    } finally {
      asking = undefined
    }
  }

  return {
    get: () =>
      known !== undefined && now() < known.until ? Promise.resolve(known.token) : (asking ??= renew()),
    drop(token) {
      if (known?.token === token) known = undefined
    },
  }
}

/** A refusal at the token endpoint is about the client, in whatever words. */
function explained(error: ApiRefusal): OAuthError {
  const told = error.error_description ?? 'it was given no token'
  return new OAuthError(
    {
      error: error.status === 401 ? 'invalid_client' : error.error,
      error_description: `${told}; check clientId and clientSecret of idp.sessionsApi`,
    },
    { cause: error },
  )
}
