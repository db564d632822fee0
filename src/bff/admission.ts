/** Lets calls to `/api/{upstream}/…` in, or not, by their head alone: so that a proxy can begin without a `Request`. */
import { doors } from '../protocol.js'
import { allowedUntil } from '../session/access.js'
import { access } from './access.js'
import type { BoundCall, BoundToken } from './dpop/proofs.js'
import { claimant, noteUse, signedOut } from './holder.js'
import type { House } from './house.js'
import type { ResolvedOptions } from './options.js'
import { problem } from './problems.js'
import { isSafe } from './request.js'
import { accessFor } from './sessions/content.js'
import type { SessionContent } from './sessions/content.js'
import type { OpenSession } from './sessions/parts.js'
import { restsUntil } from './sessions/writing.js'
import type { AdmittedCall, ResolvedUpstream } from './upstream/call.js'
import { neverProxied } from './upstream/prepare.js'
import type { Visit } from './visit.js'

/** A call that was let in, and the session it was made for. */
export interface Admitted {
  readonly call: AdmittedCall
  readonly open: OpenSession
  /** Until when the very same is let in again, as far as time decides; ms since the epoch, 0: not once more. */
  readonly holdsUntil: number
}

/**
 * Admits a call: guards, session, upstream, criteria, access token — in this order, so that nobody without a session learns which
 * upstreams there are. Resolves with the call to forward, or the refusal.
 */
export async function admit(house: House, visit: Visit): Promise<Admitted | Response> {
  const { guards, options, sessions } = house
  const { head, target } = visit
  const refusal = guards.ownHost(visit) ?? guards.untossed(visit) ?? guards.provenance(visit)
  if (refusal !== null) return refusal
  // No preflight is ever approved, so there is nothing to ask an upstream for.
  if (neverProxied.has(head.method))
    return problem('invalid_request', {
      status: 405,
      headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE' },
      detail: `${head.method} is not proxied.`,
    })
  const claim = await guards.token(visit, isSafe(head.method) ? 'optional' : 'genuine')
  if (claim instanceof Response) return claim
  const holder = await claimant(house, visit, claim)
  if (holder instanceof Response) return holder

  const [name, path] = split(target.path.slice(options.basePath.length + doors.api.length))
  const upstream = options.upstreams.get(name)
  if (upstream === undefined)
    return problem('upstream_unknown', {
      detail: 'No upstream has this name. Check upstreams in the configuration.',
    })
  const granted = await access(house, visit, holder, upstream.require, upstream.resource ?? null)
  if ('refusal' in granted) return granted.refusal
  const became = await sessions.use(granted.open, visit.id)
  if (became !== null && became.state !== 'live') return signedOut(became)
  await noteUse(house, visit)
  const { open, session, token } = granted
  const { clientAddress } = visit.connection
  const call = { upstream, path: path + target.query, content: open.content, id: visit.id, clientAddress }
  const { value, dpopKey } = token
  const isBound = upstream.token === 'user' && dpopKey !== undefined
  const bound = isBound && (await boundCall(house, { value, dpopKey }, head.method, upstream, path))
  const isOneOff = visit.setCookies.length + visit.remarks.length > 0 || visit.cookies.login !== undefined
  return {
    call: { ...callOf(options, call), ...(bound && { bound }) },
    open,
    holdsUntil:
      isOneOff || isBound
        ? 0
        : Math.min(
            restsUntil(options.session, open.record),
            allowedUntil(session, upstream.require),
            open.content.access.expiresAt,
            session.idp.status === 'ended' ? Infinity : (session.idp.endsAt ?? Infinity),
          ),
  }
}

/** The call as it is forwarded. */
export function callOf(
  { origin, session: { bindTo } }: ResolvedOptions,
  { upstream, path, content, id, clientAddress }: CallParts,
): AdmittedCall {
  const resource = upstream.resource === content.resource ? null : (upstream.resource ?? null)
  const { clientCertificate: certificate } = bindTo
  const token = upstream.token === 'user' ? accessFor(content, resource) : undefined
  return {
    upstream,
    path,
    // One that is bound to a key is never sent as it is.
    accessToken: token !== undefined && token.dpopKey === undefined ? token.value : null,
    requestId: id,
    clientAddress,
    ...(certificate !== false && { withheld: certificate.header }),
    origin,
  }
}

/** A call with a token that is bound to a key: the proof is of this method and this path (RFC 9449 §4.2). */
const boundCall = (
  { proofs }: House,
  token: BoundToken,
  method: string,
  { url: { origin, pathname } }: ResolvedUpstream,
  path: string,
): Promise<BoundCall> => proofs.begin(token, { method, origin, path: pathname + path })

interface CallParts {
  readonly upstream: ResolvedUpstream
  readonly path: string
  readonly content: SessionContent
  readonly id: string
  readonly clientAddress: string | null
}

/** Name of the upstream and what follows, at the first slash; nothing is decoded. */
function split(rest: string): [name: string, path: string] {
  const slash = rest.indexOf('/')
  return slash === -1 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)]
}
