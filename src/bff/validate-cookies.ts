/** Rules over `session.cookie`: what is dangerous stays on the machine of whoever develops. */
import type { BffOptions } from './options.js'
import type { Environment, Fault } from './validate-checks.js'
import type { Rule } from './validate-rules.js'
import { isLocal } from './validate-values.js'

const unsafe = ['dangerouslySameSiteNone', 'dangerouslyPersistent', 'dangerouslyInsecure'] as const
type Unsafe = (typeof unsafe)[number]

const nameOf = (option: Unsafe | 'sameSite'): string => `session.cookie.${option}`
const faultOf = (option: Unsafe, message: string): Fault => ({ option: nameOf(option), message })

/** Of each option that is dangerous, whatever else is wrong. */
const inProduction = (option: Unsafe): Rule => [
  [nameOf(option)],
  ({ session }, env) =>
    session?.cookie?.[option] === true && isProduction(env)
      ? [faultOf(option, 'is for development, and NODE_ENV is "production". Remove it.')]
      : [],
]

const elsewhere = (option: Unsafe): Rule => [
  [nameOf(option), 'origin'],
  ({ origin, session }, env) => {
    const { hostname } = new URL(origin)
    return session?.cookie?.[option] === true && !isProduction(env) && !isLocal(hostname)
      ? [faultOf(option, `is for development, and ${hostname} is not localhost. Remove it.`)]
      : []
  },
]

/** Where it may be there. */
function insecureFaults({ origin, session }: BffOptions, env: Environment): Fault[] {
  const { protocol, hostname } = new URL(origin)
  const isThere = session?.cookie?.dangerouslyInsecure === true && !isProduction(env) && isLocal(hostname)
  if (!isThere || protocol !== 'https:') return []
  return [faultOf('dangerouslyInsecure', 'gains nothing: the origin is HTTPS. Remove it.')]
}

function secureFaults({ session: { cookie = {} } = {} }: BffOptions): Fault[] {
  if (cookie.dangerouslySameSiteNone !== true || cookie.dangerouslyInsecure !== true) return []
  const message = 'needs Secure (RFC 6265bis §5.7): remove dangerouslyInsecure.'
  return [faultOf('dangerouslySameSiteNone', message)]
}

function sameSiteFaults({ session: { cookie = {} } = {} }: BffOptions): Fault[] {
  if (cookie.dangerouslySameSiteNone !== true || cookie.sameSite === undefined) return []
  return [faultOf('dangerouslySameSiteNone', 'contradicts sameSite. Remove one of the two.')]
}

/** The rules. */
export const cookieRules: readonly Rule[] = [
  ...unsafe.flatMap((option) => [inProduction(option), elsewhere(option)]),
  [[nameOf('dangerouslyInsecure'), 'origin'], insecureFaults],
  [[nameOf('dangerouslySameSiteNone'), nameOf('dangerouslyInsecure')], secureFaults],
  [[nameOf('dangerouslySameSiteNone'), nameOf('sameSite')], sameSiteFaults],
]

const runtime = globalThis as { readonly process?: { readonly env?: Environment } }

/** Whether this is a production server: by `NODE_ENV`, of the environment given, or of the process. */
const isProduction = (env: Environment): boolean =>
  (env ?? runtime.process?.env)?.['NODE_ENV'] === 'production'
