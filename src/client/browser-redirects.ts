/** The pages of this app that the IDP sends the user back to. */
import type { BrowserClientOptions } from './browser-options.js'
import { check } from './check.js'

/**
 * The settings with their redirect URIs absolute.
 * @throws ConfigurationError for one that is on another origin
 */
export function settingsOn(origin: string, options: BrowserClientOptions): BrowserClientOptions {
  const settings = { ...options }
  for (const name of ['redirectUri', 'silentRedirectUri', 'postLogoutRedirectUri'] as const) {
    const address = options[name]
    if (address === undefined) continue
    if (address.startsWith('/')) settings[name] = origin + address
    check(
      name === 'postLogoutRedirectUri' || new URL(settings[name]!).origin === origin,
      `browserClient.${name}`,
      `must be on ${origin}, where this app runs.`,
    )
  }
  return settings
}

/** Whether this address is an answer of the IDP at the redirect URI (OpenID Connect Core §3.1.2.5 and §3.1.2.6). */
export function isAnswerAt(
  redirectUri: string | undefined,
  { origin, pathname, searchParams }: URL,
): boolean {
  if (redirectUri === undefined) return false
  const expected = new URL(redirectUri)
  return (
    origin + pathname === expected.origin + expected.pathname &&
    searchParams.has('state') &&
    (searchParams.has('code') || searchParams.has('error'))
  )
}
