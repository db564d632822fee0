/** What is told of a Mosaic tenant, and the checks of it. Runs in browsers and on servers. */
import type { Checks } from './mosaic-faults.js'

/** Where a tenant is. */
export type MosaicRegion = 'us' | 'eu' | 'ca' | 'au' | 'jp' | 'sandbox'

/** What an application may ask of a login by `prompt`; a client lists those it allows (`supported_prompts`). */
export type MosaicPrompt = 'login' | 'consent' | 'none'

/** Names of Mosaic's `acr_values`: what a login must satisfy, or which way it is to go. */
export const mosaicAcr = {
  /** A second factor. Once satisfied, `acr` has `mfa`, and so has `amr`. */
  mfa: 'mfa',
  phoneNumber: 'phone_number',
  /** The hosted experience that is shared by all applications. */
  centralized: 'urn:transmit:centralized',
  google: 'urn:transmit:google_direct',
  apple: 'urn:transmit:apple_direct',
  facebook: 'urn:transmit:facebook_direct',
  line: 'urn:transmit:line_direct',
} as const

/** One of {@link mosaicAcr}; a tenant may know others. */
export type MosaicAcr = (typeof mosaicAcr)[keyof typeof mosaicAcr] | (string & {})

/** Claims to ask for (OpenID Connect Core §5.5): `null`, or how a claim is wanted. */
export type MosaicClaims = Readonly<
  Partial<Record<'id_token' | 'userinfo', Readonly<Record<string, Readonly<Record<string, unknown>> | null>>>>
>

/** A tenant: exactly one of `region`, `baseUrl` and `customDomain`. */
export interface MosaicPlace {
  readonly region?: MosaicRegion
  /** The API host, where it is none of the regions', e.g. `https://api.eu.transmitsecurity.io`. */
  readonly baseUrl?: string
  /** A domain of the application's own, whose issuer it is, too: `login.example.com`. */
  readonly customDomain?: string
  /** `iss` of the tenant's tokens, where it is not the region's or the domain's. Needed for `jp` and `sandbox`, whose is not published. */
  readonly issuer?: string
}

/** What may be told beside who the client is. */
export interface MosaicSettings extends MosaicPlace {
  /** Default `openid offline_access`; `openid` where `supportedPrompts` is without `consent`. */
  readonly scope?: string
  /** The resource the access token is for, one URI: it must be attached to the client. Without it `aud` is `userid-api`. */
  readonly resource?: string
  readonly claims?: MosaicClaims
  /** What every login must satisfy; what a step-up asks for takes its place. */
  readonly acrValues?: MosaicAcr | readonly MosaicAcr[]
  /** The client's `supported_prompts`, where it has some: no other is ever sent. */
  readonly supportedPrompts?: readonly MosaicPrompt[]
  /** The client's `session_expiration`, s: at most 365 days. Default 14 days. */
  readonly sessionExpiration?: number
}

/** Options of `mosaic`. */
export interface MosaicOptions extends MosaicSettings {
  readonly clientId: string
  /** For the BFF only. It is never in what a page is given. A client with a key has none: give `idp.privateKey` to `createBff`. */
  readonly clientSecret?: string
}

/** The longest session a client may have, s. */
export const LONGEST_SESSION = 31_536_000

/** Members of {@link MosaicSettings}. */
export const settingNames = [
  'region',
  'baseUrl',
  'customDomain',
  'issuer',
  'scope',
  'resource',
  'claims',
  'acrValues',
  'supportedPrompts',
  'sessionExpiration',
] as const satisfies readonly (keyof MosaicSettings)[]

const prompts: readonly MosaicPrompt[] = ['login', 'consent', 'none']

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether it is an absolute URI without fragment (RFC 8707 §2). */
const isUri = (value: unknown): boolean => isText(value) && URL.canParse(value) && !value.includes('#')

const hasWord = (value: unknown, word: string): boolean => isText(value) && value.split(' ').includes(word)

const isWord = (value: unknown): boolean => isText(value) && !/\s/.test(value)

const isClaimsMember = ([name, member]: [string, unknown]): boolean =>
  (name === 'id_token' || name === 'userinfo') && isObject(member)

/** The checks of everything but the place. */
export const settingChecks: Checks<MosaicSettings> = {
  scope: (scope) =>
    hasWord(scope, 'openid') ||
    'is without "openid". Write scopes separated by spaces, e.g. "openid offline_access".',
  resource: (resource) => isUri(resource) || 'must be one absolute URI without fragment.',
  claims: (claims) =>
    (isObject(claims) && Object.entries(claims as object).every(isClaimsMember)) ||
    'must be like { id_token: { roles: null }, userinfo: {} }.',
  acrValues: (values) =>
    ([values].flat().length > 0 && [values].flat().every(isWord)) ||
    'must be an acr value such as "mfa", or a list of them.',
  supportedPrompts: (supported, { scope }) =>
    !(Array.isArray(supported) && supported.length > 0 && supported.every((one) => prompts.includes(one)))
      ? 'must be a list of "login", "consent" and "none".'
      : !hasWord(scope, 'offline_access') ||
        supported.includes('consent') ||
        'is without "consent", which offline_access needs at Mosaic. Add it, or leave offline_access out of scope.',
  sessionExpiration: (seconds) =>
    !(typeof seconds === 'number' && seconds > 0)
      ? 'must be a positive number of seconds.'
      : seconds <= LONGEST_SESSION ||
        `is ${seconds} s, and Mosaic allows 365 days: at most ${LONGEST_SESSION}.`,
}
