/** `static`, checked: a folder, or an object with one. What is misspelt would make a page less safe than it was meant to be. */
import {
  fault,
  Faults,
  findingsOf,
  leaf,
  list,
  object,
  optional,
  optionName,
  settled,
  shown,
} from '../validate-checks.js'
import type { Check, Fault } from '../validate-checks.js'
import * as is from '../validate-values.js'
import { directives, tokenFault } from './directives.js'
import type { Directive } from './directives.js'
import { securityHeaders } from './headers.js'
import type { SecurityHeader } from './headers.js'
import type { StaticOptions } from './options.js'
import { tokensOf } from './policy.js'

/** The object with these members. */
function members<K extends string, T>(
  names: readonly K[],
  check: (name: K) => Check<T>,
): Record<K, Check<T>> {
  return Object.fromEntries(names.map((name) => [name, check(name)])) as Record<K, Check<T>>
}

const flags: readonly Directive[] = ['upgrade-insecure-requests', 'sandbox']
const sources = `Write sources separated by spaces or as a list, e.g. "'self' https://cdn.example.com", or false to leave it out.`

const directive =
  (name: Directive): Check<string | readonly string[] | boolean | undefined> =>
  (value, path, env) => {
    if (value === undefined || value === false || (value === true && flags.includes(name))) return value
    if (name === 'upgrade-insecure-requests' || value === true)
      return fault(path, `is ${shown(value)}. ${value === true ? sources : 'Write true or false.'}`)
    const given = Array.isArray(value)
      ? list(is.text(sources), sources)(value, path, env)
      : is.text(sources)(value, path, env)
    const tokens = tokensOf(given)
    const wrong = tokens.flatMap((token) => tokenFault(name, token) ?? [])
    if (wrong.length > 0)
      throw new Faults(wrong.map((one) => ({ option: optionName(path), message: `${one}.` })))
    return tokens.length > 1 && tokens.includes("'none'") && name !== 'trusted-types'
      ? fault(path, `has 'none' beside other sources, which browsers then leave out. Write one or the other.`)
      : tokens
  }

/** A check, or `false` for none. */
const orFalse =
  <T>(check: Check<T>): Check<T | false> =>
  (value, path, env) =>
    value === false ? false : check(value, path, env)

const values: Record<SecurityHeader, RegExp> = {
  'Strict-Transport-Security': /^max-age=\d+(?:; ?includeSubDomains)?(?:; ?preload)?$/,
  'X-Content-Type-Options': /^nosniff$/,
  'X-Frame-Options': /^(?:DENY|SAMEORIGIN)$/,
  'Referrer-Policy':
    /^(?:no-referrer|no-referrer-when-downgrade|origin|origin-when-cross-origin|same-origin|strict-origin|strict-origin-when-cross-origin|unsafe-url)$/,
  'Cross-Origin-Opener-Policy':
    /^(?:unsafe-none|same-origin|same-origin-allow-popups|noopener-allow-popups)$/,
  'Cross-Origin-Resource-Policy': /^(?:same-site|same-origin|cross-origin)$/,
  'Cross-Origin-Embedder-Policy': /^(?:unsafe-none|require-corp|credentialless)$/,
  'Permissions-Policy': /^[\x20-\x7e]*=[\x20-\x7e]*$/,
  'Reporting-Endpoints': /^[\x20-\x7e]*=[\x20-\x7e]*$/,
}

const header = (name: SecurityHeader): Check<string | false | undefined> =>
  optional(
    orFalse(
      leaf(`Write its value as it is sent, or false to leave it out.`, (value, refuse) =>
        typeof value === 'string' && values[name].test(value)
          ? value
          : refuse(`is ${shown(value)}, which is no value of ${name}`),
      ),
    ),
  )

const placeholder: Check<string> = leaf(
  'Write the text that stands in the HTML files in place of a nonce, e.g. "__CSP_NONCE__".',
  (value, refuse) =>
    typeof value === 'string' && /^[\w{}%$#@.:-]{8,64}$/.test(value)
      ? value
      : refuse(
          `is ${shown(value)}: it needs 8 to 64 letters, digits and characters such as "_", so that nothing else is taken for it`,
        ),
)

const prefix: Check<string> = leaf('Write a path with "/" at both ends, e.g. "/assets/".', (value, refuse) =>
  typeof value === 'string' && /^\/(?:[^/?#%\\]+\/)+$/.test(value)
    ? value
    : refuse(
        value === '/' ? 'is "/": index.html is there, and that changes' : `is ${shown(value)}, no such path`,
      ),
)

const FOLDER = 'Write the folder of the files to serve, e.g. "./public".'
const ALONE = `${FOLDER.slice(0, -1)}, or an object such as { "folder": "./public", "nonce": "__CSP_NONCE__" }.`

const full = object({
  folder: is.text(FOLDER),
  nonce: optional(placeholder),
  contentSecurityPolicy: optional(orFalse(object(members(directives, directive)))),
  reportOnly: optional(is.flag),
  headers: optional(object(members(securityHeaders, header))),
  immutable: optional(list(prefix, 'Write a list of paths, e.g. ["/assets/"].')),
  sourceMaps: optional(is.flag),
})

/** A folder of files, by its path alone or with options. */
export const staticFiles: Check<string | StaticOptions> = (value, path, env) => {
  if (typeof value !== 'object' || value === null) return is.text(ALONE)(value, path, env)
  const { faults, right } = findingsOf<StaticOptions>(full, value, path, env)
  const { contentSecurityPolicy: policy, nonce, reportOnly }: Partial<StaticOptions> = right ?? {}
  const broken: Fault[] = []
  const refuse = (name: readonly string[], message: string): void =>
    void broken.push({ option: optionName([...path, ...name]), message })
  if (policy === false && nonce !== undefined)
    refuse(['nonce'], 'has no policy to stand in. Remove it, or contentSecurityPolicy: false.')
  if (policy === false && reportOnly === true)
    refuse(['reportOnly'], 'has no policy to report on. Remove it, or contentSecurityPolicy: false.')
  if (nonce !== undefined && policy !== undefined && policy !== false && policy['script-src'] === false)
    refuse(
      ['contentSecurityPolicy', 'script-src'],
      'is left out, and the nonce would have no place. Remove one of both.',
    )
  return settled({ faults: [...faults, ...broken], right })
}
