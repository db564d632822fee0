/** A request on its way through the guards to a door. */
import { CSRF_HEADER } from '../protocol.js'
import { seeOther } from './answers.js'
import { toBase64Url } from './bytes.js'
import type { Connection } from './connection.js'
import type { Cookies, ReceivedCookies } from './cookies.js'
import type { Csrf, CsrfClaim } from './csrf.js'
import type { DoorName } from './door-names.js'
import type { Edges } from './edges.js'
import { foreign, foreignVisit, isFramed, isNavigation, tellsOrigin } from './guard.js'
import { addressAt, createRounds, isOwnHost, isThere } from './host.js'
import type { Log } from './log.js'
import { wrongHostPage } from './pages.js'
import { problem } from './problems.js'
import { isSafe, targetOf } from './request.js'
import type { RequestHead, Target } from './request.js'

/** What is known of a request beside its head. */
export interface Visit {
  readonly head: RequestHead
  readonly target: Target
  /** The BFF's own `X-Request-Id`. */
  readonly id: string
  readonly cookies: ReceivedCookies['values']
  readonly tossed: ReceivedCookies['tossed']
  /** The way it took to here. */
  readonly connection: Connection
  /** `Set-Cookie` values for the answer, whoever gives it. */
  readonly setCookies: string[]
  /** What the log is to be told about each such request. */
  readonly remarks: string[]
}

/** Takes a request in. */
export function visitOf(
  head: RequestHead,
  connection: Connection,
  { cookies, edges }: { readonly cookies: Cookies; readonly edges: Pick<Edges, 'random'> },
): Visit {
  const { values, tossed } = cookies.read(head.headers.get('cookie'))
  return {
    head,
    target: targetOf(head.url),
    id: requestId(edges),
    cookies: values,
    tossed,
    connection,
    setCookies: [],
    remarks: [],
  }
}

/** An `X-Request-Id`. */
export const requestId = ({ random }: Pick<Edges, 'random'>): string => toBase64Url(random(16))

/** The guards, in the order in which they stand. Each resolves with the refusal, or `null`. */
export interface Guards {
  /** The request came to the app's origin. `to`: a visit is sent there instead of being refused. */
  ownHost(visit: Visit, to?: 'redirect'): Response | null
  /** No cookie of ours came twice. */
  untossed(visit: Visit): Response | null
  /** A tab goes there, and no frame. */
  unframed(visit: Visit): Response | null
  /** A tab comes from wherever, or a page of the app made the request. */
  visitor(visit: Visit): Response | null
  /** A page of the app made the request; `due`: what its token must be. */
  provenance(visit: Visit, due?: TokenDue): Response | null
  /** The `X-CSRF-Token` header is what is due: the claim it makes, or the refusal. */
  token(visit: Visit, due: TokenDue): Promise<CsrfClaim | Response>
}

/**
 * What the `X-CSRF-Token` header must be. `genuine`: the token of a session. `any`: that, or `1`. `optional`: it may be absent, and
 * is checked where it is there. `bearer`: the same, and a request with an `Authorization` header need not say where it comes from
 * either: that one cannot be sent from elsewhere without asking first. Without a session cookie there is nothing a call could be
 * forged for, and any value will do then; `1` also where that session is over, for `GET /session` takes the token from a page whose session has ended.
 */
export type TokenDue = 'genuine' | 'any' | 'optional' | 'bearer'

/** What the guards work with. */
export interface GuardParts {
  readonly origin: string
  readonly csrf: Csrf
  readonly cookies: Cookies
  readonly log: Log
  /** What a path is called in the log. */
  readonly nameOf: (address: string) => DoorName
  /** ms since the epoch */
  readonly now: () => number
  /** Whether a session cookie is that of a session now; `request` is the id of the request that asks. */
  readonly isLive: (cookie: string, request: string) => Promise<boolean>
}

/** Makes the guards of `origin`. */
export function createGuards({ origin, csrf, cookies, log, nameOf, now, isLive }: GuardParts): Guards {
  const again = createRounds(now)
  const refused = ({ id, target }: Visit, why: string): Response => {
    const { path } = nameOf(target.path)
    log.warn({ event: 'csrf_failed', request: id, path, why }, 'A request was refused.')
    return problem('csrf_failed', {
      detail: `The request was refused: ${why}. Call from a page of this application, with the ${CSRF_HEADER} header.`,
    })
  }

  return {
    ownHost({ head, target, id, connection }, to) {
      if (isOwnHost(head, origin, connection.isProxied !== false)) return null
      // Who is there already is not sent there again.
      const there = isThere(head, target, origin)
      if (to === 'redirect' && isSafe(head.method) && !there)
        return seeOther(addressAt(origin, target, head, again))
      const detail = `This application is at ${origin}: ask there, with that host and scheme. A proxy in between passes the Host header on, and says the scheme in X-Forwarded-Proto${connection.isProxied === false ? '; this one is not in trustedProxies' : ''}.`
      const url = head.url.split('?', 1)[0]?.slice(0, 200) ?? ''
      if (there) log.warn({ event: 'wrong_host', request: id, url: url.split('/', 3).join('/') }, detail)
      return there && isNavigation(head) ? wrongHostPage(origin, url) : problem('invalid_request', { detail })
    },
    untossed({ tossed, target, head, setCookies }) {
      if (tossed.length === 0) return null
      const { host } = new URL(head.url)
      for (const name of tossed)
        setCookies.push(...cookies.expireEverywhere(name, host.replace(/:\d+$/, ''), target.path))
      return problem('cookie_conflict', {
        detail: `These cookies came twice, so neither is believed: ${tossed.map((name) => cookies.names[name]).join(', ')}. They were cleared: ask again.`,
      })
    },
    unframed: (visit) => (isFramed(visit.head) ? refused(visit, 'a login cannot be framed') : null),
    visitor(visit) {
      const why = foreignVisit(visit.head, origin)
      return why === null ? null : refused(visit, why)
    },
    provenance(visit, due) {
      const { head } = visit
      if (due === 'bearer' && !tellsOrigin(head) && head.headers.get('authorization') !== null) return null
      const why = foreign(head, origin)
      return why === null ? null : refused(visit, why)
    },
    async token(visit, due) {
      const claim = await csrf.read(visit.head.headers.get(CSRF_HEADER))
      const { session } = visit.cookies
      switch (claim.kind) {
        case 'genuine':
          return claim
        case 'constant':
          return due !== 'genuine' || session === undefined || !(await isLive(session, visit.id))
            ? claim
            : refused(visit, `${CSRF_HEADER}: 1 is not enough here`)
        case 'absent':
          return due === 'optional' || due === 'bearer'
            ? claim
            : refused(visit, `it has no ${CSRF_HEADER} header`)
        case 'forged':
          return session === undefined
            ? claim
            : refused(visit, `its ${CSRF_HEADER} header is not one of this BFF`)
      }
    },
  }
}
