/** The access token of the administrators' client (RFC 6749 §4.4): kept until shortly before it expires, asked for once at a time. */
import { OAuthError, NetworkError } from '../../errors.js'
import { askApi } from './answer.js'
import type { ApiEdges } from './answer.js'

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
  edges: ApiEdges,
  url: string,
  { clientId, clientSecret }: AdministrationClient,
): ClientToken {
  let known: { readonly token: string; readonly until: number } | undefined
  let asking: Promise<string> | undefined

  const ask = async (): Promise<string> => {
    try {
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      })
      const answer = await askApi(edges, {
        url,
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
        body: body.toString(),
      })
      const { access_token, expires_in } = Object(answer) as Readonly<Record<string, unknown>>
      if (typeof access_token !== 'string' || access_token === '')
        throw new NetworkError('idp_unavailable', 'The token endpoint gave no token for idp.sessionsApi.')
      const lasts = typeof expires_in === 'number' ? expires_in * 1000 : UNTOLD
      known = { token: access_token, until: edges.now() + Math.max(lasts - MARGIN, lasts / 2) }
      return access_token
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      throw new OAuthError(
        {
          error: error.error,
          error_description: `${error.error_description ?? 'no token was given'}; check clientId and clientSecret of idp.sessionsApi`,
        },
        { cause: error },
      )
    } finally {
      asking = undefined
    }
  }

  return {
    get: () =>
      known !== undefined && edges.now() < known.until ? Promise.resolve(known.token) : (asking ??= ask()),
    drop(token) {
      if (known?.token === token) known = undefined
    },
  }
}
