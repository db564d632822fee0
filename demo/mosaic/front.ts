import { IncomingMessage, type ServerResponse } from 'node:http'
import { readBody, readForm } from '../idp/http.js'
import type { Serve } from '../idp/options.js'
import { FOR_USERINFO } from './adapter.js'
import { apiErrorBody, sendJson } from './answers.js'
import type { VerifyJwt } from './tokens.js'

/** Where the library is mounted. */
export const MOUNT = '/cis/oidc'

/** Endpoints that are documented at two paths: `{host}/cis/oidc/…` and `{host}/oidc/…`. */
const DOUBLE = new Set(['/token', '/token/revocation'])

/** Path below the mount, for either of its addresses; undefined for what is not the library's. */
const below = (path: string): string | undefined => {
  if (path.startsWith(`${MOUNT}/`)) return path.slice(MOUNT.length)
  const short = path.startsWith('/oidc/') ? path.slice('/oidc'.length) : ''
  return DOUBLE.has(short) ? short : undefined
}

/** The same request once more, with another body. */
const withBody = (request: IncomingMessage, type: string, body: string): IncomingMessage => {
  const again = new IncomingMessage(request.socket)
  const { method, url, httpVersion, httpVersionMajor, httpVersionMinor } = request
  const headers = {
    ...request.headers,
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
  }
  Object.assign(again, { method, url, httpVersion, httpVersionMajor, httpVersionMinor, headers })
  again.push(body)
  again.push(null)
  again.complete = true
  return again
}

/** JWTs are no tokens to the library: it is given what it knows them by, once their signature is right. */
const known = async (verify: VerifyJwt, token: string): Promise<string> =>
  token.split('.').length === 3 ? String((await verify(token))?.jti ?? 'unknown') : token

const FORM = 'application/x-www-form-urlencoded'

/** A request whose form has a JWT in `field`, that replaced. */
const replaced = async (
  verify: VerifyJwt,
  request: IncomingMessage,
  field: string,
  prefix = '',
): Promise<IncomingMessage> => {
  const form = await readForm(request)
  const token = form.get(field)
  if (token !== null) form.set(field, prefix + (await known(verify, token)))
  return withBody(request, FORM, form.toString())
}

const LEGACY_TOKEN = '/cis/v1/token'

/** The legacy code exchange, which takes JSON, as the request at the token endpoint that it is. */
const exchange = async (request: IncomingMessage): Promise<IncomingMessage> => {
  const sent: unknown = JSON.parse((await readBody(request)) || '{}')
  const form = new URLSearchParams({ grant_type: 'authorization_code' })
  for (const [name, value] of Object.entries(sent ?? {})) form.set(name, String(value))
  return withBody(request, FORM, form.toString())
}

/** A request at userinfo: its token in the header or in the form (RFC 6750 §2). */
const forUserinfo = async (verify: VerifyJwt, request: IncomingMessage): Promise<IncomingMessage> => {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token !== undefined)
    request.headers.authorization = `Bearer ${FOR_USERINFO}${await known(verify, token)}`
  return request.method === 'POST' ? replaced(verify, request, 'access_token', FOR_USERINFO) : request
}

/** A request for the library, as it can understand it. */
const understood = (
  verify: VerifyJwt,
  request: IncomingMessage,
  path: string,
  inner: string,
): Promise<IncomingMessage> | IncomingMessage => {
  if (path === LEGACY_TOKEN) return exchange(request)
  if (inner === '/me') return forUserinfo(verify, request)
  const hasToken = request.method === 'POST' && /^\/token\/(introspection|revocation)$/.test(inner)
  return hasToken ? replaced(verify, request, 'token') : request
}

const refuseRest = (path: string, response: ServerResponse): void => {
  // As a probe of the real host has found: discovery exists below the mount only.
  const status = path.startsWith('/.well-known/') ? 403 : 404
  sendJson(response, status, apiErrorBody(status, status === 403 ? 'Forbidden' : 'Not found'))
}

/**
 * Stands before the library: mounts it at `/cis/oidc` and, for token and revocation, at `/oidc`; hands the API's paths to `api`,
 * and leaves the hosted pages (`/interaction/…`) where they are.
 * @param api answers a path of Mosaic's own API; false where it is none
 */
export const createFront =
  (verify: VerifyJwt, api: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>) =>
  (provide: Serve): Serve =>
  async (request, response) => {
    const url = request.url ?? '/'
    const path = url.split('?')[0] ?? '/'
    if (path.startsWith('/interaction/')) return provide(request, response)
    const inner = path === LEGACY_TOKEN && request.method === 'POST' ? '/token' : below(path)
    if (inner === undefined) {
      if (!(await api(request, response))) refuseRest(path, response)
      return
    }
    try {
      const passed = await understood(verify, request, path, inner)
      // The library finds its mount where the two differ.
      Object.assign(passed, {
        originalUrl: MOUNT + inner + url.slice(path.length),
        url: inner + url.slice(path.length),
      })
      return await provide(passed, response)
    } catch (error) {
      if (response.headersSent) throw error
      sendJson(response, 400, apiErrorBody(400, error instanceof Error ? error.message : String(error)))
    }
  }
