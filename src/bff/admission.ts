/** Lets calls to `/api/{upstream}/…` in, or not, by their head alone: so that a proxy can begin without a `Request`. */
import { doors } from '../protocol.js'
import { access } from './access.js'
import type { BoundCall, BoundToken } from './dpop/proofs.js'
import { claimant, noteUse, signedOut } from './holder.js'
import type { House } from './house.js'
import { problem } from './problems.js'
import { isSafe } from './request.js'
import type { AdmittedCall, ResolvedUpstream } from './upstream/call.js'
import { neverProxied } from './upstream/prepare.js'
import type { Visit } from './visit.js'

/**
 * Admits a call: guards, session, upstream, criteria, access token — in this order, so that nobody without a session learns which
 * upstreams there are. Resolves with the call to forward, or the refusal.
 */
export async function admit(house: House, visit: Visit): Promise<AdmittedCall | Response> {
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
  const { clientCertificate: certificate } = options.session.bindTo
  const { value, dpopKey } = granted.token
  const isBound = upstream.token === 'user' && dpopKey !== undefined
  return {
    upstream,
    path: path + target.query,
    accessToken: upstream.token === 'user' && !isBound ? value : null,
    ...(isBound && { bound: await boundCall(house, { value, dpopKey }, head.method, upstream, path) }),
    requestId: visit.id,
    clientAddress: visit.connection.clientAddress,
    ...(certificate !== false && { withheld: certificate.header }),
    origin: options.origin,
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

/** Name of the upstream and what follows, at the first slash; nothing is decoded. */
function split(rest: string): [name: string, path: string] {
  const slash = rest.indexOf('/')
  return slash === -1 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)]
}
