/**
 * Which headers of an upstream's answer reach the browser. The answer arrives on the app's own origin, so what rules over
 * an origin (cookies, storage, CORS, policies, workers) never passes, what is kept stays private, and content that could
 * run is put into a sandbox.
 */
import { REQUEST_ID_HEADER } from '../../protocol.js'
import { challengesIn, wantsNonce, withoutResource } from './challenges.js'
import { remembered } from './remembered.js'
import { namedByConnection } from './request-headers.js'

/** Headers of an answer by lower-case name; several values where it was sent several times. */
export type UpstreamHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

const dropped = new Set(
  [
    // Hop by hop: RFC 9110 §7.6.1
    'connection keep-alive te trailer transfer-encoding upgrade',
    // The BFF's own, and what is between it and an upstream alone
    'x-tandem x-request-id dpop-nonce',
    // What the upstream is made of
    'server x-powered-by x-aspnet-version x-aspnetmvc-version',
    // Rule over the origin as a whole
    'set-cookie set-cookie2 clear-site-data service-worker-allowed strict-transport-security public-key-pins expect-ct',
    'alt-svc nel report-to reporting-endpoints accept-ch critical-ch origin-trial origin-agent-cluster set-login',
    'sec-session-registration secure-session-registration sec-session-challenge secure-session-challenge',
    'activate-storage-access speculation-rules supports-loading-mode use-as-dictionary integrity-policy',
    // Policies of the document: replaced
    'content-security-policy content-security-policy-report-only permissions-policy feature-policy document-policy',
    'cross-origin-resource-policy cross-origin-opener-policy cross-origin-embedder-policy x-content-type-options',
    // Make the browser or a proxy in front load something else
    'refresh link x-accel-redirect x-sendfile x-lighttpd-send-file timing-allow-origin',
    // Caches in front
    'surrogate-control edge-control vary age',
    // Handled one by one
    'location content-location www-authenticate',
  ].flatMap((names) => names.split(' ')),
)

const droppedPrefixes = [
  ...['access-control-', 'proxy-', 'attribution-reporting-'],
  // Commands to a proxy in front
  ...['x-accel-', 'x-litespeed-', 'x-reproxy-'],
]

// `Cache-Control`, and those for one kind of cache or one product alone, which that one takes instead (RFC 9213 §3.1).
const isForCaches = (name: string): boolean => name.endsWith('cache-control')

// Shown, not run, by every browser; anything else is taken for active: XML by any name (RFC 7303 §4.2), and what has a comma, for browsers read a list there
// and go by the last type in it (Fetch §2.2.2), wherever in the header that is.
const passive =
  /^(?:application\/(?:[\w.+-]+\+)?json|application\/(?:octet-stream|pdf|zip|x-ndjson|jsonl|cbor|grpc[\w.+-]*|protobuf)|text\/(?:plain|csv|css|event-stream)|(?:image\/(?!svg)|(?:audio|video|font)\/)(?![\w.+-]*\+xml)[\w.+-]+)\s*(?:;[^,]*)?$/i

/** What a browser may do with active content of an upstream: show it, and nothing else. */
export const SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"

/**
 * The headers for the browser, as names and values in turn. `locate` gives the address under the BFF for one of the
 * upstream's, or `null` where there is none.
 */
export function responseHeaders(
  upstream: UpstreamHeaders,
  context: {
    readonly status: number
    readonly requestId: string
    readonly locate: (location: string) => string | null
  },
): string[] {
  const connection = joined(upstream['connection']) ?? 'keep-alive'
  const named = connection === 'keep-alive' ? null : new Set(namedByConnection(connection))
  const headers: string[] = []
  for (const name in upstream) {
    const value = upstream[name]
    if (value === undefined || named?.has(name) === true || !passes(name)) continue
    if (typeof value === 'string') headers.push(name, value)
    else if (name === 'content-type') headers.push(name, value[0] ?? '')
    else for (const one of value) headers.push(name, one)
  }

  // RFC 9110 §8.6: there is no content, and whoever stands in front must not wait for any.
  if (context.status === 204) without(headers, 'content-length')

  for (const name of ['location', 'content-location']) {
    const value = upstream[name]
    const location = typeof value === 'string' ? context.locate(value) : null
    if (location !== null) headers.push(name, location)
  }
  const challenge = tokenChallenges(joined(upstream['www-authenticate']))
  if (challenge !== '') headers.push('www-authenticate', challenge)

  const kept = privately(joined(upstream['cache-control']))
  headers.push('cache-control', kept ?? 'no-store')
  const vary = joined(upstream['vary'])
  if (kept !== null) headers.push('vary', `${vary === undefined ? '' : `${vary}, `}Cookie, X-CSRF-Token`)
  else if (vary !== undefined) headers.push('vary', vary)

  headers.push('x-content-type-options', 'nosniff', 'cross-origin-resource-policy', 'same-origin')
  const type = upstream['content-type']
  // An answer without content says nothing about the type of what the browser has.
  const empty = context.status === 204 || context.status === 304
  if (!empty && (typeof type !== 'string' || !passive.test(type)))
    headers.push('content-security-policy', SANDBOX)
  headers.push(REQUEST_ID_HEADER, context.requestId)
  return headers
}

function without(headers: string[], name: string): void {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) headers.splice(i, 2)
}

// An event stream asks a proxy in front not to buffer it; the other `X-Accel-*` would command that proxy.
const passes = remembered(
  (name) =>
    name === 'x-accel-buffering' ||
    (!dropped.has(name) && !isForCaches(name) && !droppedPrefixes.some((prefix) => name.startsWith(prefix))),
)

const joined = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'object' ? value.join(', ') : value

/** The `Cache-Control` an answer may keep: one that says `private`, and nothing that invites a shared cache. Else `null`. */
function privately(value: string | undefined): string | null {
  if (value === undefined) return null
  const directives = value.split(',').map((directive) => directive.trim().toLowerCase())
  const shared = directives.some((directive) => directive === 'public' || directive.startsWith('s-maxage'))
  return directives.includes('private') && !directives.includes('no-store') && !shared ? value : null
}

/**
 * The challenges of a `WWW-Authenticate` (RFC 9110 §11.6.1) an app can answer: `Bearer` (RFC 6750, RFC 9470) and `DPoP`.
 * Any other would make the browser ask the user for a password in the name of the app's origin, and a nonce is for the BFF.
 */
export function tokenChallenges(value: string | undefined): string {
  if (value === undefined) return ''
  return challengesIn(value)
    .filter((challenge) => /^(?:Bearer|DPoP)(?:\s|$)/i.test(challenge) && !wantsNonce(challenge))
    .map(withoutResource)
    .join(', ')
}
