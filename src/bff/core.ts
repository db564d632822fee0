/** A BFF on Web standards: which door a request is for, and what every answer has in common. */
import { doors } from '../protocol.js'
import type { Criteria } from '../session/session.js'
import { admit } from './admission.js'
import { finish, finishOwn, json } from './answers.js'
import { postSession } from './endpoints/bearer-session.js'
import { callback } from './endpoints/callback.js'
import { login } from './endpoints/login.js'
import { logout } from './endpoints/logout.js'
import { refresh } from './endpoints/refresh.js'
import { getSession } from './endpoints/session.js'
import { token } from './endpoints/token.js'
import type { Door, House } from './house.js'
import { errorEntry } from './log.js'
import { createCompletion } from './login/completion.js'
import type { NodeCore } from './node/core.js'
import { problem, unavailable } from './problems.js'
import { admitTo } from './route.js'
import type { RequestHead } from './request.js'
import { forward } from './upstream/forward.js'
import { visitOf } from './visit.js'
import type { Visit } from './visit.js'

/** The doors of one house, for requests on Web standards and for those of node:http. */
export type Core = NodeCore

type Answer = (visit: Visit, request: Request) => Promise<Response>

/** Opens the doors of a house. */
export function createCore(house: House): Core {
  const { options, edges, guards, log } = house
  const { basePath, origin } = options
  const api = basePath + doors.api

  /** Behind the guards of a door that a page of the app calls. */
  const called =
    (door: Door): Answer =>
    async (visit, request) =>
      guards.ownHost(visit) ??
      guards.untossed(visit) ??
      guards.provenance(visit) ??
      door(house, visit, request)

  /** Behind the guards of a door that a tab goes to. */
  const visited =
    (door: Door): Answer =>
    async (visit, request) =>
      guards.unframed(visit) ??
      guards.ownHost(visit, 'redirect') ??
      guards.untossed(visit) ??
      door(house, visit, request)

  const asked = async (h: House, visit: Visit, request: Request): Promise<Response> => {
    const claim = await guards.token(visit, 'any')
    return claim instanceof Response ? claim : getSession(h, visit, request)
  }
  const completed = visited(callback(createCompletion(house)))
  const table = new Map<string, Readonly<Record<string, Answer>>>([
    [doors.login, { GET: visited(login) }],
    [doors.callback, { GET: completed, POST: completed }],
    [doors.session, { GET: called(asked), POST: called(postSession) }],
    [doors.refresh, { POST: called(refresh) }],
    [doors.logout, { POST: called(logout) }],
    ...(options.mediateTokens ? [[doors.token, { GET: called(token) }] as const] : []),
  ])

  async function open(visit: Visit, request: Request): Promise<Response> {
    const { path } = visit.target
    const door = path.startsWith(`${basePath}/`) ? table.get(path.slice(basePath.length)) : undefined
    if (door === undefined)
      return (
        guards.ownHost(visit) ?? problem('invalid_request', { status: 404, detail: 'There is no such door.' })
      )
    const answer = door[request.method]
    if (answer !== undefined) return answer(visit, request)
    const headers = { Allow: Object.keys(door).join(', ') }
    return problem('invalid_request', { status: 405, headers, detail: `This door takes ${headers.Allow}.` })
  }

  /** Whatever breaks, the caller is told nothing of it but to try again, and no session ends. */
  async function safely<Result>(visit: Visit, work: () => Promise<Result>): Promise<Result | Response> {
    try {
      return await work()
    } catch (error) {
      log.error(
        { event: 'failed', request: visit.id, ...errorEntry(error) },
        'A request could not be answered.',
      )
      return unavailable('The BFF cannot answer now. Nothing of the session has changed: try again later.')
    }
  }

  const ours = (answer: Response, { id, setCookies }: Visit): Response => finishOwn(answer, id, setCookies)

  return {
    origin,
    basePath,
    async fetch(request, peer) {
      const visit = visitOf(request, edges)
      const { path } = visit.target
      if (path === '/healthz' || path === '/readyz')
        return ours(await health(house, path, request.method), visit)
      if (!path.startsWith(api)) return ours(await safely(visit, () => open(visit, request)), visit)
      const admitted = await safely(visit, () => admit(house, visit, peer.clientAddress))
      if (admitted instanceof Response) return ours(admitted, visit)
      return finish(await forward({ ...admitted, request }), visit.id, visit.setCookies)
    },
    async admitCall(head: RequestHead, peer) {
      const visit = visitOf(head, edges)
      const admitted = await safely(visit, () => admit(house, visit, peer.clientAddress))
      return admitted instanceof Response
        ? ours(admitted, visit)
        : { call: admitted, cookies: visit.setCookies }
    },
    async admitRoute(head: RequestHead, criteria: Criteria) {
      const visit = visitOf(head, edges)
      const admitted = await safely(visit, () => admitTo(house, visit, criteria))
      if (admitted instanceof Response) return ours(admitted, visit)
      return { context: admitted, requestId: visit.id, cookies: visit.setCookies }
    },
  }
}

/** `/healthz`: the process answers. `/readyz`: the store does too; the IDP is not waited for. */
async function health({ store, log }: House, path: string, method: string): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD')
    return problem('invalid_request', {
      status: 405,
      headers: { Allow: 'GET, HEAD' },
      detail: 'Only GET and HEAD.',
    })
  if (path === '/healthz') return json({ status: 'ok' })
  try {
    await (await store()).ping()
    return json({ status: 'ready' })
  } catch (error) {
    log.error({ event: 'store_failed', ...errorEntry(error) }, 'The session store does not answer.')
    return json({ status: 'store unavailable' }, 503)
  }
}
