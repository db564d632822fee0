/** Checks of what concerns the client: what a session is bound to, how its cookies are set, which proxies are in front. */
import { rangeIn } from './addresses.js'
import { fault, findingsOf, leaf, list, object, optional, settled, shown } from './validate-checks.js'
import type { Check } from './validate-checks.js'
import * as is from './validate-values.js'

/** `either` for texts and booleans, `members` for objects, of which `example` is one. */
const orObject =
  <A, B>(either: Check<A>, members: Check<B>, example: string): Check<A | B> =>
  (value, path, env) => {
    if (typeof value === 'object' && value !== null) return members(value, path, env)
    const { faults, right } = findingsOf(either, value, path, env)
    const offered = faults.map((one) => ({
      ...one,
      message: `${one.message.replace(/\.$/, '')}, or an object such as ${example}.`,
    }))
    return settled({ faults: offered, right })
  }

const bits = (most: number): Check<number> => {
  const fix = `Write how many bits of an address count, a whole number from 1 to ${most}.`
  const between = is.number(fix, 1, most)
  return (value, path, env) => {
    const number = between(value, path, env)
    return Number.isInteger(number) ? number : fault(path, `is ${number}. ${fix}`)
  }
}

const headerName: Check<string> = leaf(
  'Write the name of the header in which the proxy hands the certificate on, e.g. "Client-Cert".',
  (value, refuse) => {
    if (typeof value !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(value)) return refuse(`is ${shown(value)}`)
    return /^(?:cookie|authorization|host|origin|user-agent|x-forwarded-for|forwarded)$/i.test(value)
      ? refuse(`${shown(value)} holds something else`)
      : value
  },
)

const policy = is.oneOf('observe', 'step-up', 'end')

/** `session.bindTo`. */
export const bindTo = object({
  userAgent: optional(is.oneOf('family', false)),
  ip: optional(
    orObject(
      is.oneOf('prefix', true, false),
      object({ v4: optional(bits(32)), v6: optional(bits(128)) }),
      '{ "v4": 24, "v6": 56 }',
    ),
  ),
  clientCertificate: optional(
    orObject(is.oneOf(false), object({ header: headerName }), '{ "header": "Client-Cert" }'),
  ),
  onMismatch: optional(
    orObject(
      policy,
      object({
        userAgent: optional(policy),
        ip: optional(policy),
        clientCertificate: optional(policy),
      }),
      '{ "userAgent": "end", "ip": "observe" }',
    ),
  ),
})

/** `session.cookie`. */
export const cookie = object({
  sameSite: optional((value, path, env) =>
    value === 'none'
      ? fault(
          path,
          'is "none": cookies would come along with requests that any site makes. Write "strict" or "lax"; while developing, dangerouslySameSiteNone: true.',
        )
      : is.oneOf('strict', 'lax')(value, path, env),
  ),
  dangerouslySameSiteNone: optional(is.flag),
  dangerouslyPersistent: optional(is.flag),
  dangerouslyInsecure: optional(is.flag),
})

const PROXIES =
  'Write a list of the addresses or ranges of your own proxies, e.g. ["10.0.0.0/8"]; [] where none is to be believed.'

const proxy: Check<string> = leaf(PROXIES, (value, refuse) => {
  const range = typeof value === 'string' ? rangeIn(value) : null
  if (typeof value !== 'string' || range === null)
    return refuse(`is ${shown(value)}, not an address or range`)
  return range[1] === 0
    ? refuse(`${value} is everybody: whoever asks could say that they are another`)
    : value
})

/** `trustedProxies`. */
export const trustedProxies: Check<readonly string[]> = (value, path, env) =>
  Array.isArray(value) && value.length === 0 ? [] : list(proxy, PROXIES)(value, path, env)

const NETWORKS = 'Write a list of the addresses or ranges the upstream is in, e.g. ["10.20.0.0/16"].'

/** `upstreams.NAME.networks`. */
export const networks: Check<readonly string[]> = list(
  leaf(NETWORKS, (value, refuse) =>
    typeof value === 'string' && rangeIn(value) !== null
      ? value
      : refuse(`is ${shown(value)}, not an address or range`),
  ),
  NETWORKS,
)

/** `clientAddressHeader`. */
export const clientAddressHeader = is.oneOf('x-forwarded-for', 'forwarded')

const rate = orObject(
  is.oneOf(false),
  object({
    burst: optional(is.number('Write how many requests are taken at once, 1 or more.', 1, 1e9)),
    perSecond: optional(is.number('Write how many requests are taken each second, e.g. 20.', 0.001, 1e9)),
  }),
  '{ "burst": 300, "perSecond": 20 }',
)

/** `rateLimit`. */
export const rateLimit = orObject(
  is.oneOf(false),
  object({ login: optional(rate), address: optional(rate), session: optional(rate) }),
  '{ "login": { "burst": 300, "perSecond": 20 } }; leave it out for the defaults',
)
