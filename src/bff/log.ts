/** Where the BFF tells what happens. Entries hold references, reasons and codes; never a token, a cookie or a claim. */

import { ConfigurationError } from '../errors.js'

/** Members of a log entry. */
export type LogEntry = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Takes log entries, as a pino logger does. */
export interface Log {
  info(entry: LogEntry, message: string): void
  warn(entry: LogEntry, message: string): void
  error(entry: LogEntry, message: string): void
}

/** Throws a `ConfigurationError` where `log` takes no entries. */
export function checkLog(log: unknown): void {
  const takes = (name: string): boolean => typeof Reflect.get(Object(log), name) === 'function'
  if (!['info', 'warn', 'error'].every(takes))
    throw new ConfigurationError('log', 'must have the functions info, warn and error. Give a pino logger.')
}

/** Takes nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {} }

// Words of the specifications, and Mosaic's own: nothing that somebody else wrote gets into the log.
const known: ReadonlySet<string> = new Set(
  'invalid_request invalid_request_object invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope invalid_target invalid_token access_denied server_error temporarily_unavailable login_required consent_required interaction_required mfa_required slow_down oauth_error use_dpop_nonce invalid_dpop_proof'.split(
    ' ',
  ),
)

/** What an error may show in a log: its kind and codes, and not its message, which may quote what was sent. */
export function errorEntry(error: unknown): LogEntry {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const cause = error.cause === undefined ? undefined : errorEntry(error.cause)
  return {
    error: error.name,
    ...(code !== undefined && { error_code: code }),
    ...('error' in error &&
      error.error !== undefined && {
        oauth_error: known.has(String(error.error)) ? String(error.error) : 'other',
      }),
    ...('isLimited' in error && error.isLimited === true && { limited: true }),
    ...('retryAfter' in error && typeof error.retryAfter === 'number' && { retry_after: error.retryAfter }),
    ...(cause !== undefined && { cause: cause['error_code'] ?? cause['error'] }),
  }
}
