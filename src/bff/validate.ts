/**
 * The options of the BFF, checked: every option that is wrong, missing or unknown is named together with its fix, all at
 * once.
 */
import { ConfigurationError } from '../errors.js'
import type { Criteria } from '../session/session.js'
import type { BffOptions, ResolvedOptions } from './options.js'
import { neverProxied } from './upstream/prepare.js'
import { fault, findingsOf, list, object, optional, record, shown } from './validate-checks.js'
import type { Check, Environment, Fault, Path } from './validate-checks.js'
import { expanded } from './preset.js'
import {
  bindTo,
  clientAddressHeader,
  cookie,
  networks,
  rateLimit,
  trustedProxies,
} from './validate-client.js'
import { withDefaults } from './validate-defaults.js'
import { privateKey } from './validate-key.js'
import { credentialed, responseModes } from './validate-protection.js'
import { ruled } from './validate-rules.js'
import * as is from './validate-values.js'

/** A text, or a list of texts. */
const texts = (fix: string): Check<string | readonly string[]> => {
  const one = is.text(fix)
  const many = list(one, fix)
  return (value, path, env) => (Array.isArray(value) ? many(value, path, env) : one(value, path, env))
}

const orNull =
  <T>(check: Check<T>): Check<T | null> =>
  (value, path, env) =>
    value === null ? null : check(value, path, env)

const scope: Check<string> = (value, path, env) => {
  const fix = 'Write scopes separated by spaces, e.g. "openid profile offline_access".'
  const scopes = is.text(fix)(value, path, env)
  return scopes.split(' ').includes('openid')
    ? scopes
    : fault(path, 'is without "openid". Add it: login needs it.')
}

// Set by every login itself; there is no other flow than the code flow with PKCE (RFC 10017 §6.1.3.1).
const ownParameters = new Set(
  'client_id redirect_uri response_type state nonce code_challenge code_challenge_method request request_uri dpop_jkt'.split(
    ' ',
  ),
)

const parameterName = (name: string, path: Path): void => {
  if (ownParameters.has(name)) fault(path, 'is set by the BFF itself for every login. Remove it.')
  if (name === 'scope') fault(path, 'has an option of its own. Write it as idp.scope.')
}

const criteria = object({
  maxAge: optional(is.seconds(is.CLOCK_LIMIT, 'authenticate anew')),
  acr: optional(texts('Write an authentication context, or a list of which one is enough.')),
  amr: optional(texts('Write an authentication method, or a list of those needed.')),
  audience: optional(texts('Write an audience, or a list of those needed.')),
  scope: optional(texts('Write a scope, or a list of those needed.')),
  roles: optional(texts('Write a role, or a list of those needed.')),
  user: optional(is.text('Write the sub of a user.')),
})

const method: Check<string> = (value, path, env) => {
  const fix = 'Write an HTTP method, e.g. "GET".'
  const name = is.text(fix)(value, path, env)
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return fault(path, `is ${shown(value)}. ${fix}`)
  return neverProxied.has(name.toUpperCase()) ? fault(path, `${name} is never proxied. Remove it.`) : name
}

const upstream = object({
  url: is.upstreamAddress,
  token: optional(is.oneOf('user', 'none')),
  resource: optional(is.text('Write the resource its token is for, e.g. "https://api.example.com/".')),
  timeout: optional(is.seconds(is.TIMER_LIMIT)),
  methods: optional(list(method, 'Write a list of HTTP methods, or leave it out: then all pass.')),
  require: optional(criteria),
  maxBody: optional(is.number('Write a positive number of bytes.', 1, Number.MAX_SAFE_INTEGER)),
  networks: optional(networks),
})

const upstreamName = (name: string, path: Path): void => {
  if (!/^[A-Za-z0-9][\w.~-]*$/.test(name))
    fault(path, 'is not a name that can stand in a path. Use letters, digits, "-" and "_".')
}

