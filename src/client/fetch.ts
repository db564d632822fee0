/** `client.fetch`: the session's credentials for the listed resources, and for nothing else. */
import type { Platform } from '../browser/platform.js'
import { SessionEndedError } from '../errors.js'
import type { Criteria, Session, SessionState } from '../session/session.js'
import { absentBy, problemIn } from './bff-http.js'
import { takeApart } from './call.js'
import { challengeWith, stepUpCriteria } from './challenge.js'
import type { Connection } from './oauth-client.js'
import { withPatience } from './patience.js'
import { missing } from './questions.js'
import type { Questions } from './questions.js'
import { sessionIn } from '../session/session.js'
import { findResource, restOf } from './resources.js'
import type { ResolvedResource } from './resources.js'
import type { Runtime } from './runtime.js'

/** What it works with. */
export interface Fetching {
  readonly platform: Platform
  readonly connection: Connection
  readonly resources: readonly ResolvedResource[]
  readonly questions: Questions
  readonly runtime: Runtime
  start(): Promise<SessionState>
  /** Sends the user to step up; resolves if the session meets the criteria after all. */
  stepUp(criteria: Criteria): Promise<Session>
  /** A call was let through: the session is in use. */
  used(): void
}

/** Where a call went, and with which headers. */
interface Sent {
  readonly target: URL
  readonly headers: Headers
}

/**
 * Makes the `fetch` of a session client. Rejects with a `SessionEndedError` where there is no session to call with, and
 * with a `NetworkError` where access could not be renewed; an answer, whatever its status, is returned.
 */
export function createFetch(world: Fetching): typeof globalThis.fetch {
  const { platform, connection, questions, runtime } = world
  /** When the access expires that was last renewed because an API had refused its token, and may be refused again. */
  let renewedFor: number | undefined

  const current = (): Session | undefined => sessionIn(runtime.getState())
  const currentOf = (user: string): Session | null => {
    const session = current()
    return session?.user.sub === user ? session : null
  }

  /** The session to call with: live, meeting the resource's criteria, renewed first where that is the page's part. */
  const sessionFor = async ({ resource }: ResolvedResource, madeFor?: Session): Promise<Session> => {
    await world.start()
    const { criteria } = resource
    const asIs = criteria === undefined && !connection.renewsBefore(resource)
    if (asIs) runtime.dispatch({ type: 'tick' })
    let session = (asIs && current()) || (await questions.session(criteria ?? {}))
    if (session === null && criteria !== undefined && current() !== undefined) {
      session = await world.stepUp(criteria)
    }
    if (session === null) throw missing(runtime.getState())
    // Made while another user was signed in: never executed as whoever is signed in now.
    if (madeFor !== undefined && madeFor.user.sub !== session.user.sub) {
      throw new SessionEndedError('user_changed')
    }
    return session
  }

  /** The session to send the call once more with, or null where its answer stands. */
  const sessionAfter = async (
    response: Response,
    session: Session,
    { target, headers }: Sent,
  ): Promise<Session | null> => {
    const { sub } = session.user
    const problem = target.origin === platform.address().origin ? await problemIn(response) : null
    switch (problem?.code) {
      case 'login_required':
      case 'session_unknown': {
        if (current()?.ref !== session.ref) return currentOf(sub)
        // Idle at the BFF says nothing of a page that holds its tokens itself.
        if (connection.lostBff && [undefined, 'app_session_over'].includes(problem.ended_by)) {
          connection.lostBff(headers)
          return session
        }
        const absent = absentBy(problem)
        runtime.dispatch(connection.ended?.(absent, session) ?? absent)
        return null
      }
      case 'session_conflict':
      case 'csrf_failed':
      case 'cookie_conflict':
        // Another session is there, or a cookie was missing or tossed: the BFF says whose session it is, and sets them anew.
        await questions.restore()
        // Signed out meanwhile: a refusal for want of a cookie would tell the app nothing.
        if (problem.code !== 'session_conflict' && current() === undefined) throw missing(runtime.getState())
        return currentOf(sub)
    }
    if (response.status !== 401) {
      if (problem === null) world.used()
      return null
    }
    const criteria = stepUpCriteria(response.headers, problem !== null)
    if (criteria !== null) return world.stepUp(criteria)
    if (problem !== null) return null
    const { expiresAt } = session.access
    // Renewed for this very reason, and refused again; or the token is good, and not for this: renewing does not help.
    if (expiresAt === renewedFor || challengeWith('insufficient_scope', response.headers)) return null
    // Access that was renewed meanwhile needs only another try.
    const before = current()
    if (before?.access.expiresAt !== expiresAt) return currentOf(sub)
    try {
      const next = await questions.renewed()
      renewedFor = next.access.expiresAt
      // A new token may well expire at the same moment, or sooner.
      return next !== before && next.idp.status !== 'ended' ? currentOf(sub) : null
    } catch {
      return null
    }
  }

  return async (input, init) => {
    const madeFor = current()
    const url = new URL(input instanceof Request ? input.url : input, platform.address())
    const found = findResource(world.resources, url)
    if (found === undefined) return platform.fetch(input, init)
    const call = await takeApart(input, init)

    const send = async (session: Session): Promise<readonly [Response, Sent]> => {
      const headers = new Headers(call.headers)
      const outgoing = { url, rest: restOf(found, url), headers }
      const target = await withPatience(platform.clock, () =>
        connection.prepare(outgoing, found.resource, session),
      )
      // Without its cookie the BFF would say that there is no session.
      const own = target.origin === platform.address().origin && ({ credentials: 'same-origin' } as const)
      return [await platform.fetch(target, { ...call.init, headers, ...own }), { target, headers }]
    }

    const session = await sessionFor(found, madeFor)
    const [response, sent] = await send(session)
    const next = await sessionAfter(response, session, sent)
    if (next === null || !call.replayable) return response
    const [again] = await send(next)
    if (again.status !== 401) renewedFor = undefined
    return again
  }
}
