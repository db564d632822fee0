/** What the BFF counts. Nothing here comes from a user: labels are names of the configuration, of the specifications and of this project. */
import type { EndReason } from '../errors.js'
import { oauthErrorCodes } from './idp/error-codes.js'
import type { LimitName } from './rate-limit/options.js'

/** How a token request to the IDP went: tokens, a refusal (RFC 6749 §5.2), or no usable answer. */
export type TokenRequestResult = 'tokens' | 'refused' | 'no_answer'

/** What became of an access that was to be renewed. */
export type RefreshResult = 'renewed' | 'refused' | 'no_answer' | 'user_changed'

/** An operation of the session store. `open`: before all others. */
export type StoreOperation =
  | 'open'
  | 'create'
  | 'get'
  | 'replace'
  | 'delete'
  | 'deleteWhere'
  | 'list'
  | 'remember'
  | 'remembered'
  | 'deleteExpired'
  | 'ping'

/** Takes counts. Called on the way of requests: it must be quick, and must not throw. */
export interface Metrics {
  /** A token request was answered, or not, after `seconds`. */
  tokenRequest(result: TokenRequestResult, seconds: number): void
  /** One refresh is over, however many calls waited for it. */
  refresh(result: RefreshResult): void
  /** A login is over: `succeeded`, or the code it failed with; one that is not known is `other`. */
  login(result: string): void
  /** Sessions of this instance were ended by it. */
  sessionEnded(endedBy: EndReason): void
  /** An event stream was opened (1) or has ended (-1). */
  stream(change: 1 | -1): void
  storeError(operation: StoreOperation): void
  /** Whether the IDP answers, as far as is known. */
  idpAnswers(answers: boolean): void
  /** An upstream did not answer a call, or not to the end. */
  upstreamFailed(upstream: string, code: 'upstream_failed' | 'upstream_timeout'): void
  /** A request was refused by the rate limit. */
  rateLimited(limit: LimitName): void
}

/** Counts nothing. */
export const noMetrics: Metrics = {
  tokenRequest() {},
  refresh() {},
  login() {},
  sessionEnded() {},
  stream() {},
  storeError() {},
  idpAnswers() {},
  upstreamFailed() {},
  rateLimited() {},
}

// An IDP's own code, or one somebody wrote into the address, would make a series of its own.
const failures: ReadonlySet<string> = new Set([
  ...[
    'stale_callback',
    'login_loop',
    'state_mismatch',
    'issuer_mismatch',
    'id_token_invalid',
    'callback_invalid',
  ],
  ...['idp_unavailable', ...oauthErrorCodes],
])

/** The result a failed login counts as. */
export const loginFailure = (code: string): string => (failures.has(code) ? code : 'other')
