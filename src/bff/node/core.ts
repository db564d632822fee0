/** What the adapter for `(req, res)` asks of a BFF. Free of Node's types. */
import type { Criteria } from '../../session/session.js'
import type { RequestHead } from '../request.js'
import type { RouteContext } from '../route.js'
import type { AdmittedCall } from '../upstream/call.js'
import type { UpstreamFailed } from '../upstream/trouble.js'

/** Who is at the other end of the connection. */
export interface Peer {
  /** As the socket tells it; `null` where it is not known. */
  readonly clientAddress: string | null
}

/** A call that is let in, with `Set-Cookie` values for its answer; or the refusal to answer with. */
export type Admission = Response | { readonly call: AdmittedCall; readonly cookies: readonly string[] }

/** A BFF as the adapter sees it. A `Response` instead of an admission is the refusal to answer with. */
export interface NodeCore {
  readonly origin: string
  readonly basePath: string
  /** The doors, for everything but proxied calls. */
  fetch(request: Request, peer: Peer): Promise<Response>
  /** Lets a call to `{basePath}/api/…` in, or not, by its head alone; at once where it is one like others before. */
  admitCall(head: RequestHead, peer: Peer): Admission | Promise<Admission>
  /** Is told of every call that an upstream did not answer, or not to the end. */
  readonly upstreamFailed: UpstreamFailed
  /** Lets a request to an own route in, or not. */
  admitRoute(
    head: RequestHead,
    criteria: Criteria,
    peer: Peer,
  ): Promise<
    | Response
    | { readonly context: RouteContext; readonly requestId: string; readonly cookies: readonly string[] }
  >
}
