/** What `/login` may be asked for, and what becomes of it in the authorization request (OpenID Connect Core §3.1.2.1). */
import { checkReturnTo } from '../return-to.js'

/** Parameters of `/login`, checked. */
export interface LoginParameters {
  readonly returnTo: string
  readonly maxAge: number | null
  /** Resources asked for (RFC 8707), in order. */
  readonly resources: readonly string[]
  readonly prompt: readonly string[]
  /** What is passed on as it is. */
  readonly passed: Readonly<Record<string, string>>
}

/** A parameter that cannot be accepted. */
export interface ParameterFault {
  readonly parameter: string
  readonly fix: string
}

const passable = ['login_hint', 'acr_values', 'ui_locales'] as const
const LONGEST = 512
const MOST_RESOURCES = 8
/** Asked for where nothing shorter is, for then an IDP must tell when the user authenticated (`auth_time`): a year, s. */
const ANY_AGE = 31_536_000

/** Reads the query of `/login`. Parameters that are not known are passed over. */
export function loginParameters(query: string, basePath: string): LoginParameters | ParameterFault {
  const params = new URLSearchParams(query)
  const passed: Record<string, string> = {}
  for (const name of ['return_to', 'prompt', 'max_age', ...passable])
    if (params.getAll(name).length > 1) return { parameter: name, fix: 'Give it once.' }

  const returnTo = checkReturnTo(params.get('return_to') ?? '/', basePath)
  if (returnTo === null)
    return {
      parameter: 'return_to',
      fix: 'Give a path of this application, of at most 2048 bytes, and no door of the BFF.',
    }
  const maxAge = params.get('max_age')
  if (maxAge !== null && ageOf(maxAge) === null)
    return { parameter: 'max_age', fix: 'Give a whole number of seconds.' }
  const prompt =
    params
      .get('prompt')
      ?.split(' ')
      .filter((word) => word !== '') ?? []
  if (!prompt.every((word) => /^[a-z_]{1,32}$/.test(word)) || (prompt.includes('none') && prompt.length > 1))
    return { parameter: 'prompt', fix: 'Give none, or any of login, consent and select_account.' }
  for (const name of passable) {
    const value = params.get(name)
    if (value === null || value === '') continue
    if (value.length > LONGEST || /\p{Cc}/u.test(value))
      return { parameter: name, fix: `Give at most ${LONGEST} characters, without controls.` }
    passed[name] = value
  }
  const resources = [...new Set(params.getAll('resource'))]
  if (resources.length > MOST_RESOURCES || !resources.every(isResource))
    return { parameter: 'resource', fix: `Give absolute URIs without fragment, at most ${MOST_RESOURCES}.` }
  return { returnTo, maxAge: ageOf(maxAge), resources, prompt, passed }
}

/** A `max_age`, s; `null` where it is none. */
const ageOf = (text: string | null | undefined): number | null =>
  text && /^\d{1,9}$/.test(text) ? Number(text) : null

// RFC 8707 §2
const isResource = (value: string): boolean =>
  value.length <= LONGEST && URL.canParse(value) && /^[\x21-\x7e]+$/.test(value) && !value.includes('#')

type Params = Readonly<Record<string, string | readonly string[]>>

/** What an IDP takes from a client. */
export interface Takes {
  /** `null`: every `prompt`. */
  readonly supportedPrompts: readonly string[] | null
  /** One resource at a time. */
  readonly singleResource: boolean
}

/** What a login asks the IDP for. */
export interface LoginRequest {
  readonly params: Params
  /** The resource its access token is for. */
  readonly resource: string | undefined
  /** The `max_age` that the answer must keep to, s. */
  readonly maxAge: number | null
  /** A `prompt` that was asked for, and that the IDP does not take: nothing is to be sent. */
  readonly refused: string | null
}

const takesAll: Takes = { supportedPrompts: null, singleResource: false }

/** What a login asks the IDP for, with the configured parameters as a base. */
export function authorizationParameters(
  { maxAge: age, resources, prompt, passed }: LoginParameters,
  configured: Params,
  upstreamResources: readonly (string | undefined)[],
  { supportedPrompts, singleResource }: Takes = takesAll,
): LoginRequest {
  // What is configured (Mosaic's `consent`) is needed at every login; `none` stands alone.
  const prompts = prompt.includes('none')
    ? prompt
    : [...new Set([...prompt, ...[configured['prompt'] ?? []].flat().flatMap((one) => one.split(' '))])]
  const isTaken = (one: string): boolean => supportedPrompts?.includes(one) ?? true
  // Without `login`, an authentication that is no older than now is the same, and the answer shows whether it was.
  const asAsked = prompts.includes('login') && !isTaken('login') ? 0 : age
  const configuredAge = ageOf([configured['max_age'] ?? []].flat()[0])
  // What is configured is a limit: an address may ask for less.
  const maxAge = asAsked === null ? configuredAge : Math.min(asAsked, configuredAge ?? Infinity)
  const sent = prompts.filter((one) => one !== 'login' || isTaken(one))
  const ofUpstreams = upstreamResources.filter((one) => one !== undefined)
  const known = [...[configured['resource'] ?? []].flat(), ...ofUpstreams]
  const all = [...new Set([...resources, ...known])]
  // Where some upstream takes the token that is for no resource in particular, that one is the session's own.
  const own =
    [configured['resource'] ?? []].flat()[0] ??
    (singleResource || ofUpstreams.length === upstreamResources.length ? ofUpstreams[0] : undefined)
  const resource = resources[0] ?? own
  const asked = singleResource ? [resource].filter((one) => one !== undefined) : all
  return {
    params: {
      ...configured,
      ...passed,
      max_age: String(maxAge ?? configured['max_age'] ?? ANY_AGE),
      ...(sent.length > 0 && { prompt: sent.join(' ') }),
      ...(asked.length > 0 && { resource: asked }),
    },
    resource,
    maxAge,
    refused: sent.find((one) => !isTaken(one)) ?? null,
  }
}
