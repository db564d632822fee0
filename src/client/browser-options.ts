/** Options of `browserClient`. */
import { UNKNOWN, check, isBasePath } from './check.js'
import type { ClientSettings } from '../oidc/settings.js'

export interface BrowserClientOptions extends ClientSettings {
  /**
   * `auto` (the default): a hidden frame at the IDP's `check_session_iframe`, where it has one, is asked every 2 s whether its session is still the
   * same (OpenID Connect Session Management 1.0), while the page is visible and the frame sees that session. `false`: never.
   */
  readonly checkSession?: 'auto' | false
  /** A BFF on this origin beside this client, for APIs with `via: 'bff'`. */
  readonly bff?: { readonly basePath: string }
}

/** What an option may be: text of this form, or whatever passes. */
type Form = RegExp | ((value: unknown) => boolean)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const address = [
  (value: unknown): boolean =>
    typeof value === 'string' &&
    /^(\/(?!\/)|https?:\/\/[\w[])[^#]*$/.test(value) &&
    URL.canParse(value, 'http://localhost'),
  'must be a URL or a path of this app, with no fragment.',
] as const

const flag = [(value: unknown): boolean => typeof value === 'boolean', 'must be true or false.'] as const

/** What each login sets by itself; another value would break it. */
const OWN =
  /^(client_id|redirect_uri|response_(type|mode)|scope|state|nonce|code_challenge(_method)?|request(_uri)?)$/

/** Each option, what it may be, and what to do where it is not. */
const rules: Readonly<Record<keyof BrowserClientOptions, readonly [Form, fix: string]>> = {
  authority: [
    // https, or this very machine; no query, no fragment (OpenID Connect Discovery §3).
    /^(https:\/\/[\w[]|http:\/\/(localhost|[^/?#]+\.localhost|127\.[\d.]+|\[::1\])(?=[:/]|$))[^?#]*$/,
    "must be the provider's issuer, an https address like https://idp.example.com.",
  ],
  clientId: [/./, 'must be the client ID the provider knows this app by.'],
  redirectUri: address,
  scope: [/(^| )openid( |$)/, 'must be text that includes openid.'],
  postLogoutRedirectUri: address,
  silentRedirectUri: address,
  metadata: [isObject, 'must be an object, e.g. { token_endpoint }.'],
  authorizationParams: [
    (value) =>
      isObject(value) &&
      Object.entries(value).every(
        ([name, one]) => !OWN.test(name) && [one].flat().every((text) => typeof text === 'string'),
      ),
    'must be an object of texts, without those a login sets by itself.',
  ],
  supportedPrompts: [
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
    'must be a list of texts.',
  ],
  singleResource: flag,
  revokeAccessToken: flag,
  checkSession: [(value) => value === 'auto' || value === false, "must be 'auto' or false."],
  clockTolerance: [
    (value) => typeof value === 'number' && value >= 0 && value <= 600,
    'must be seconds, 0 to 600.',
  ],
  session: [
    (value) =>
      isObject(value) &&
      Object.entries(value).every(
        ([name, limit]) =>
          limit === undefined ||
          (typeof limit === 'number' &&
            limit <= YEAR &&
            (name === 'idle' ? limit >= 0 : name === 'absolute' && limit > 0)),
      ),
    'must be { idle, absolute }, in seconds, a year at most; idle: 0 is no limit.',
  ],
  bff: [
    (value) => isObject(value) && isBasePath(value['basePath']),
    'must be { basePath }, a path like /bff with no slash at its end.',
  ],
}

/** s */
const YEAR = 31_536_000

const needed = ['authority', 'clientId', 'redirectUri']

/** Checks what can be known without a page. @throws ConfigurationError naming the option and the fix */
export function checkBrowserOptions(options: BrowserClientOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options }
  for (const name of [...needed, ...Object.keys(given)]) {
    const value = given[name]
    const [form, fix] = rules[name as keyof BrowserClientOptions] ?? [undefined, UNKNOWN]
    if (form && value === undefined && !needed.includes(name)) continue
    const isRight = form instanceof RegExp ? typeof value === 'string' && form.test(value) : form?.(value)
    check(isRight === true, `browserClient.${name}`, fix)
  }
}
