/** `client.fetch`: the session's credentials for the listed resources, and for nothing else. */
import type { Platform } from '../browser/platform.js'
import { SessionEndedError } from '../errors.js'
import type { Criteria, Session, SessionState } from '../session/session.js'
import { endedBy } from './bff-client.js'
import { problemIn } from './bff-http.js'
import { takeApart } from './call.js'
import { stepUpCriteria } from './challenge.js'
import type { Connection } from './oauth-client.js'
import { ended } from './questions.js'
import type { Questions } from './questions.js'
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

/**
 * Makes the `fetch` of a session client. Rejects with a `SessionEndedError` where there is no session to call with, and
 * with a `NetworkError` where access could not be renewed; an answer, whatever its status, is returned.
 */
export function createFetch(world: Fetching): typeof globalThis.fetch {
  const { platform, connection, questions, runtime } = world
  const current = (): Session | undefined => {
    const state = runtime.getState()
    return state.status === 'authenticated' ? state.session : undefined
  }

  /** The session to call with: live, meeting the resource's criteria, renewed first where that is the page's part. */
  const sessionFor = async ({ resource }: ResolvedResource): Promise<Session> => {
    const madeFor = current()
    await world.start()
    if (!connection.renewsBefore(resource)) runtime.dispatch({ type: 'tick' })
    const criteria = { ...resource.criteria }
    const asIs = connection.renewsBefore(resource) || resource.criteria !== undefined ? undefined : current()
    let session = asIs ?? (await questions.session(criteria))
    if (session === null && current() !== undefined) session = await world.stepUp(criteria)
    if (session === null) throw ended(runtime.getState())
    // Made while another user was signed in: never executed as whoever is signed in now.
    if (madeFor !== undefined && madeFor.user.sub !== session.user.sub)
      throw new SessionEndedError('user_changed')
    return session
  }

  /** The session to send the call once more with, or null where its answer stands. */
  const sessionAfter = async (response: Response, session: Session): Promise<Session | null> => {
    const problem = await problemIn(response)
    if (problem?.code === 'session_conflict') {
      await questions.restore()
      const next = current()
      return next !== undefined && next.ref !== session.ref && next.user.sub === session.user.sub
        ? next
        : null
    }
    if (problem?.code === 'login_required' || problem?.code === 'session_unknown') {
      if (current()?.ref === session.ref) runtime.dispatch({ type: 'ended', reason: endedBy(problem) })
      return null
    }
    if (response.status !== 401) {
      if (problem === null) world.used()
      return null
    }
    const criteria = stepUpCriteria(response.headers)
    if (criteria !== null) return world.stepUp(criteria)
    if (problem !== null) return null
    // A token that was renewed meanwhile needs no further renewal, only another try.
    const now = current()
    if (now?.access.expiresAt !== session.access.expiresAt) return now?.ref === session.ref ? now : null
    return questions.renewed({ forced: false }).then(
      (next) => (next.access.expiresAt > session.access.expiresAt ? next : null),
      () => null,
    )
  }

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, platform.address())
    const found = findResource(world.resources, url)
    if (found === undefined) return platform.fetch(input, init)
    const call = await takeApart(input, init)

    const send = async (session: Session): Promise<Response> => {
      const headers = new Headers(call.headers)
      const target = await connection.prepare(
        { url, rest: restOf(found, url), headers },
        found.resource,
        session,
      )
      return platform.fetch(target, { credentials: 'same-origin', ...call.init, headers })
    }

    const session = await sessionFor(found)
    const response = await send(session)
    const again = await sessionAfter(response, session)
    return again !== null && call.replayable ? send(again) : response
  }
}
