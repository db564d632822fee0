/** Rules over several options, held once each of them is right by itself. */
import type { BffOptions } from './options.js'
import { Faults } from './validate-checks.js'
import type { Check, Environment, Fault } from './validate-checks.js'
import { responseModeFaults } from './validate-protection.js'
import { isLocal } from './validate-values.js'

/** A rule, and the options it reads. */
type Rule = readonly [
  reads: readonly (keyof BffOptions)[],
  faults: (options: BffOptions, env: Environment) => Fault[],
]

const rules: readonly Rule[] = [
  [['origin', 'session'], cookieFaults],
  [['session', 'trustedProxies', 'clientAddressHeader'], proxyFaults],
  [['idp'], requestFaults],
  [['idp'], responseModeFaults],
  [['idp'], apiFaults],
  [['idp', 'mediateTokens'], dpopFaults],
]

/** The check, and then the rules; where options are wrong by themselves, those rules that read none of these: all is told at once. */
export const ruled =
  <T extends BffOptions>(check: Check<T>): Check<T> =>
  (value, path, env) => {
    try {
      const options = check(value, path, env)
      const faults = rules.flatMap(([, rule]) => rule(options, env))
      if (faults.length > 0) throw new Faults(faults)
      return options
    } catch (error) {
      if (!(error instanceof Faults) || error.right === undefined) throw error
      const wrong = new Set(error.list.map(({ option }) => option.split(/[.[]/, 1)[0]))
      const right = error.right as BffOptions
      const broken = rules
        .filter(([reads]) => !reads.some((name) => wrong.has(name)))
        .flatMap(([, rule]) => rule(right, env))
      throw new Faults([...error.list, ...broken])
    }
  }

const unsafe = ['dangerouslySameSiteNone', 'dangerouslyPersistent', 'dangerouslyInsecure'] as const

/** What is dangerous stays on the machine of whoever develops. */
function cookieFaults({ origin, session }: BffOptions, env: Environment): Fault[] {
  const cookie = session?.cookie ?? {}
  const { protocol, hostname } = new URL(origin)
  const faults: Fault[] = []
  const refuse = (option: (typeof unsafe)[number], message: string): void =>
    void faults.push(faultOf(option, message))
  for (const option of unsafe) {
    if (cookie[option] !== true) continue
    if (isProduction(env)) refuse(option, 'is for development, and NODE_ENV is "production". Remove it.')
    else if (!isLocal(hostname))
      refuse(option, `is for development, and ${hostname} is not localhost. Remove it.`)
  }
  if (faults.length > 0) return faults
  if (cookie.dangerouslyInsecure === true && protocol === 'https:')
    refuse('dangerouslyInsecure', 'gains nothing: the origin is HTTPS. Remove it.')
  if (cookie.dangerouslySameSiteNone === true) {
    if (cookie.dangerouslyInsecure === true)
      refuse('dangerouslySameSiteNone', 'needs Secure (RFC 6265bis §5.7): remove dangerouslyInsecure.')
    if (cookie.sameSite !== undefined)
      refuse('dangerouslySameSiteNone', 'contradicts sameSite. Remove one of the two.')
  }
  return faults
}

const faultOf = (option: string, message: string): Fault => ({ option: `session.cookie.${option}`, message })

/** A header is believed from proxies alone that were named. */
function proxyFaults({ session, trustedProxies, clientAddressHeader }: BffOptions): Fault[] {
  const faults: Fault[] = []
  const isNone = trustedProxies === undefined || trustedProxies.length === 0
  if (isNone && session?.bindTo?.clientCertificate)
    faults.push({
      option: 'session.bindTo.clientCertificate',
      message:
        'is told by a proxy, and trustedProxies names none: anybody could say what theirs is. Name the proxy that ends TLS, e.g. trustedProxies: ["10.0.0.2"].',
    })
  if (isNone && clientAddressHeader !== undefined)
    faults.push({
      option: 'clientAddressHeader',
      message: 'is read from trusted proxies alone, and trustedProxies names none. Name them, or remove it.',
    })
  return faults
}

/** The sessions API is somewhere, and its client has both halves. */
function apiFaults({ idp: { sessionsApi } }: BffOptions): Fault[] {
  if (sessionsApi === undefined) return []
  const { url, clientId, clientSecret } = sessionsApi
  const missing = (name: string, why: string): Fault[] => [
    { option: `idp.sessionsApi.${name}`, message: `is missing: ${why}` },
  ]
  if (url === undefined) return missing('url', 'write the API host of the IDP, or use its preset.')
  if (clientId !== undefined && clientSecret === undefined)
    return missing('clientSecret', 'the client that administers sessions is a confidential one.')
  if (clientSecret !== undefined && clientId === undefined)
    return missing('clientId', 'clientSecret is the secret of a client that must be named.')
  return []
}

/** What a key of the BFF's own cannot be proven to. */
function dpopFaults({ idp, mediateTokens }: BffOptions): Fault[] {
  if (idp.dpop !== true) return []
  const faults: Fault[] = []
  if (mediateTokens === true)
    faults.push({
      option: 'mediateTokens',
      message:
        'gives access tokens to the page, and idp.dpop binds them to a key that the page has not. Remove one of the two.',
    })
  if (idp.sessionsApi?.logout === true)
    faults.push({
      option: 'idp.sessionsApi.logout',
      message: 'needs a Bearer token, and idp.dpop binds them all to a key. Remove one of the two.',
    })
  return faults
}

/** What every login asks for must be what the IDP takes. */
function requestFaults({
  idp: { authorizationParams = {}, supportedPrompts, singleResource },
}: BffOptions): Fault[] {
  const faults: Fault[] = []
  const prompts = [authorizationParams['prompt'] ?? []].flat().flatMap((one) => one.split(' '))
  const refused = prompts.find((one) => supportedPrompts?.includes(one) === false)
  if (refused !== undefined)
    faults.push({
      option: 'idp.authorizationParams.prompt',
      message: `is "${refused}", which is not in idp.supportedPrompts. Add it there and at the IDP, or remove it here.`,
    })
  const resources = [authorizationParams['resource'] ?? []].flat()
  if (singleResource === true && resources.length > 1)
    faults.push({
      option: 'idp.authorizationParams.resource',
      message: `names ${resources.length} resources, and idp.singleResource is set. Leave one of them.`,
    })
  return faults
}

const runtime = globalThis as { readonly process?: { readonly env?: Environment } }

/** Whether this is a production server: by `NODE_ENV`, of the environment given, or of the process. */
const isProduction = (env: Environment): boolean =>
  (env ?? runtime.process?.env)?.['NODE_ENV'] === 'production'
