/**
 * The second family of errors that an IDP answers with beside OAuth's: Mosaic's API says `{ message, error_code }`, the message a text or a
 * list of them, and means by its status what OAuth says by a name. Pure.
 */

// 404 and 409 have no name in OAuth: what is not there is called so.
const names: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_token',
  403: 'access_denied',
  404: 'not_found',
  409: 'invalid_request',
  429: 'temporarily_unavailable',
}

/** The error that a refusal of this status is named by where its body uses none of OAuth's names. `undefined`: the status is no refusal. */
export const errorNamed = (status: number): string | undefined => names[status]

/** What a `message` says, a text or a list of them, at most so many characters. `undefined`: nothing. */
export function toldBy(message: unknown, most: number): string | undefined {
  const lines = [message].flat().filter((line) => typeof line === 'string')
  return lines.length === 0 ? undefined : lines.join('; ').slice(0, most)
}

/**
 * An error of Mosaic's API as the OAuth error (RFC 6749 §5.2) it comes to: about the client where it speaks of it. `null` where a body is
 * none.
 */
export function apiError(
  status: number,
  body: Readonly<Record<string, unknown>> | null,
): { readonly error: string; readonly error_description: string } | null {
  const error_description = toldBy(body?.['message'], 200)
  if (body?.['error_code'] === undefined || error_description === undefined) return null
  const isAboutClient = (status === 400 || status === 401) && /client/i.test(error_description)
  return {
    error: isAboutClient ? 'invalid_client' : (errorNamed(status) ?? 'server_error'),
    error_description,
  }
}
