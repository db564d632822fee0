import { createHash, randomBytes } from 'node:crypto'
import type { KoaContextWithOIDC } from 'oidc-provider'

/** Cookie with the browser's state at this provider (OpenID Connect Session Management 1.0 §3.2): scripts may read it. */
export const BROWSER_STATE = 'idp_browser_state'

const hashed = (...words: readonly string[]): string =>
  createHash('sha256').update(words.join(' ')).digest('base64url')

type Session = KoaContextWithOIDC['oidc']['session'] & { readonly destroyed?: boolean }

/**
 * The state of a browser with this session, which had the state `before`: another one after each login (`isNew`), also of the same
 * user, and none where nobody is signed in.
 */
export const browserStateOf = (
  session: KoaContextWithOIDC['oidc']['session'],
  before: string,
  isNew: boolean,
): string => {
  const { uid, accountId, destroyed }: Partial<NonNullable<Session>> = session ?? {}
  if (uid === undefined || accountId === undefined || destroyed === true) return ''
  const owner = hashed(uid, accountId)
  const isKept = !isNew && before.startsWith(`${owner}.`)
  return isKept ? before : `${owner}.${randomBytes(16).toString('base64url')}`
}

/** `session_state` of an authorization answer: what the OP iframe finds for this client as long as nothing changes (§3.3). */
export const sessionStateFor = (clientId: string, redirectUri: string, browserState: string): string => {
  const salt = randomBytes(16).toString('base64url')
  return `${hashed(clientId, new URL(redirectUri).origin, browserState, salt)}.${salt}`
}

/**
 * That cookie as a `Set-Cookie` line: until `expires` (s since epoch), or gone at once where there is no state. A frame of another
 * site may only see it with `SameSite=None`, which browsers take over https alone.
 */
export const browserStateCookie = (state: string, expires: number | undefined, secure: boolean): string =>
  [
    `${BROWSER_STATE}=${state}`,
    'Path=/',
    ...(state === '' ? ['Max-Age=0'] : []),
    ...(state !== '' && expires !== undefined ? [`Expires=${new Date(expires * 1000).toUTCString()}`] : []),
    ...(secure ? ['SameSite=None', 'Secure'] : ['SameSite=Lax']),
  ].join('; ')
