import type { ServerResponse } from 'node:http'

/** A refusal in the words of Mosaic's own API: a list of messages for 400, one message for everything else. */
export class ApiError extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.headers = headers
  }

  /** Body of the answer. */
  get body(): { message: string | string[]; error_code: number } {
    return apiErrorBody(this.status, this.message)
  }
}

/** `{ message, error_code }` as Mosaic's API answers a status of 400 or more. */
export const apiErrorBody = (
  status: number,
  message: string,
): { message: string | string[]; error_code: number } => ({
  message: status === 400 ? [message] : message,
  error_code: status,
})

/** Sends JSON that nobody may store; `undefined` as 204. */
export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const all = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers }
  if (body === undefined) response.writeHead(204, { 'cache-control': 'no-store' }).end()
  else response.writeHead(status, all).end(JSON.stringify(body))
}
