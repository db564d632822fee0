/** The directives of a Content Security Policy and the source expressions in them (CSP Level 3 §2.3, §6). */

/** Directives whose values are sources. */
const sourced = [
  'default-src',
  'script-src',
  'script-src-elem',
  'script-src-attr',
  'style-src',
  'style-src-elem',
  'style-src-attr',
  'img-src',
  'font-src',
  'media-src',
  'connect-src',
  'frame-src',
  'child-src',
  'worker-src',
  'manifest-src',
  'object-src',
  'base-uri',
  'form-action',
  'frame-ancestors',
] as const

/** The others. */
const others = [
  'sandbox',
  'upgrade-insecure-requests',
  'require-trusted-types-for',
  'trusted-types',
  'report-to',
  'report-uri',
] as const

/** Every directive there is. */
export const directives: readonly Directive[] = [...sourced, ...others]

/** A directive's name. */
export type Directive = (typeof sourced)[number] | (typeof others)[number]

const keywords = new Set(
  'self none unsafe-inline unsafe-eval wasm-unsafe-eval unsafe-hashes strict-dynamic report-sample inline-speculation-rules trusted-types-eval'.split(
    ' ',
  ),
)
const ownKeywords: Partial<Record<Directive, ReadonlySet<string>>> = {
  'require-trusted-types-for': new Set(['script']),
  'trusted-types': new Set(['none', 'allow-duplicates']),
}

/** What is wrong with one token of a directive, or `null`. A browser would ignore the token, and say so to nobody but its console. */
export function tokenFault(directive: Directive, token: string): string | null {
  if (!/^[\x21-\x7e]+$/.test(token) || /[;,]/.test(token))
    return `has ${JSON.stringify(token)} in it, which ends the directive or stands for several. Write one source each, encoded as in an address`
  const quoted = /^'(.*)'$/.exec(token)?.[1]
  const known = ownKeywords[directive] ?? keywords
  if (quoted === undefined) {
    if (token.includes("'")) return `has ${token} in it: quotes go around the whole keyword`
    const isKeyword = known.has(token.toLowerCase()) && (isSourced(directive) || ownKeywords[directive])
    return isKeyword || /^(?:nonce|sha\d{3})-/.test(token)
      ? `has ${token} in it, which is taken for a host. Write it in single quotes: '${token}'`
      : null
  }
  if (known.has(quoted.toLowerCase())) return null
  if (/^nonce-/i.test(quoted))
    return 'has a nonce in it that is the same for everybody. Remove it, and set the option nonce: each answer gets one of its own'
  if (isSourced(directive) && /^sha(?:256|384|512)-[\w+/-]+={0,2}$/.test(quoted)) return null
  return `has ${token} in it, which is no keyword. Write one of: ${[...known].map((name) => `'${name}'`).join(', ')}`
}

const isSourced = (directive: Directive): boolean => (sourced as readonly string[]).includes(directive)
