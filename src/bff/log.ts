/** Where the BFF tells what happens. Entries hold references, reasons and codes; never a token, a cookie or a claim. */

import { knownOAuthError } from './idp/error-codes.js'

/** Members of a log entry. */
export type LogEntry = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Takes log entries, as a pino logger does. */
export interface Log {
  info(entry: LogEntry, message: string): void
  warn(entry: LogEntry, message: string): void
  error(entry: LogEntry, message: string): void
}

/** Takes nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {} }

/** What an error may show in a log: its kind and codes, and not its message, which may quote what was sent. */
export function errorEntry(error: unknown): LogEntry {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = codeOf(error)
  const { retryAfter, isLimited, expected, found } = error as Told
  const oauth = 'error' in error ? error.error : undefined
  return {
    error: error.name,
    ...(code !== undefined && { error_code: code }),
    ...(oauth !== undefined && { oauth_error: knownOAuthError(String(oauth)) }),
    ...(typeof expected === 'string' && { expected }),
    ...(typeof found === 'string' && { found }),
    ...(isLimited === true && { limited: true }),
    ...(typeof retryAfter === 'number' && { retry_after: retryAfter }),
    ...causeEntry(error),
  }
}

/** What some of our errors say beside their codes. */
interface Told {
  readonly retryAfter?: unknown
  readonly isLimited?: unknown
  readonly expected?: unknown
  readonly found?: unknown
}

/**
 * Why: `cause`, the first code below the error, and `root`, the last one, where that is another: libraries wrap what really happened. Without any code,
 * the kind of the last cause.
 */
export function causeEntry(error: Error): { readonly cause?: string; readonly root?: string } {
  const causes = causesOf(error)
  const codes = causes.map(codeOf).filter((code) => code !== undefined)
  const last = causes.at(-1)
  const cause = codes[0] ?? (last instanceof Error ? last.name : last === undefined ? undefined : typeof last)
  const root = codes.at(-1)
  return { ...(cause !== undefined && { cause }), ...(root !== undefined && root !== cause && { root }) }
}

/** How deep causes are looked for. */
const DEEPEST = 16

/** What is below an error, nearest first; of several tries, the first. Causes that go in circles end where they begin anew. */
function causesOf(error: Error): unknown[] {
  const causes: unknown[] = []
  let one: unknown = error
  while (one instanceof Error && causes.length < DEEPEST) {
    one = one.cause ?? (one instanceof AggregateError ? one.errors[0] : undefined)
    if (one === undefined || one === error || causes.includes(one)) break
    causes.push(one)
  }
  return causes
}

// An IDP's own code may be one of ours: what is longer than any of theirs is none.
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error &&
  'code' in error &&
  /^\w{1,64}$/.test(String(error.code)) &&
  typeof error.code === 'string'
    ? error.code
    : undefined
