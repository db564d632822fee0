/** `GET` and `POST /callback`: what the IDP answers at the redirect URI (OpenID Connect Core §3.1.2.5). */
import { doors } from '../../protocol.js'
import { seeOther } from '../answers.js'
import { readText } from '../body.js'
import { isNavigation } from '../guard.js'
import { HINT } from '../holder.js'
import type { Door, House } from '../house.js'
import { stateOf } from '../idp/authorization-response.js'
import type { Completion } from '../login/completion.js'
import type { LoginState } from '../login/transactions.js'
import { problem } from '../problems.js'
import { withLoginError } from '../return-to.js'
import type { Visit } from '../visit.js'

/** Parameters an answer may have; the others go no further. */
const known = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'session_state', 'response']

/** The door. A visit never ends on a problem document: it goes back into the app, with why in the address where it failed. */
export const callback =
  (complete: Completion): Door =>
  async (house, visit, request) => {
    const params = await answerOf(house, visit, request)
    if (params instanceof Response) return params
    const state = await house.transactions.read(visit.cookies.login)
    const named = stateOf(params, house.options.idp.responseMode)
    const transaction = state.transactions.find((one) => one.state === named)
    if (transaction === undefined)
      return request.method === 'POST' ? again(house, params, visit) : stale(visit)

    const outcome = await complete(params, transaction, visit)
    visit.setCookies.push(await house.transactions.write(without(state, transaction.state, house)))
    // Another instance has had this answer.
    if ('failed' in outcome && outcome.failed === 'stale_callback') return stale(visit)
    if ('failed' in outcome) return seeOther(withLoginError(transaction.returnTo, outcome.failed))
    const { cookie, record } = outcome.open
    visit.setCookies.push(
      house.cookies.set('session', cookie),
      house.cookies.set('csrf', await house.csrf.tokenOf(record.ref)),
      house.cookies.set('hint', HINT),
    )
    return seeOther(transaction.returnTo)
  }

/** In the query of the address that an answer by POST is carried on in. */
const FORM = 'form'

async function answerOf(
  { transactions }: House,
  { target }: Visit,
  request: Request,
): Promise<URLSearchParams | Response> {
  if (request.method !== 'POST') {
    const params = new URLSearchParams(target.query)
    const form = params.get(FORM)
    return form === null ? params : transactions.carried(form)
  }
  const text = await readText(request)
  return typeof text === 'string' ? new URLSearchParams(text) : text
}

/**
 * An answer in a form that the IDP's page sent (OAuth 2.0 Form Post Response Mode): from another site the login cookie does not come along with POST. Once
 * more as GET, it does, and needs no script for it; nothing is believed before it is there.
 */
async function again(
  { transactions, options }: House,
  params: URLSearchParams,
  visit: Visit,
): Promise<Response> {
  const form = await transactions.carry(kept(params))
  return form === null ? stale(visit) : seeOther(`${options.basePath}${doors.callback}?${FORM}=${form}`)
}

/** This login is over; it came back now. */
const without = ({ transactions, returns }: LoginState, state: string, { edges }: House): LoginState => ({
  transactions: transactions.filter((one) => one.state !== state),
  returns: [...returns, edges.now()],
})

/** There is no login to this answer: Back, a bookmark, a page left open overnight, or somebody else's answer. */
function stale(visit: Visit): Response {
  if (!isNavigation(visit.head))
    return problem('stale_callback', {
      detail: 'There is no login of this browser to this answer. Start again.',
    })
  return seeOther(visit.cookies.hint === undefined ? withLoginError('/', 'stale_callback') : '/')
}

const kept = (params: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...params].filter(([name]) => known.includes(name)))
