/** A BFF on Web standards: which door a request is for, and what every answer has in common. */
import { doors, idpDoors } from '../protocol.js'
import type { Criteria } from '../session/session.js'
import { admit } from './admission.js'
import { finish, finishOwn, json } from './answers.js'
import { createConnections } from './connection.js'
import type { CsrfClaim } from './csrf.js'
import { backchannelLogout } from './endpoints/backchannel-logout.js'
import { postSession } from './endpoints/bearer-session.js'
import { callback } from './endpoints/callback.js'
import { events } from './endpoints/events.js'
import { frontchannelLogout } from './endpoints/frontchannel-logout.js'
import { login } from './endpoints/login.js'
import { logout } from './endpoints/logout.js'
import { refresh } from './endpoints/refresh.js'
import { getSession } from './endpoints/session.js'
import { token } from './endpoints/token.js'
import type { Door, House } from './house.js'
import { errorEntry } from './log.js'
import { createCompletion } from './login/completion.js'
import type { Admission, NodeCore, Peer } from './node/core.js'
import { problem, unavailable } from './problems.js'
import { createRateLimit } from './rate-limit/rate-limit.js'
import { admitTo } from './route.js'
import { targetOf } from './request.js'
import type { RequestHead } from './request.js'
import type { AdmittedCall } from './upstream/call.js'
import { forward } from './upstream/forward.js'
import { createTrouble } from './upstream/trouble.js'
import { createRegulars, watched } from './regulars.js'
import { visitOf } from './visit.js'
import type { TokenDue, Visit } from './visit.js'

/** The doors of one house, for requests on Web standards and for those of node:http. */
export type Core = NodeCore

/** What is behind a path, by method. */
type Row = ReadonlyMap<string, { readonly door: Door; readonly token?: TokenDue }>

const row = (answers: Readonly<Record<string, Door | { door: Door; token: TokenDue }>>): Row =>
  new Map(
    Object.entries(answers).map(([method, one]) => [method, typeof one === 'function' ? { door: one } : one]),
  )

