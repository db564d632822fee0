/** `GET /login`: begins a login, and sends the browser to the IDP. */
import { seeOther } from '../answers.js'
import { createDpopKey } from '../dpop/key.js'
import { keyOf } from '../sessions/lookup.js'
import type { House, Door } from '../house.js'
import { isNavigation } from '../guard.js'
import { NoAnswer } from '../idp/failures.js'
import { errorEntry } from '../log.js'
import { loginFailure } from '../metrics.js'
import { authorizationParameters, loginParameters } from '../login/parameters.js'
import { isLooping, secretsOf } from '../login/transactions.js'
import { idpUnavailable, problem } from '../problems.js'
import { withLoginError } from '../return-to.js'
import type { Visit } from '../visit.js'

/** The door. A visit that cannot be sent to the IDP comes back to where it wanted to return, with why. */
export const login: Door = async (house, visit) => {
  const { options, transactions, idp, log, edges } = house
  const parameters = loginParameters(visit.target.query, options.basePath)
  if ('fix' in parameters)
    return problem('invalid_request', {
      detail: `The parameter ${parameters.parameter} is refused. ${parameters.fix}`,
    })
  const { returnTo } = parameters

  const state = await transactions.read(visit.cookies.login)
  if (isLooping(state)) {
    edges.metrics.login('login_loop')
    log.warn({ event: 'login_loop', request: visit.id }, 'Logins go in circles: the next one was refused.')
    return seeOther(withLoginError(returnTo, 'login_loop'))
  }
  const users = [...options.upstreams.values()].filter((upstream) => upstream.token === 'user')
  const { params, resource, maxAge, refused } = authorizationParameters(
    parameters,
    options.idp.authorizationParams,
    users.map((upstream) => upstream.resource),
    options.idp,
  )
  // Nobody is signed in without being asked there: as if the IDP had said so.
  if (refused === 'none') return seeOther(withLoginError(returnTo, 'login_required'))
  if (refused !== null)
    return problem('invalid_request', {
      detail: `The parameter prompt is refused. The identity provider takes ${options.idp.supportedPrompts?.join(', ')} from this client.`,
    })
  const transaction = transactions.start({
    returnTo,
    from: await startedFrom(visit),
    maxAge,
    resource: resource ?? null,
    ...(options.idp.dpop && { dpopKey: await createDpopKey() }),
  })
  const { dpopKey } = transaction
  const secrets = await secretsOf(transaction)
  try {
    const address = await idp.authorizationUrl({ ...secrets, state: transaction.state, params, dpopKey })
    visit.setCookies.push(
      await transactions.write({ ...state, transactions: [transaction, ...state.transactions] }),
    )
    return seeOther(address)
  } catch (error) {
    return failed(house, visit, returnTo, error)
  }
}

/** The session this login was started from: its cookie will not come along from the IDP's site. */
const startedFrom = async ({ cookies }: Visit): Promise<string | null> =>
  cookies.session === undefined ? null : keyOf(cookies.session)

function failed({ log, edges }: House, visit: Visit, returnTo: string, error: unknown): Response {
  if (!(error instanceof NoAnswer)) throw error
  edges.metrics.login(loginFailure(error.error ?? 'idp_unavailable'))
  log.warn({ event: 'login_failed', request: visit.id, ...errorEntry(error) }, 'A login could not be begun.')
  return isNavigation(visit.head)
    ? seeOther(withLoginError(returnTo, error.error ?? 'idp_unavailable'))
    : idpUnavailable(error.retryAfter)
}
