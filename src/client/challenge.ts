/** Reads challenges out of `WWW-Authenticate` (RFC 9110 §11.6.1). There may be several in it. */
import type { Criteria } from '../session/session.js'

/** The parameters, by lower-case name, of the challenge with this `error` (RFC 6750 §3.1). */
export function challengeWith(error: string, headers: Headers): ReadonlyMap<string, string> | undefined {
  return challenges(headers.get('WWW-Authenticate') ?? '').find((one) => one.get('error') === error)
}

/**
 * The criteria of a step-up challenge (RFC 9470 §3), or null where there is none. The `resource` is one of the BFF's alone, where it `isOwn`: an API that
 * named one would have the user sign in for a token of another API, and be sent that.
 */
export function stepUpCriteria(headers: Headers, isOwn: boolean): Criteria | null {
  const challenge = challengeWith('insufficient_user_authentication', headers)
  if (challenge === undefined) return null
  const acr = challenge.get('acr_values')?.match(/\S+/g)
  const maxAge = challenge.get('max_age') ?? ''
  const audience = isOwn ? challenge.get('resource') : undefined
  return {
    ...(acr && { acr }),
    ...(/^\d+$/.test(maxAge) && { maxAge: Number(maxAge) }),
    ...(audience !== undefined && { audience }),
  }
}

function challenges(header: string): Map<string, string>[] {
  const found = [new Map<string, string>()]
  // A name with a value is a parameter; a name without one is the scheme that a challenge begins with.
  const part = /([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g
  for (const [, name = '', quoted, plain] of header.matchAll(part)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (value === undefined) found.push(new Map())
    else found.at(-1)?.set(name.toLowerCase(), value)
  }
  return found
}
