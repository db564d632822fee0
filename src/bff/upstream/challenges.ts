/** The challenges of a `WWW-Authenticate` (RFC 9110 §11.6.1). */
import { partsOf } from '../quoted.js'

/** Its challenges one by one: scheme and parameters. */
export function challengesIn(value: string): string[] {
  const challenges: string[] = []
  // A list element that is not `name=…` starts a challenge; the elements that are belong to the one before.
  for (const element of partsOf(value, ',').toReversed()) {
    const text = element.trim()
    if (text === '') continue
    if (/^[\w!#$%&'*+.^`|~-]+\s*=(?!=*$)/.test(text) && challenges.length > 0)
      challenges[challenges.length - 1] += `, ${text}`
    else challenges.push(text)
  }
  return challenges
}

/**
 * The challenge without a `resource`, which is for the BFF alone to name: whoever follows it signs in for a token of that resource, and the session's own token is
 * what an upstream without one is sent.
 */
export function withoutResource(challenge: string): string {
  if (!/\bresource\s*=/i.test(challenge)) return challenge
  const [, scheme = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(challenge) ?? []
  const kept = partsOf(rest, ',')
    .toReversed()
    .map((parameter) => parameter.trim())
    .filter((parameter) => parameter !== '' && !/^resource\s*=/i.test(parameter))
  return `${scheme} ${kept.join(', ')}`.trim()
}

/** Whether a challenge wants another proof, with a nonce of the server's (RFC 9449 §9): between the BFF and that server alone. */
export const wantsNonce = (challenge: string): boolean =>
  /^dpop\s/i.test(challenge) && /[\s,]error\s*=\s*"?use_dpop_nonce(?:["\s,]|$)/i.test(challenge)
