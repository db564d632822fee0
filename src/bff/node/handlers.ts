/** What `bff.node` and `bff.node.protect` do with a request of node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { REQUEST_ID_HEADER } from '../../protocol.js'
import type { Criteria } from '../../session/session.js'
import { finishOwn } from '../answers.js'
import { settleCaching } from '../caching.js'
import { problem } from '../problems.js'
import type { NodeNext, NodeRequest, NodeResponse } from './adapter.js'
import { bodyOf } from './body.js'
import type { Admission, NodeCore } from './core.js'
import { headFault, headOf, isRewritten, peerOf, targetOf, toRequest } from './incoming.js'
import { beforeHead, send } from './outgoing.js'
import { proxy } from './proxy.js'

/** The handlers of a BFF; they share nothing but it. */
export interface NodeHandlers {
  handle(request: NodeRequest, response: NodeResponse, next?: NodeNext): void
  protect(criteria: Criteria, request: NodeRequest, response: NodeResponse, next: NodeNext): Promise<void>
}

/** The handlers of `core`. */
export function handlersOf(core: NodeCore): NodeHandlers {
  const { basePath } = core
  const api = `${basePath}/api/`
  const isOurs = (path: string): boolean =>
    path === basePath || path.startsWith(`${basePath}/`) || path === '/healthz' || path === '/readyz'

  async function answerOf(request: IncomingMessage, response: ServerResponse): Promise<Response> {
    if (neverRequests.has(request.method ?? '')) return invalid('No door takes this method.', 501)
    if (isRewritten(request)) return invalid('There is no such door.', 404)
    const body = bodyOf(request)
    if (body === null) return unreadable()
    return core.fetch(toRequest(request, response, body), peerOf(request))
  }

  /** Sends an admitted call on, or the refusal back. */
  function pass(admitted: Admission, request: IncomingMessage, response: ServerResponse): void {
    const body = admitted instanceof Response ? null : bodyOf(request)
    if (admitted instanceof Response || body === null)
      void send(admitted instanceof Response ? admitted : unreadable(), response)
    else proxy(core, admitted, body, request, response)
  }

  return {
    handle(given, answer, next) {
      const [request, response] = [given as IncomingMessage, answer as ServerResponse]
      const target = targetOf(request)
      if (next !== undefined && !isOurs(target.split('?', 1)[0] ?? '/')) return next()
      const failed = (error: unknown): void => broken(error, response, next)
      const head = headOf(request)
      const fault = headFault(request, head)
      if (fault !== null) return void send(invalid(fault, 400), response)
      if (!target.startsWith(api))
        return void answerOf(request, response)
          .then((answer) => send(answer, response))
          .catch(failed)
      try {
        const admitted = core.admitCall(head, peerOf(request))
        if (!(admitted instanceof Promise)) return pass(admitted, request, response)
        admitted.then((late) => pass(late, request, response)).catch(failed)
      } catch (error) {
        failed(error)
      }
    },
    async protect(criteria, given, answer, next) {
      const [request, response] = [given as IncomingMessage, answer as ServerResponse]
      try {
        const fault = headFault(request)
        const admitted =
          fault === null
            ? await core.admitRoute(headOf(request), criteria, peerOf(request))
            : invalid(fault, 400)
        if (admitted instanceof Response) return await send(admitted, response)
        response.setHeader(REQUEST_ID_HEADER, admitted.requestId)
        // What is behind a session is nobody else's, unless the route says more: that is known once it answers.
        beforeHead(response, (headers) => {
          settleCaching(headers, admitted.cookies.length > 0)
          for (const cookie of admitted.cookies) response.appendHeader('Set-Cookie', cookie)
        })
        Object.assign(request, { tandem: admitted.context })
      } catch (error) {
        return broken(error, response, next)
      }
      next()
    },
  }
}

/** Methods that no `Request` has (Fetch §2.2.1): those of tunnels, and what reflects credentials. */
const neverRequests: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

const invalid = (detail: string, status: number): Response =>
  finishOwn(problem('invalid_request', { detail, status }), crypto.randomUUID())

const unreadable = (): Response =>
  invalid(
    'The body was read before the BFF could, by a parser that left nothing to send on. Mount bff.node before it.',
    500,
  )

function broken(error: unknown, response: ServerResponse, next: NodeNext | undefined): void {
  if (response.headersSent) response.destroy()
  else if (next !== undefined)
    next(error instanceof Error ? error : new Error('The BFF failed', { cause: error }))
  else sendFailure(response)
}

/** Answers a request that names several hosts (RFC 9112 §3.2). */
export const sendManyHosts = (response: ServerResponse): void =>
  void send(invalid('There is not exactly one Host header.', 400), response)

/** Answers for a BFF that failed. */
export const sendFailure = (response: ServerResponse): void =>
  void send(invalid('The BFF failed to answer. Its log says why.', 500), response)
