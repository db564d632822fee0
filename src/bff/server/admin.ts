/** The second listener: for probes now, for administrators and metrics in a later version. */
import type { RequestListener } from 'node:http'
import { finishOwn } from '../answers.js'
import { send } from '../node/outgoing.js'
import { problem } from '../problems.js'

const probes = new Set(['/healthz', '/readyz'])

/** Answers `/healthz` and `/readyz` as the BFF does, whatever host they are asked at. */
export function admin(bff: { fetch(request: Request): Promise<Response> }, origin: string): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const answer = probes.has(path)
      ? bff.fetch(new Request(origin + path, { method: request.method === 'HEAD' ? 'HEAD' : 'GET' }))
      : Promise.resolve(finishOwn(notYet(), crypto.randomUUID()))
    answer.then(
      (result) => send(result, response),
      () => response.destroy(),
    )
  }
}

const notYet = (): Response =>
  problem('invalid_request', {
    status: 404,
    detail:
      'The admin listener has /healthz and /readyz. Its doors for sessions and metrics come in a later version.',
  })
