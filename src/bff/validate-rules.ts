/** Rules over several options, held as far as each of these is right by itself. */
import type { BffOptions } from './options.js'
import { findingsOf, settled } from './validate-checks.js'
import type { Check, Environment, Fault } from './validate-checks.js'
import { cookieRules } from './validate-cookies.js'
import { RESPONSE_MODE, responseModeFaults, twoModesFaults } from './validate-protection.js'

/** A rule, and the options it reads, each by its whole name. Other options may be missing, also where they must be there: these are wrong by themselves. */
export type Rule<T = BffOptions> = readonly [
  reads: readonly string[],
  faults: (options: T, env: Environment) => readonly Fault[],
]

const rules: readonly Rule[] = [
  ...cookieRules,
  [['session.bindTo.clientCertificate', 'trustedProxies'], certificateFaults],
  [['clientAddressHeader', 'trustedProxies'], addressFaults],
  [['idp.authorizationParams.prompt', 'idp.supportedPrompts'], promptFaults],
  [['idp.authorizationParams.resource', 'idp.singleResource'], resourceFaults],
  [[RESPONSE_MODE], responseModeFaults],
  [[RESPONSE_MODE, 'idp.responseMode'], twoModesFaults],
  [['idp.sessionsApi.url'], apiFaults],
  [['idp.sessionsApi.clientId', 'idp.sessionsApi.clientSecret'], apiClientFaults],
  [['idp.dpop', 'mediateTokens'], mediationFaults],
  [['idp.dpop', 'idp.sessionsApi.logout'], apiLogoutFaults],
]

/**
 * The check, and then the rules, those of `own` among them; where options are wrong by themselves, those rules that read none of
 * these: all is told at once.
 */
export const ruled =
  <T extends BffOptions>(check: Check<T>, own: readonly Rule<T>[] = []): Check<T> =>
  (value, path, env) => {
    const { faults, right } = findingsOf(check, value, path, env)
    if (right === undefined) return settled<T>({ faults, right })
    const isWrong = (name: string): boolean => faults.some(({ option }) => isWithin(option, name))
    const broken = [...rules, ...own]
      .filter(([reads]) => !reads.some(isWrong))
      .flatMap(([, rule]) => rule(right, env))
    return settled({ faults: [...faults, ...broken], right })
  }

/** Whether one option is the other, or one of them is a part of the other. */
const isWithin = (one: string, other: string): boolean => {
  const [long, short] = one.length > other.length ? [one, other] : [other, one]
  return long.startsWith(short) && /^(?:$|[.[])/.test(long.slice(short.length))
}

const isNone = (trustedProxies: BffOptions['trustedProxies']): boolean =>
  trustedProxies === undefined || trustedProxies.length === 0

/** A header is believed from proxies alone that were named. */
function certificateFaults({ session, trustedProxies }: BffOptions): Fault[] {
  if (!isNone(trustedProxies) || !session?.bindTo?.clientCertificate) return []
  const message =
    'is told by a proxy, and trustedProxies names none: anybody could say what theirs is. Name the proxy that ends TLS, e.g. trustedProxies: ["10.0.0.2"].'
  return [{ option: 'session.bindTo.clientCertificate', message }]
}

function addressFaults({ trustedProxies, clientAddressHeader }: BffOptions): Fault[] {
  if (!isNone(trustedProxies) || clientAddressHeader === undefined) return []
  const message =
    'is read from trusted proxies alone, and trustedProxies names none. Name them, or remove it.'
  return [{ option: 'clientAddressHeader', message }]
}

const missing = (name: string, why: string): Fault[] => [
  { option: `idp.sessionsApi.${name}`, message: `is missing: ${why}` },
]

/** The sessions API is somewhere. */
function apiFaults({ idp: { sessionsApi } }: BffOptions): Fault[] {
  return sessionsApi === undefined || sessionsApi.url !== undefined
    ? []
    : missing('url', 'write the API host of the IDP, or use its preset.')
}

/** Its client has both halves. */
function apiClientFaults({ idp: { sessionsApi = {} } }: BffOptions): Fault[] {
  const { clientId, clientSecret } = sessionsApi
  if (clientId !== undefined && clientSecret === undefined)
    return missing('clientSecret', 'the client that administers sessions is a confidential one.')
  if (clientSecret !== undefined && clientId === undefined)
    return missing('clientId', 'clientSecret is the secret of a client that must be named.')
  return []
}

/** What a key of the BFF's own cannot be proven to. */
function mediationFaults({ idp, mediateTokens }: BffOptions): Fault[] {
  if (idp.dpop !== true || mediateTokens !== true) return []
  const message =
    'gives access tokens to the page, and idp.dpop binds them to a key that the page has not. Remove one of the two.'
  return [{ option: 'mediateTokens', message }]
}

function apiLogoutFaults({ idp }: BffOptions): Fault[] {
  if (idp.dpop !== true || idp.sessionsApi?.logout !== true) return []
  const message = 'needs a Bearer token, and idp.dpop binds them all to a key. Remove one of the two.'
  return [{ option: 'idp.sessionsApi.logout', message }]
}

/** What every login asks for must be what the IDP takes. */
function promptFaults({ idp: { authorizationParams = {}, supportedPrompts } }: BffOptions): Fault[] {
  const prompts = [authorizationParams['prompt'] ?? []].flat().flatMap((one) => one.split(' '))
  const refused = prompts.filter((one) => supportedPrompts?.includes(one) === false)
  return refused.map((one) => ({
    option: 'idp.authorizationParams.prompt',
    message: `is "${one}", which is not in idp.supportedPrompts. Add it there and at the IDP, or remove it here.`,
  }))
}

function resourceFaults({ idp: { authorizationParams = {}, singleResource } }: BffOptions): Fault[] {
  const resources = [authorizationParams['resource'] ?? []].flat()
  if (singleResource !== true || resources.length < 2) return []
  const message = `names ${resources.length} resources, and idp.singleResource is set. Leave one of them.`
  return [{ option: 'idp.authorizationParams.resource', message }]
}