/** Opens the doors of a house. */
export function createCore(house: House): Core {
  const { options, guards, log } = house
  const { basePath, origin } = options
  const api = basePath + doors.api

  // Doors that a tab goes to. All others are called by a page of the app, with the token of its session where nothing else is said.
  const completed = callback(createCompletion(house))
  const visited = new Map<string, Row>([
    [doors.login, row({ GET: login })],
    [doors.callback, row({ GET: completed, POST: completed })],
  ])
  // Doors for the IDP itself, which may know the BFF by an internal name, and for a frame in its logout page. No cookie is looked at.
  const notified = new Map<string, Row>([[idpDoors.backchannelLogout, row({ POST: backchannelLogout })]])
  const framed = new Map<string, Row>([[idpDoors.frontchannelLogout, row({ GET: frontchannelLogout })]])
  const called = new Map<string, Row>([
    [
      doors.session,
      row({ GET: { door: getSession, token: 'any' }, POST: { door: postSession, token: 'bearer' } }),
    ],
    [doors.events, row({ GET: { door: events, token: 'optional' } })],
    [doors.refresh, row({ POST: refresh })],
    [doors.logout, row({ POST: logout })],
    ...(options.mediateTokens ? [[doors.token, row({ GET: token })] as const] : []),
  ])

  const limited = createRateLimit(options, house.edges, log)

  /** The guards stand in front of the doors: none of them is reached around its guards, nor around the limit. */
  async function open(visit: Visit, request: Request): Promise<Response> {
    const { path } = visit.target
    const name = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : ''
    const tab = visited.get(name)
    if (tab !== undefined) {
      const refusal = guards.unframed(visit) ?? guards.ownHost(visit, 'redirect') ?? guards.untossed(visit)
      if (refusal !== null) return refusal
      const one = tab.get(request.method)
      if (one === undefined) return wrongMethod(tab)
      return (await limited(visit, name)) ?? one.door(house, visit, request, noClaim)
    }
    const told = notified.get(name) ?? framed.get(name)
    if (told !== undefined) {
      const refusal = framed.has(name) ? guards.ownHost(visit) : null
      if (refusal !== null) return refusal
      const one = told.get(request.method)
      if (one === undefined) return wrongMethod(told)
      return (await limited(visit, name)) ?? one.door(house, visit, request, noClaim)
    }
    const page = called.get(name)
    if (page === undefined) return guards.ownHost(visit) ?? noDoor(path === basePath || name !== '')
    const one = page.get(request.method)
    const refusal = guards.ownHost(visit) ?? guards.untossed(visit) ?? guards.provenance(visit, one?.token)
    if (refusal !== null) return refusal
    if (one === undefined) return wrongMethod(page)
    const excess = await limited(visit, name)
    if (excess !== null) return excess
    const claim = await guards.token(visit, one.token ?? 'genuine')
    return claim instanceof Response ? claim : one.door(house, visit, request, claim)
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

  const lookAt = createConnections(options)
  const arrived = (head: RequestHead, peer: Peer): Visit => visitOf(head, lookAt(head, peer), house)

  const regulars = createRegulars(house)
  const upstreamFailed = createTrouble(house.edges, log)

  function admitCall(head: RequestHead, peer: Peer): Admission | Promise<Admission> {
    const again = regulars.again(head, peer)
    if (again instanceof Promise)
      return again.then((call) => (call === null ? decide(head, peer) : letIn(call)))
    return again === null ? decide(head, peer) : letIn(again)
  }

  async function decide(given: RequestHead, peer: Peer): Promise<Admission> {
    const { head, read } = watched(given)
    const visit = arrived(head, peer)
    const admitted = await safely(visit, () => admit(house, visit))
    if (admitted instanceof Response) return ours(admitted, visit)
    await regulars.note(visit, peer, read, admitted)
    return { call: admitted.call, cookies: visit.setCookies }
  }

  async function answerCall(request: Request, peer: Peer): Promise<Response> {
    const admitted = await admitCall(request, peer)
    if (admitted instanceof Response) return admitted
    const { call, cookies } = admitted
    return finish(await forward({ ...call, request }, upstreamFailed), call.requestId, cookies)
  }

  const ours = (answer: Response, { id, setCookies }: Visit): Response => finishOwn(answer, id, setCookies)

  return {
    origin,
    basePath,
    async fetch(request, peer) {
      const { path } = targetOf(request.url)
      if (path.startsWith(api)) return answerCall(request, peer)
      const visit = arrived(request, peer)
      if (path === '/healthz' || path === '/readyz')
        return ours(await health(house, path, request.method), visit)
      return ours(await safely(visit, () => open(visit, request)), visit)
    },
    admitCall,
    upstreamFailed,
    async admitRoute(head: RequestHead, criteria: Criteria, peer) {
      const visit = arrived(head, peer)
      const admitted = await safely(visit, () => admitTo(house, visit, criteria))
      if (admitted instanceof Response) return ours(admitted, visit)
      return { context: admitted, requestId: visit.id, cookies: visit.setCookies }
    },
  }
}

const letIn = (call: AdmittedCall): Admission => ({ call, cookies: [] })

const noClaim: CsrfClaim = { kind: 'absent' }

/** Elsewhere than below the base path somebody looks for the app: as a newcomer whose `origin` is the BFF's own address, after a login. */
const noDoor = (isBelow: boolean): Response =>
  problem('invalid_request', {
    status: 404,
    detail: isBelow
      ? 'There is no such door.'
      : 'There is no page here. Let origin be where the pages of the app are, or have static serve them.',
  })

function wrongMethod(there: Row): Response {
  const allowed = [...there.keys()].join(', ')
  return problem('invalid_request', {
    status: 405,
    headers: { Allow: allowed },
    detail: `This door takes ${allowed}.`,
  })
}

/** `/healthz`: the process answers. `/readyz`: requests may be sent here. Strangers ask, too: parts are named, and not where they are. */
async function health({ readiness }: House, path: string, method: string): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD')
    return problem('invalid_request', {
      status: 405,
      headers: { Allow: 'GET, HEAD' },
      detail: 'Only GET and HEAD.',
    })
  if (path === '/healthz') return json({ status: 'ok' })
  const { missing, warnings } = await readiness.look()
  if (missing.length > 0) return json({ status: `${missing.join(' and ')} unavailable` }, 503)
  return json({ status: 'ready', ...(warnings.length > 0 && { warnings }) })
}
