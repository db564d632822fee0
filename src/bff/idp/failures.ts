/** How asking the IDP can end without tokens. The line that matters: was it an answer? Only an answer ends a session. These stay inside the BFF. */

/** What is wrong with an answer there was. */
export interface Fault {
  /** Its code, for logs. */
  readonly code: string
  /** What was to come, and what came, for logs: nothing that could be a secret. */
  readonly expected?: string | undefined
  readonly found?: string | undefined
}

/**
 * No usable answer: time-out, a cut connection; or one that is of no use: 5xx, HTML, a client that is misconfigured, which its name and code then say.
 * Nobody's session is to blame.
 */
export class NoAnswer extends Error {
  override readonly name: 'NoAnswer' | 'UnusableAnswer'
  readonly code: string
  readonly expected: string | undefined
  readonly found: string | undefined
  /** Whether the request may have taken effect all the same, so that a refresh token it carried may be used up. */
  readonly lost: boolean
  /** What a `Retry-After` asked for, ms. */
  readonly retryAfter: number | undefined
  /** Whether it asked to be left alone (429). */
  readonly isLimited: boolean
  /** Whether nothing there seems to work: 5xx, no connection, no answer in time. */
  readonly isOutage: boolean
  /** The OAuth error code, where there was one. */
  readonly error: string | undefined

  constructor(
    message: string,
    details: {
      lost: boolean
      isLimited?: boolean
      isOutage?: boolean
      retryAfter?: number | undefined
      error?: string | undefined
      fault?: Fault | undefined
      cause?: unknown
    },
  ) {
    super(message, { cause: details.cause })
    const { fault, error } = details
    this.name = fault === undefined && error === undefined ? 'NoAnswer' : 'UnusableAnswer'
    this.code = fault?.code ?? (error === undefined ? 'no_answer' : 'unusable_answer')
    this.expected = fault?.expected
    this.found = fault?.found
    this.lost = details.lost
    this.retryAfter = details.retryAfter
    this.isLimited = details.isLimited ?? false
    this.isOutage = details.isOutage ?? false
    this.error = error
  }
}

/** An answer as a log shows it: its status and type, e.g. `HTTP 404 text/html`. */
export function seen({ status, headers }: Pick<Response, 'status' | 'headers'>): string {
  const [type] = /^[\w.+-]{1,40}\/[\w.+-]{1,40}/.exec(headers.get('content-type') ?? '') ?? []
  return `HTTP ${status}${type === undefined ? '' : ` ${type}`}`
}

/** Whether it was an answer that failed, and of no use, rather than none. */
export const wasAnswered = (error: unknown): error is NoAnswer =>
  error instanceof NoAnswer && error.name === 'UnusableAnswer'

/** The IDP answered, and the answer is no (RFC 6749 §5.2). */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code = 'refused' as const
  /** The OAuth error code; `oauth_error` where it refused without naming one. */
  readonly error: string

  constructor(error: string) {
    super(`The identity provider refused (${error}).`)
    this.error = error
  }
}

/** Tokens came, but for another user than the session's (OpenID Connect Core §12.2). */
export class OtherUser extends Error {
  override readonly name = 'OtherUser'
  readonly code = 'other_user' as const
  /** The refresh token that came along: nobody is to use it. */
  readonly refreshToken: string | null

  constructor(refreshToken: string | null) {
    super('The identity provider renewed the access of another user.')
    this.refreshToken = refreshToken
  }
}

/** The IDP wants its nonce in the proof of possession (RFC 9449 §8). */
export const NONCE_WANTED = 'use_dpop_nonce'

/** The failure of ours in a chain of causes: the protocol library wraps what its `fetch` threw. A nonce that was asked for once more is none that was answered. */
export function failureIn(error: unknown): NoAnswer | Refused | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NoAnswer || cause instanceof Refused) return cause
    if ('error' in cause && cause.error === NONCE_WANTED)
      return new NoAnswer('The IDP wants another nonce in every proof.', {
        lost: false,
        error: NONCE_WANTED,
        cause,
      })
  }
  return undefined
}
