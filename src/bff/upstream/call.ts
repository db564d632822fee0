/** What a call through the proxy is: the vocabulary between admission (`bff.ts`) and the proxy (`upstream/`). */
import type { Criteria } from '../../session/session.js'
import type { BoundCall } from '../dpop/proofs.js'

/** An API behind `/api/{name}/…`, its options checked and completed. */
export interface ResolvedUpstream {
  readonly name: string
  /** Everything below this address can be reached; no query, no user information, and its path ends with `/`. */
  readonly url: URL
  readonly token: 'user' | 'none'
  /** The resource the access token is for (RFC 8707), where it is not the default one. */
  readonly resource?: string
  /** How long a connection, an answer's head, or its next piece is waited for, s. */
  readonly timeout: number
  /** Methods that pass, in upper case; `null`: all that are proxied. */
  readonly methods: readonly string[] | null
  /** Criteria a session must meet. */
  readonly require: Criteria
  /** Longest request body, bytes; absent: no limit. */
  readonly maxBody?: number
  /** The ranges its name may lead to (CIDR); absent: any but link-local ones. */
  readonly networks?: readonly string[]
}

/** A call that was admitted: guard passed, session found, criteria met, access token at hand. Holds no body. */
export interface AdmittedCall {
  /** What follows `/api/{upstream}/` as it was sent, query included: not decoded, not normalised. */
  readonly path: string
  readonly upstream: ResolvedUpstream
  /** The access token to attach as it is; `null` where the upstream takes none, or one that goes with a proof. */
  readonly accessToken: string | null
  /** The access token that is bound to a key, with its proofs (RFC 9449 §7). */
  readonly bound?: BoundCall
  /** The BFF's own `X-Request-Id`. */
  readonly requestId: string
  /** Address of the client: the connection's other end, or what trusted proxies say is theirs. `null` where it is not known. */
  readonly clientAddress: string | null
  /** A header between the proxy in front and the BFF, lower case, that goes no further. */
  readonly withheld?: string
  /** The app's origin, told to the upstream as `X-Forwarded-Host` and `-Proto`. Default: that of the request. */
  readonly origin?: string
}

/** An admitted call with the request it came in. */
export interface UpstreamCall extends AdmittedCall {
  readonly request: Request
}
