/** The names of the readable cookies of `browserClient`. */

/**
 * `hint`: which session this browser holds, and which of its tokens are the newest (see `oidc/mark.ts`). `used`: when the user last did
 * something (ms in the device's clock), where there is an idle limit. Neither is a secret. They are known before the protocol is loaded,
 * and each client of an origin has its own: by another one's hint it would take its tokens for used up.
 */
export function browserCookie(kind: 'hint' | 'used', authority: string, clientId: string): string {
  let hash = 0
  for (const character of `${authority} ${clientId}`)
    hash = (Math.imul(hash, 31) + character.codePointAt(0)!) | 0
  return `__Host-${kind}-browser-${(hash >>> 0).toString(36)}`
}
