/**
 * The Content Security Policy of the app's files (CSP Level 3): what an app built of modules and style sheets needs, and no more. It lets the page
 * talk to its own origin, and to the IDP where the page holds the tokens itself.
 */
import type { Directive } from './directives.js'
import type { Inline } from './inline.js'
import type { PolicyOptions, Site } from './options.js'

/** Directives in their order, each with its sources. */
export type Policy = ReadonlyMap<Directive, readonly string[]>

/** Directives in which a nonce makes a difference, before those they fall back to. */
const nonced: readonly Directive[] = ['script-src', 'script-src-elem', 'style-src', 'style-src-elem']

const defaults = ({ idp, mediatesTokens = false }: Site): [Directive, readonly string[]][] => [
  ['default-src', ["'self'"]],
  ['script-src', ["'self'"]],
  ['style-src', ["'self'"]],
  // Bundlers write small images and fonts into the style sheets.
  ['img-src', ["'self'", 'data:', 'blob:']],
  ['font-src', ["'self'", 'data:']],
  // A page that is given tokens calls APIs wherever they are.
  ['connect-src', mediatesTokens ? ['*'] : ["'self'", ...idp]],
  // The silent login, and the IDP's check_session_iframe.
  ['frame-src', ["'self'", ...idp]],
  ['object-src', ["'none'"]],
  ['base-uri', ["'self'"]],
  ['form-action', ["'self'"]],
  // The silent login ends in a frame of the app's own.
  ['frame-ancestors', ["'self'"]],
]

/** The policy for a site with the changes of its options; `null`: none. */
export function policyOf(changes: PolicyOptions | false, site: Site): Policy | null {
  if (changes === false) return null
  const policy = new Map(defaults(site))
  for (const [name, value] of Object.entries(changes) as [Directive, PolicyOptions[Directive]][]) {
    if (value === undefined) continue
    if (value === false) policy.delete(name)
    else policy.set(name, value === true ? [] : tokensOf(value))
  }
  return policy.size === 0 ? null : policy
}

/** The policy for a page with these scripts and styles in it, where `changes` say nothing of their own about such. */
export function withInline(policy: Policy, { scripts, styles }: Inline, changes: PolicyOptions): Policy {
  const added = (
    name: 'script-src' | 'style-src',
    hashes: readonly string[],
  ): [Directive, readonly string[]][] =>
    name in changes || `${name}-elem` in changes || hashes.length === 0
      ? []
      : [[name, [...(policy.get(name) ?? []), ...hashes]]]
  return new Map([...policy, ...added('script-src', scripts), ...added('style-src', styles)])
}

/** The tokens of a directive as it is written. */
export const tokensOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === 'string' ? value.split(/\s+/).filter((token) => token !== '') : value

/** The policy in a header; with `nonce`, scripts and styles that carry it pass, too. */
export function policyText(policy: Policy, nonce?: string): string {
  const withNonce = (name: Directive, tokens: readonly string[]): readonly string[] =>
    nonce === undefined || !nonced.includes(name)
      ? tokens
      : [...tokens.filter((token) => token.toLowerCase() !== "'none'"), `'nonce-${nonce}'`]
  return [...policy].map(([name, tokens]) => [name, ...withNonce(name, tokens)].join(' ')).join('; ')
}

/** `X-Frame-Options` for browsers that do not know `frame-ancestors`, where it can say the same; else `null`. */
export function frameOptions(policy: Policy | null): string | null {
  const ancestors = policy?.get('frame-ancestors')?.join(' ').toLowerCase()
  if (ancestors === "'none'" || ancestors === '') return 'DENY'
  return ancestors === "'self'" ? 'SAMEORIGIN' : null
}
