/**
 * Which headers of a request reach an upstream. Everything an app sends does, but what is between browser and BFF alone
 * (cookies, guard, connection) and what an upstream may take for a proxy's word (RFC 10017 §6.1.3.5, RFC 9700 §4.13).
 */
import { REQUEST_ID_HEADER } from '../../protocol.js'
import type { AdmittedCall } from './call.js'
import { traceIdIn } from '../trace.js'
import { remembered } from './remembered.js'

const dropped = new Set(
  [
    // Hop by hop: RFC 9110 §7.6.1
    'connection keep-alive te trailer transfer-encoding upgrade http2-settings expect host',
    // Credentials and guard of the BFF
    'cookie cookie2 authorization dpop x-csrf-token x-tandem x-request-id service-worker',
    // Who the client is, in the words of proxies
    'forwarded x-forwarded via x-real-ip x-client-ip x-cluster-client-ip true-client-ip fastly-client-ip',
    'fly-client-ip do-connecting-ip x-remote-ip x-remote-addr x-originating-ip x-envoy-external-address',
    'x-azure-clientip x-azure-socketip x-appengine-user-ip x-nf-client-connection-ip x-vercel-forwarded-for',
    'x-original-forwarded-for x-host x-scheme',
    // Who the user is, in the words of authenticating proxies
    'remote-user x-remote-user x-user x-user-id x-username x-user-email x-webauth-user x-authenticated-user',
    'x-auth-user x-auth-username x-auth-email x-userinfo x-endpoint-api-userinfo x-apigateway-api-userinfo',
    // Client certificates: RFC 9440 and what came before
    'client-cert client-cert-chain x-client-cert x-client-dn x-arr-clientcert x-ssl-cert',
    // What CGI hands on as HTTP_PROXY, the proxy for requests of the upstream's own (httpoxy)
    'proxy',
    // Another method or address than the one that was checked
    'x-http-method x-http-method-override x-method-override x-original-method',
    'x-original-url x-original-uri x-original-host x-rewrite-url x-envoy-original-path',
  ].flatMap((names) => names.split(' ')),
)

const droppedPrefixes = [
  'x-forwarded-',
  'proxy-',
  'x-auth-request-',
  'ssl-client-',
  'x-ssl-client-',
  'x-amzn-mtls-',
  // Who the client is, and who the user, in the words of one provider's proxies
  ...['cf-connecting-ip', 'cf-pseudo-', 'cf-access-', 'x-goog-authenticated-user-', 'x-goog-iap-'],
  ...['x-amzn-oidc-', 'x-ms-client-principal', 'x-ms-token-', 'tailscale-', 'x-pomerium-', 'x-vouch-'],
]

// What says how the body is to be read stays, even where `Connection` names it.
const kept = new Set(['content-length', 'content-type', 'content-encoding'])

/** Names a `Connection` header lists, lower case. */
export function namedByConnection(value: string): string[] {
  return value.split(',').map((name) => name.trim().toLowerCase())
}

/**
 * The headers for the upstream, as names and values in turn. `raw` is of the same shape, any case, duplicates allowed
 * (`rawHeaders` of node:http). `origin` is the app's own.
 */
export function requestHeaders(raw: readonly string[], call: AdmittedCall, origin: string): string[] {
  let named: Set<string> | undefined
  for (let i = 0; i + 1 < raw.length; i += 2)
    if (is(raw[i], 'connection') && raw[i + 1] !== 'keep-alive')
      named = new Set([...(named ?? []), ...namedByConnection(raw[i + 1] ?? '')])

  const headers: string[] = []
  const traced = isTraced(raw)
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = passing(raw[i] ?? '')
    if (
      name === '' ||
      name === call.withheld ||
      (!traced && tracing.has(name)) ||
      (named?.has(name) === true && !kept.has(name))
    )
      continue
    headers.push(name, raw[i + 1] ?? '')
  }

  if (call.accessToken !== null) headers.push('authorization', `Bearer ${call.accessToken}`)
  headers.push(REQUEST_ID_HEADER, call.requestId)
  if (call.clientAddress !== null) headers.push('x-forwarded-for', withoutMapping(call.clientAddress))
  const separator = origin.indexOf('://')
  headers.push(
    'x-forwarded-host',
    origin.slice(separator + 3),
    'x-forwarded-proto',
    origin.slice(0, separator),
  )
  return headers
}

/** The name in lower case, or '' where the header does not pass. */
const passing = remembered((given) => {
  const name = given.toLowerCase()
  // An underscore is a hyphen to every server that hands headers on as CGI variables (RFC 3875 §4.1.18): `x_forwarded_for`.
  const passes =
    !dropped.has(name) && !name.includes('_') && !droppedPrefixes.some((prefix) => name.startsWith(prefix))
  return passes ? name : ''
})

// Passed on unchanged where they can be read, else ignored both (W3C Trace Context §3.2, §3.3).
const tracing = new Set(['traceparent', 'tracestate'])

/** Whether there is one `traceparent`, and a valid one. */
function isTraced(raw: readonly string[]): boolean {
  let found: string | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (!is(raw[i], 'traceparent')) continue
    if (found !== undefined) return false
    found = raw[i + 1]
  }
  return found !== undefined && traceIdIn(found) !== null
}

/** Whether a header, in any case, has this name. */
const is = (header: string | undefined, name: string): boolean =>
  header?.length === name.length && header.toLowerCase() === name

// An IPv4 address on a dual-stack socket (RFC 4291 §2.5.5.2)
const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

/** Whether the request is for a service worker's script: an upstream's must never control the app's origin. */
export function isServiceWorkerScript(raw: readonly string[]): boolean {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]
    if (is(name, 'service-worker')) return true
    if (is(name, 'sec-fetch-dest') && raw[i + 1]?.trim().toLowerCase() === 'serviceworker') return true
  }
  return false
}
