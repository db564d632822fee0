/** The second listener: probes, and the sessions for administrators. Whoever reaches it is one: it belongs on an address of its own. */
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import type { Administration } from '../administration.js'
import { finishOwn } from '../answers.js'
import type { RequestOrigin } from '../bff.js'
import { send } from '../node/outgoing.js'
import { problem } from '../problems.js'
import { splitAtQuery } from '../request.js'
import type { IdpSessions } from '../idp-sessions/idp-sessions.js'
import { administerIdp } from './admin-idp-sessions.js'
import { administer } from './admin-sessions.js'

const probes = new Set(['/healthz', '/readyz'])

/** What of a BFF it needs. */
export interface Administered {
  fetch(request: Request, from: RequestOrigin): Promise<Response>
  readonly sessions: Administration
  readonly idpSessions: IdpSessions
}

/** The metrics as text, in the format that `contentType` names. */
export interface MetricsPage {
  readonly contentType: string
  text(): Promise<string>
}

/**
 * Answers `/healthz` and `/readyz` as the BFF does, whatever host they are asked at, and `/sessions`: GET with `sub`, `sid` or both lists
 * them, DELETE with these or `id` ends them. `/idp-sessions?sub=` does so with a user's sessions at the IDP. `/metrics` is there
 * where `metrics` are given.
 */
export function admin(bff: Administered, origin: string, metrics?: MetricsPage): RequestListener {
  const pages = new Set(['/sessions', '/idp-sessions', ...(metrics === undefined ? [] : ['/metrics'])])
  return (request, response) => {
    const { method = 'GET', url = '/', headers } = request
    const [path, query] = splitAtQuery(url)
    const own = (answer: Response): Response => finishOwn(answer, crypto.randomUUID())
    const answered = (): Promise<Response> => {
      if (probes.has(path))
        return bff.fetch(new Request(origin + path, { method: method === 'HEAD' ? 'HEAD' : 'GET' }), {
          clientAddress: request.socket.remoteAddress ?? '127.0.0.1',
        })
      if (!pages.has(path)) return Promise.resolve(own(notThere()))
      // A page may be made to ask here by an address of its own; browsers then say where it is from.
      if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined || isRebound(headers))
        return Promise.resolve(
          own(problem('csrf_failed', { detail: 'No page of a browser is answered here.' })),
        )
      if (path === '/metrics' && metrics !== undefined) return shown(metrics, method).then(own)
      const asked = new URLSearchParams(query)
      return path === '/sessions'
        ? administer(bff.sessions, method, asked).then(own)
        : administerIdp(bff.idpSessions, method, asked).then(own)
    }
    answered().then(
      (answer) => send(answer, response),
      () => response.destroy(),
    )
  }
}

/**
 * Whether a browser asks here by the name of a site: one whose address was changed to this one under way (DNS rebinding) reads as a page of its own,
 * and over plain http browsers do not say where a page is from.
 */
function isRebound({ host = '', ...headers }: IncomingHttpHeaders): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  const isName =
    /[a-z]/.test(name) && name.includes('.') && !name.startsWith('[') && !name.endsWith('.localhost')
  const language = headers['accept-language']
  const isBrowser =
    headers['user-agent']?.startsWith('Mozilla/') === true ||
    headers.referer !== undefined ||
    // `*` is what servers send that have `fetch`.
    (language !== undefined && language !== '*')
  return isName && isBrowser
}

const notThere = (): Response =>
  problem('invalid_request', {
    status: 404,
    detail: 'The admin listener has /healthz, /readyz, /metrics, /sessions and /idp-sessions.',
  })

async function shown(metrics: MetricsPage, method: string): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD')
    return problem('invalid_request', {
      status: 405,
      headers: { Allow: 'GET, HEAD' },
      detail: 'Only GET and HEAD.',
    })
  const text = await metrics.text()
  return new Response(method === 'HEAD' ? null : text, { headers: { 'Content-Type': metrics.contentType } })
}
