// @ts-check
/** Moments and durations as words. All values are ms. */

let offset = 0

/** Learns the server's clock. @param {string | null} date of an answer (`Date`) */
export const learnTime = (date) => learnNow(date === null ? Number.NaN : Date.parse(date))

/**
 * The server's clock is known to within whole seconds: less than two of difference is none.
 * @param {number} server its time now
 */
export const learnNow = (server) => {
  if (Number.isFinite(server)) offset = Math.abs(server - Date.now()) < 2_000 ? 0 : server - Date.now()
}

/** Now, in the server's clock, as the times of a session are. */
export const serverNow = () => Date.now() + offset

/**
 * `14:59`, `1:02:03`, `13 d 4 h`.
 * @param {number} left
 */
export const countdown = (left) => {
  const seconds = Math.max(0, Math.ceil(left / 1000))
  const hours = Math.floor(seconds / 3600)
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0')
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0(?=\d:)/, '')
}

const units = /** @type {const} */ ([
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
])

/**
 * The same for a screen reader: `14 minutes`, `42 seconds`.
 * @param {number} left
 */
export const spoken = (left) => {
  const seconds = Math.max(0, Math.round(left / 1000))
  const [size, unit] = units.find(([size]) => seconds >= size) ?? units[3]
  const count = Math.floor(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

const clock = new Intl.DateTimeFormat('en', {
  hourCycle: 'h23',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const dated = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' })

/**
 * `12:04:11`, with the day where it is not today.
 * @param {number} moment
 */
export const timeOfDay = (moment) =>
  new Date(moment).toDateString() === new Date(serverNow()).toDateString()
    ? clock.format(moment)
    : dated.format(moment)
