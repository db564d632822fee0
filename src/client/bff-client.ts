/** Tokens stay at the BFF (RFC 10017 §6.1), or come to the page's memory from there (§6.2, `mediateTokens`). */
import { SessionEndedError } from '../errors.js'
import { check, checkRest, isBasePath } from './check.js'
import { openBff } from './bff-connection.js'
import type { BffConnection } from './bff-connection.js'
import type { OAuthClient, TokenHolder } from './oauth-client.js'

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
export function bffClient(options: BffClientOptions): BffClient | MediatedBffClient
export function bffClient(options: BffClientOptions): BffClient {
  const { basePath, mediateTokens = false, ...rest } = options ?? {}
  checkRest(rest, 'bffClient.')
  check(isBasePath(basePath), 'bffClient.basePath', 'must be a path like /bff, with no slash at its end.')
  check(typeof mediateTokens === 'boolean', 'bffClient.mediateTokens', 'must be true or false.')
  let connection: BffConnection | undefined
  const client: BffClient = {
    keeper: 'bff',
    basePath,
    check(resources, origin) {
      resources.forEach(({ url, via }, index) =>
        check(
          via === 'bff' || mediateTokens || new URL(url, origin).origin === origin,
          `resources[${index}]`,
          `${url} is not on ${origin}, so no credentials can go there. Add via: 'bff' and an upstream, or use mediateTokens.`,
        ),
      )
    },
    open: (platform) => (connection = openBff(platform, basePath, mediateTokens)),
  }
  if (!mediateTokens) return client
  const getAccessToken = async (): Promise<string> => {
    if (connection === undefined)
      throw new SessionEndedError('unknown', 'Give it to createSessionClient first.')
    return connection.token(await connection.access())
  }
  return Object.assign(client, { getAccessToken })
}
