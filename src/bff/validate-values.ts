/** Checks of single options of the BFF: addresses, names, durations, secrets, stores. */
import type { Log } from './log.js'
import { REDIS_ADDRESS_FORM, redisAddress } from './stores/redis-address.js'
import type { SessionStore } from './stores/store.js'
import { leaf, shown } from './validate-checks.js'
import type { Check } from './validate-checks.js'

/** A number, where a text is one. */
export const toNumber = (text: string): unknown =>
  /^\s*$/.test(text) || Number.isNaN(Number(text)) ? text : Number(text)
const toBoolean = (text: string): unknown =>
  ({ true: true, '1': true, false: false, '0': false })[text.trim().toLowerCase()] ?? text

/** A text that is not empty. */
export function text(fix: string): Check<string> {
  return leaf(fix, (value, refuse) => {
    if (typeof value !== 'string') return refuse(`is ${shown(value)}, not a text`)
    return value.trim() === '' ? refuse('is empty') : value
  })
}

/** A text that must not be shown. `least`: how many characters it needs. */
export function secret(fix: string, least = 1): Check<string> {
  return leaf(fix, (value, refuse) => {
    if (typeof value !== 'string') return refuse('is not a text')
    if (value.length >= least) return value
    return refuse(value === '' ? 'is empty' : `has ${value.length} characters, ${least} are needed`)
  })
}

/** One of the given values. */
export function oneOf<const T extends readonly (string | boolean)[]>(...values: T): Check<T[number]> {
  return leaf<T[number]>(
    `Write ${values.map((value) => JSON.stringify(value)).join(' or ')}.`,
    (value, refuse) => {
      for (const one of values) if (one === value) return one
      return refuse(`is ${shown(value)}`)
    },
    values.some((value) => typeof value === 'boolean') ? toBoolean : undefined,
  )
}

/** A number between `least` and `most`, both included. */
export function number(fix: string, least: number, most: number): Check<number> {
  return leaf(
    fix,
    (value, refuse) => {
      if (typeof value !== 'number' || !Number.isFinite(value))
        return refuse(`is ${shown(value)}, not a number`)
      if (value > most) return refuse(`is ${value}, and ${most} is the most`)
      return value < least ? refuse(`is ${value}`) : value
    },
    toNumber,
  )
}

/** The longest a timer can wait, s: about 24 days. */
export const TIMER_LIMIT = 2_000_000
/** Ten years, s: for what is compared with a clock. */
export const CLOCK_LIMIT = 315_360_000

/** A duration, s: positive, or also 0 where that has the meaning `zero`. */
export function seconds(most: number, zero?: string): Check<number> {
  const fix = `Write a positive number of seconds${zero === undefined ? '' : `, or 0: ${zero}`}.`
  return number(fix, zero === undefined ? 0.001 : 0, most)
}

/** A TCP port; 0: one that is free. */
export const port: Check<number> = leaf(
  'Write a port between 0 and 65535; 0 takes one that is free.',
  (value, refuse) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535
      ? value
      : refuse(`is ${shown(value)}`),
  toNumber,
)

/** True or false. */
export const flag: Check<boolean> = oneOf(true, false)

/** Whether a host is this machine. */
export const isLocal = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1' || host === '[::1]'

function parsed(value: unknown, refuse: (wrong: string) => never): URL {
  if (typeof value !== 'string') return refuse(`is ${shown(value)}, not an address`)
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return refuse(`${shown(value)} is not an address`)
  const url = new URL(value)
  if (url.username !== '' || url.password !== '') return refuse('has a user or password in it')
  if (url.hash !== '') return refuse(`${shown(value)} has a fragment`)
  return url
}

const secured = (url: URL, refuse: (wrong: string) => never): void => {
  if (url.protocol !== 'https:' && !isLocal(url.hostname))
    refuse(`${shown(url.href)} is not HTTPS, and ${url.hostname} is not localhost`)
}

/** The app's own origin: HTTPS, or http on localhost, without a path. */
export const origin: Check<string> = leaf(
  'Write the app\'s own origin, e.g. "https://app.example.com".',
  (value, refuse) => {
    const url = parsed(value, refuse)
    secured(url, refuse)
    return url.pathname !== '/' ||
      url.search !== '' ||
      String(value).endsWith('/') ||
      String(value).endsWith('?')
      ? refuse(`${shown(value)} is more than an origin: write ${shown(url.origin)}`)
      : url.origin
  },
)

/** An address of the IDP: HTTPS, or http on localhost. Given back as it was written: issuers are compared letter by letter. */
export function idpAddress(fix: string, allowed?: 'query'): Check<string> {
  return leaf(fix, (value, refuse) => {
    const url = parsed(value, refuse)
    secured(url, refuse)
    return url.search !== '' && allowed === undefined ? refuse(`${shown(value)} has a query`) : String(value)
  })
}

/** The address an upstream's paths are put under. */
export const upstreamAddress: Check<string> = leaf(
  'Write the address its paths are put under, e.g. "http://127.0.0.1:4100/".',
  (value, refuse) => {
    const url = parsed(value, refuse)
    if (url.search !== '') return refuse(`${shown(value)} has a query`)
    return url.pathname.includes('//') ? refuse(`${shown(value)} has an empty segment`) : url.href
  },
)

/** Where the doors are: one or more segments. */
export const basePath: Check<string> = leaf('Write a path such as "/bff".', (value, refuse) =>
  typeof value === 'string' && /^(?:\/(?!\.+(?:\/|$))[\w.~-]+)+$/.test(value)
    ? value
    : refuse(`is ${shown(value)}: it must begin with "/", not end with "/", and have only plain segments`),
)

const storeMethods: readonly (keyof SessionStore)[] = [
  'create',
  'get',
  'replace',
  'delete',
  'deleteWhere',
  'list',
  'remember',
  'remembered',
  'deleteExpired',
  'ping',
  'close',
]

/** `memory:`, `sqlite:PATH`, `redis://…`, or a store object. */
export const store: Check<string | SessionStore> = leaf(
  'Write "memory:", "sqlite:PATH" (e.g. "sqlite:./sessions.db"), "redis://HOST:PORT", or give a store object.',
  (value, refuse) => {
    if (hasMethods<SessionStore>(value, storeMethods)) return value
    if (typeof value !== 'string') return refuse(`is ${shown(value)}, without the methods of a store`)
    // There may be a password in it.
    if (/^rediss?:/i.test(value)) return redis(value, refuse)
    return value === 'memory:' || /^sqlite:./s.test(value) ? value : refuse(`is ${shown(value)}`)
  },
)

function redis(value: string, refuse: (wrong: string) => never): string {
  try {
    redisAddress(value)
    return value
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : error}: write ${REDIS_ADDRESS_FORM}`)
  }
}

/** Where the BFF tells what happens. */
export const log: Check<Log> = leaf(
  'Give an object with info, warn and error, such as a pino logger.',
  (value, refuse) => (hasMethods<Log>(value, ['info', 'warn', 'error']) ? value : refuse('is no log')),
)

function hasMethods<T extends object>(value: unknown, methods: readonly (keyof T & string)[]): value is T {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    methods.every((method) => typeof Reflect.get(value, method) === 'function')
  )
}
