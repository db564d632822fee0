/** Reads a step-up challenge (RFC 9470 §3) out of `WWW-Authenticate`. */
import type { Criteria } from '../session/session.js'

/**
 * The criteria that an answer demands, or null where it demands none. `WWW-Authenticate` may hold several challenges; the one with
 * `error="insufficient_user_authentication"` counts.
 */
export function stepUpCriteria(headers: Headers): Criteria | null {
  const header = headers.get('WWW-Authenticate')
  if (header === null) return null
  const challenge = challenges(header).find((one) => one.get('error') === 'insufficient_user_authentication')
  if (challenge === undefined) return null
  const acr = challenge.get('acr_values')?.split(' ').filter(Boolean)
  const maxAge = Number(challenge.get('max_age') ?? Number.NaN)
  const scope = challenge.get('scope')?.split(' ').filter(Boolean)
  return {
    ...(acr !== undefined && acr.length > 0 && { acr }),
    ...(Number.isFinite(maxAge) && maxAge >= 0 && { maxAge }),
    ...(scope !== undefined && scope.length > 0 && { scope }),
  }
}

/** Each challenge's parameters by lower-case name (RFC 9110 §11.6.1). */
function challenges(header: string): Map<string, string>[] {
  const found: Map<string, string>[] = []
  const part = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~/:-]+))|(?=\s|,|$))/g
  for (const [, name, quoted, plain] of header.matchAll(part)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (name === undefined) continue
    if (value === undefined) found.push(new Map())
    else (found.at(-1) ?? found[found.push(new Map()) - 1])?.set(name.toLowerCase(), value)
  }
  return found
}
