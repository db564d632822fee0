/** The metadata of the IDP: fetched, and looked at before anything of it is used (OpenID Connect Discovery §4.3). */
import type { ServerMetadata } from 'openid-client'
import { DPOP_ALGORITHM } from '../dpop/key.js'
import type { Edges } from '../edges.js'
import type { ResolvedOptions } from '../options.js'
import { NoAnswer, seen } from './failures.js'
import type { Fault } from './failures.js'
import { parse, retryAfterOf } from './verdict.js'

/** Algorithms of signatures that only the IDP can make: never `none`, never an HMAC. */
export const SIGNATURES: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** What is asked, or where browsers are sent: nothing of it goes over a line that anybody may read. */
const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'end_session_endpoint',
  'pushed_authorization_request_endpoint',
] as const

/** Fetches the metadata of `issuer` at `address`. Rejects with a {@link NoAnswer} that says what was wrong with what came, or that nothing did. */
export async function fetchMetadata(
  address: string,
  { issuer, timeout, dpop }: ResolvedOptions['idp'],
  edges: Edges,
): Promise<ServerMetadata> {
  const failed = (why: string, fault: Fault | undefined, cause?: unknown): NoAnswer =>
    new NoAnswer(`The metadata of the IDP cannot be used: ${why}. Check idp.issuer and idp.discoveryUrl.`, {
      lost: false,
      isOutage: true,
      fault,
      cause,
    })
  let text: string
  let found: string
  try {
    const answer = await edges.fetch(address, {
      headers: { Accept: 'application/json' },
      redirect: 'follow',
      signal: AbortSignal.timeout(timeout * 1000),
    })
    found = seen(answer)
    if (answer.status === 429) {
      const retryAfter = retryAfterOf(answer.headers.get('retry-after'), edges.now())
      throw new NoAnswer('The IDP asks to wait with its metadata.', {
        lost: false,
        isLimited: true,
        retryAfter,
        fault: { code: 'metadata_limited', found },
      })
    }
    if (answer.status >= 500)
      throw new NoAnswer('The IDP fails to serve its metadata.', {
        lost: false,
        isOutage: true,
        retryAfter: retryAfterOf(answer.headers.get('retry-after'), edges.now()),
        fault: { code: 'metadata_unavailable', expected: 'HTTP 200', found },
      })
    if (!answer.ok)
      throw failed(`it was answered ${answer.status}`, {
        code: 'metadata_status',
        expected: 'HTTP 200',
        found,
      })
    if (answer.url !== '' && !isSecure(answer.url))
      throw failed('its address leads to one that is not https', {
        code: 'metadata_insecure',
        expected: 'a redirect to an https address',
        found: shown(answer.url),
      })
    text = await answer.text()
  } catch (error) {
    if (error instanceof NoAnswer) throw error
    if (isLoop(error))
      throw failed('its address leads on and on', {
        code: 'metadata_redirects',
        expected: 'an answer after 20 redirects at most',
      })
    throw failed('there was no answer', undefined, error)
  }
  const answered = parse(text)
  if (answered === null)
    throw failed('it is no JSON object', { code: 'metadata_not_json', expected: 'a JSON object', found })
  // Some providers name what they do not have.
  const told = Object.entries(answered).filter(([, value]) => value !== null && value !== '')
  const metadata = Object.fromEntries(told) as Partial<ServerMetadata>
  if (metadata.issuer !== issuer)
    throw failed('it belongs to another issuer', {
      code: 'metadata_issuer_mismatch',
      expected: issuer,
      found: shown(metadata.issuer),
    })
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const)
    if (typeof metadata[name] !== 'string')
      throw failed(`it has no ${name}`, { code: 'metadata_incomplete', expected: name })
  for (const name of endpoints)
    if (metadata[name] !== undefined && !isSecure(metadata[name]))
      throw failed(`its ${name} is not https`, {
        code: 'metadata_insecure',
        expected: `${name} at an https address`,
        found: shown(metadata[name]),
      })
  // RFC 9449 §5.1. Where it does not say, its answers do.
  if (dpop && metadata.dpop_signing_alg_values_supported?.includes(DPOP_ALGORITHM) === false)
    throw failed(`it takes no proofs signed with ${DPOP_ALGORITHM}, and idp.dpop is set`, {
      code: 'metadata_no_dpop',
      expected: `${DPOP_ALGORITHM} in dpop_signing_alg_values_supported`,
    })
  return { id_token_signing_alg_values_supported: [...SIGNATURES], ...metadata, issuer }
}

/** Whether a fetch was given up since it was sent on too often (Fetch §4.5). Nothing but the text of the error says so. */
const isLoop = (error: unknown): boolean =>
  error instanceof TypeError && error.cause instanceof Error && /redirect count/.test(error.cause.message)

/** An address in the metadata as a log shows it: as it is, for a slash at its end may be all that is wrong with it; nothing that may be secret. */
const shown = (value: unknown): string =>
  typeof value === 'string' && /^https?:\/\/[^\s@?#]{1,200}$/.test(value) ? value : 'no address'

/** Whether an address is https, or on this machine. */
function isSecure(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, hostname } = new URL(value)
  if (protocol === 'https:') return true
  return protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.localhost)$/.test(hostname)
}