const idp = object({
  issuer: is.idpAddress('Write the issuer as the IDP spells it, e.g. "https://idp.example.com".'),
  discoveryUrl: optional(
    orNull(is.idpAddress('Write where the metadata of the IDP is, or null: under the issuer.', 'query')),
  ),
  clientId: is.text('Write the client id the IDP knows this BFF by.'),
  clientSecret: optional(is.secret('Write the secret of that client: the BFF is a confidential one.')),
  privateKey: optional(privateKey),
  scope: optional(scope),
  tokenEndpointAuthMethod: optional(is.oneOf('client_secret_basic', 'client_secret_post', 'private_key_jwt')),
  authorizationParams: optional(
    record(parameterName, texts('Write a text, or a list of texts for a parameter that is repeated.')),
  ),
  idTokenHint: optional(is.flag),
  supportedPrompts: optional(
    list(
      is.text('Write a value of prompt, e.g. "login".'),
      'Write the values of prompt that the IDP takes from this client, e.g. ["login", "consent"].',
    ),
  ),
  singleResource: optional(is.flag),
  dpop: optional(is.flag),
  pushedAuthorization: optional(is.flag),
  signedRequestObject: optional(is.flag),
  responseMode: optional(is.oneOf(...responseModes)),
  revokeAccessToken: optional(is.flag),
  sessionsApi: optional(
    object({
      url: optional(is.idpAddress('Write the API host of the IDP, e.g. "https://api.transmitsecurity.io".')),
      clientId: optional(is.text('Write the client id of a client that may administer sessions.')),
      clientSecret: optional(is.secret('Write the secret of that client.')),
      logout: optional(is.flag),
    }),
  ),
  untypedLogoutTokens: optional(is.flag),
  clockTolerance: optional(is.seconds(is.CLOCK_LIMIT, 'no tolerance')),
  timeout: optional(is.seconds(is.TIMER_LIMIT)),
})

const session = object({
  idle: optional(is.seconds(is.CLOCK_LIMIT, 'no idle limit')),
  absolute: optional(is.seconds(is.CLOCK_LIMIT)),
  idpLifetime: optional(orNull(is.seconds(is.CLOCK_LIMIT))),
  whenIdpSessionEnds: optional(
    object({ logout: optional(is.oneOf('end', 'rely')), expired: optional(is.oneOf('end', 'rely')) }),
  ),
  bindTo: optional(bindTo),
  cookie: optional(cookie),
})

/** It is told before anything else is looked at ({@link expanded}); here it is only one of the names. */
const preset: Check<undefined> = () => undefined

/** What must be there at least. */
export const OPTIONS = 'Write an object with origin, idp and secrets at least.'

/** Members of the options that a configuration file has too. */
export const optionChecks = {
  origin: is.origin,
  basePath: optional(is.basePath),
  idp: credentialed(idp),
  secrets: list(
    is.secret('Write a random text of at least 32 characters, e.g. from: openssl rand -base64 32.', 32),
    'Write a list of at least one random text of 32 characters or more; the first one seals.',
  ),
  store: optional(is.store),
  session: optional(session),
  upstreams: optional(record(upstreamName, upstream)),
  trustedProxies: optional(trustedProxies),
  clientAddressHeader: optional(clientAddressHeader),
  rateLimit: optional(rateLimit),
  mediateTokens: optional(is.flag),
  acceptTokens: optional(
    object({
      clientId: optional(texts('Write a client id, or a list of them.')),
      audience: optional(texts('Write an audience, or a list of them.')),
    }),
  ),
  preset,
}

const options: Check<BffOptions> = expanded(
  ruled(object({ ...optionChecks, log: optional(is.log) }, OPTIONS)),
)

/** Options of `createBff`, checked and complete. Throws one {@link ConfigurationError} that names everything that is wrong. */
export function validateOptions(given: unknown): ResolvedOptions {
  return withDefaults(checked(options, given, null))
}

/** Criteria of an own route, checked. Throws a {@link ConfigurationError}: a misspelt criterion would let everybody in. */
export function validateCriteria(given: unknown): Criteria {
  return checked((value, _path, env) => criteria(value, ['criteria'], env), given, null)
}

/**
 * What passes the check. Otherwise one {@link ConfigurationError}: its `option` is the first that is wrong, its message has
 * them all, one a line.
 */
export function checked<T>(check: Check<T>, given: unknown, env: Environment): T {
  const { faults, right } = findingsOf(check, given, [], env)
  refuseAll(faults)
  return right as T
}

/** Nothing, where there are no faults; else throws the one {@link ConfigurationError} that names them all. */
export function refuseAll([first, ...others]: readonly Fault[]): void {
  if (first === undefined) return
  const lines = [first.message, ...others.map(({ option, message }) => `${option}: ${message}`)]
  throw new ConfigurationError(first.option, lines.join('\n'))
}
