/** Whether a request was meant for the configured origin: its host and scheme, and nothing a client may add to them. */
import type { RequestHead } from './request.js'

/**
 * Whether a request came to `origin`. The scheme is what `X-Forwarded-Proto` says where a proxy ends TLS, else the address's
 * own; no other forwarded header counts.
 */
export function isOwnHost({ url, headers }: RequestHead, origin: string): boolean {
  const forwarded = headers.get('x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase()
  const authority = url.indexOf('//') + 2
  const path = url.slice(authority).search(/[/?#]/)
  const host = path === -1 ? url.slice(authority) : url.slice(authority, authority + path)
  const scheme = forwarded ?? url.slice(0, authority - 3).toLowerCase()
  const asked = `${scheme}://${host}`
  return asked === origin || (URL.canParse(asked) && new URL(asked).origin === origin && !host.includes('@'))
}
