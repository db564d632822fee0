/** Options of `browserClient`. */
import { ConfigurationError } from '../errors.js'
import type { ClientSettings } from '../oidc/settings.js'

export interface BrowserClientOptions extends ClientSettings {
  /** Whether the IDP's `check_session_iframe` is used where it proves to work. Default `auto`. */
  readonly checkSession?: 'auto' | false
  /** A BFF on this origin beside this client, for APIs with `via: 'bff'`. */
  readonly bff?: { readonly basePath: string }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isAddress = (value: unknown): boolean =>
  isText(value) && /^(\/(?!\/)|https?:)[^#]*$/.test(value) && URL.canParse(value, 'https://app')

/** https, or this very machine; no query, no fragment (OpenID Connect Discovery §3). */
function isIssuer(value: unknown): boolean {
  if (!isText(value) || !URL.canParse(value) || /[?#]/.test(value)) return false
  return /^(https:|http:(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$)/.test(
    new URL(value).protocol + new URL(value).hostname,
  )
}

type Rule = readonly [isRight: (value: unknown) => boolean, fix: string]

const page: Rule = [isAddress, 'must be an address of this app, absolute or a path, with no fragment.']

/** What the login sets by itself; another value would break it. */
const OWN =
  /^(client_id|redirect_uri|response_(type|mode)|scope|state|nonce|code_challenge(_method)?|request(_uri)?)$/

/** Each option, what it may be, and what to do where it is not. The first three are needed. */
const rules: Readonly<Record<keyof BrowserClientOptions, Rule>> = {
  authority: [
    isIssuer,
    "must be the identity provider's issuer, an https address such as https://idp.example.com.",
  ],
  clientId: [isText, 'must be the client ID the identity provider knows this app by.'],
  redirectUri: page,
  scope: [
    (value) => isText(value) && value.split(' ').includes('openid'),
    'must be text that includes openid.',
  ],
  postLogoutRedirectUri: page,
  silentRedirectUri: page,
  metadata: [isObject, 'must be an object, e.g. { token_endpoint }.'],
  authorizationParams: [
    (value) =>
      isObject(value) &&
      Object.entries(value).every(([name, one]) => !OWN.test(name) && [one].flat().every(isText)),
    'must be an object of texts, without those that each login sets by itself.',
  ],
  checkSession: [(value) => value === 'auto' || value === false, "must be 'auto' or false."],
  clockTolerance: [
    (value) => typeof value === 'number' && value >= 0 && value <= 600,
    'must be seconds, 0 to 600.',
  ],
  bff: [
    (value) => isObject(value) && 'basePath' in value && /^(\/[\w-]+)+$/.test(String(value.basePath)),
    'must be { basePath }, a path like /bff with no slash at its end.',
  ],
}

const needed = ['authority', 'clientId', 'redirectUri']

/** Checks what can be known without a page. @throws ConfigurationError naming the option and the fix */
export function checkBrowserOptions(options: BrowserClientOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options }
  for (const name of [...needed, ...Object.keys(given)]) {
    const value = given[name]
    const rule = rules[name as keyof BrowserClientOptions] as Rule | undefined
    if (rule && value === undefined && !needed.includes(name)) continue
    if (rule?.[0](value)) continue
    throw new ConfigurationError(`browserClient.${name}`, rule?.[1] ?? 'is unknown; look for a misspelling.')
  }
}
