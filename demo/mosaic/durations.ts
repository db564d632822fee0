/** One day, in seconds. */
export const DAY = 24 * 60 * 60
/** How long sessions and refresh tokens live unless configured, in seconds. */
export const TWO_WEEKS = 14 * DAY
/** The longest `session_expiration` of a client, in seconds: 365 days, leap year or not. */
export const LONGEST_SESSION = 365 * DAY
