/** The IDP's metadata: found at the authority (OpenID Connect Discovery §4), or given. */
import { ConfigurationError, NetworkError } from '../errors.js'
import type { Http } from './http.js'
import type { ClientSettings, IdpMetadata } from './settings.js'

const PATIENCE = 10_000

/**
 * Finds and checks the metadata.
 * @throws NetworkError where it was not to be had; ConfigurationError where it cannot be used
 */
export async function loadMetadata(
  { authority, metadata: given = {} }: ClientSettings,
  http: Http,
): Promise<IdpMetadata> {
  const complete = given.issuer && given.authorization_endpoint && given.token_endpoint
  const metadata = { ...(complete ? {} : await discover(authority, http)), ...given } as IdpMetadata
  const { issuer } = metadata
  if (given.issuer === undefined && bare(issuer) !== bare(authority)) {
    throw new ConfigurationError(
      'browserClient.authority',
      `the provider at ${authority} calls itself ${issuer}. Use that, or say metadata: { issuer: '${issuer}' }.`,
    )
  }
  for (const name of ['authorization', 'token', 'revocation', 'end_session']) {
    const member = `${name}_endpoint`
    const endpoint = metadata[member]
    if (endpoint === undefined && (name === 'revocation' || name === 'end_session')) continue
    if (isSecureUrl(endpoint)) continue
    throw new ConfigurationError(
      `browserClient.metadata.${member}`,
      `is ${String(endpoint)}; it must be an https address. Give the right one as metadata: { ${member} }.`,
    )
  }
  return metadata
}

async function discover(authority: string, http: Http): Promise<object> {
  const { status, json } = await http(`${bare(authority)}/.well-known/openid-configuration`, PATIENCE)
  if (status === 200 && typeof json?.['issuer'] === 'string') return json
  throw new NetworkError('idp_unavailable', `No metadata came from ${authority} (HTTP ${status}).`)
}

const bare = (authority: string): string => authority.replace(/\/$/, '')

/** Whether tokens may be sent there: https, or this very machine. */
export function isSecureUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, hostname } = new URL(value)
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$/.test(hostname))
  )
}
