/** Completes a login: from the IDP's answer to a session, at most once. */
import { CallbackError } from '../../errors.js'
import { sha256 } from '../bytes.js'
import type { House } from '../house.js'
import { NoAnswer, Refused } from '../idp/failures.js'
import type { Tokens } from '../idp/tokens.js'
import { errorEntry } from '../log.js'
import { loginFailure } from '../metrics.js'
import { clientOf } from '../properties.js'
import { createSeldom } from '../seldom.js'
import { contentOfLogin } from '../sessions/content.js'
import { keyOf } from '../sessions/lookup.js'
import type { OpenSession } from '../sessions/parts.js'
import type { Visit } from '../visit.js'
import { LOGIN_LIFETIME, secretsOf } from './transactions.js'
import type { Transaction } from './transactions.js'

/** A session, or the code of what went wrong. */
export type Completed = { readonly open: OpenSession } | { readonly failed: string }

/** Completes the login that an answer belongs to. The same answer at the same time gets the same session. */
export type Completion = (
  params: URLSearchParams,
  transaction: Transaction,
  visit: Visit,
) => Promise<Completed>

/** How long the outcome of a login serves an answer that comes twice, ms: a browser may have given up the first visit. */
const REPEATABLE = 20_000

/** How often it is told that the IDP gives no refresh tokens, ms. */
const TELL_EVERY = 24 * 60 * 60_000

/** Makes the completion of one instance of the BFF. */
export function createCompletion(house: House): Completion {
  const completed = new Map<string, Promise<Completed>>()
  const seldom = createSeldom(house.edges, TELL_EVERY)
  const remark = ({ refreshToken }: Tokens): void => {
    if (refreshToken !== null || !house.options.idp.scope.split(' ').includes('offline_access')) return
    const due = seldom('refresh_token_missing')
    if (due !== null)
      house.log.warn(
        { event: 'refresh_token_missing', ...due },
        'The scope offline_access was asked for, and no refresh token came: access ends with its first token. Allow this client refresh tokens at the IDP, see whether it wants { "prompt": "consent" } in idp.authorizationParams, or take offline_access out of idp.scope.',
      )
  }
  return (params, transaction, visit) => {
    const { state } = transaction
    const known = completed.get(state)
    if (known !== undefined) return known
    const outcome = complete(house, params, transaction, visit, remark)
    completed.set(state, outcome)
    const forget = (): void => void house.edges.timer(() => completed.delete(state), REPEATABLE, true)
    outcome.then(forget, () => completed.delete(state))
    return outcome
  }
}

async function complete(
  house: House,
  params: URLSearchParams,
  transaction: Transaction,
  visit: Visit,
  remark: (tokens: Tokens) => void,
): Promise<Completed> {
  const { idp, edges, options, sessions, log } = house
  const fail = (failed: string, error?: unknown): Completed => {
    edges.metrics.login(loginFailure(failed))
    log.warn(
      {
        event: 'login_failed',
        failed: loginFailure(failed),
        request: visit.id,
        ...(error !== undefined && errorEntry(error)),
      },
      'A login failed.',
    )
    return { failed }
  }
  const { maxAge, state } = transaction
  const resource = transaction.resource ?? undefined
  const since = { began: transaction.startedAt, asked: edges.now() }
  try {
    const answer = await idp.read(params)
    const wrong = await idp.judge(answer)
    if (wrong !== null) return fail(wrong)
    if (!(await isFirst(house, transaction))) return fail('stale_callback')
    const tokens = await idp.exchange(answer, {
      ...(await secretsOf(transaction)),
      state,
      resource,
      dpopKey: transaction.dpopKey,
      maxAge: maxAge ?? undefined,
      startedAt: transaction.startedAt,
    })
    remark(tokens)
    const { idpLifetime } = options.session
    const content = contentOfLogin(tokens, { resource, idpLifetime, now: edges.now() })
    const { sub } = content.user
    for (const key of await oldSessions(transaction, visit)) await sessions.supersede(key, sub, visit.id)
    const client = await clientOf(visit, options.session.bindTo, log)
    const open = await sessions.begin(content, { ...client, since, request: visit.id })
    if (open === null) return fail('login_required')
    edges.metrics.login('succeeded')
    return { open }
  } catch (error) {
    if (error instanceof NoAnswer) return fail(error.error ?? 'idp_unavailable', error)
    if (error instanceof Refused) return fail(error.error, error)
    if (error instanceof CallbackError) return fail(error.code, error)
    // The store, or a mistake of ours: a visit does not end on a problem document either way.
    log.error({ event: 'failed', request: visit.id, ...errorEntry(error) }, 'A login could not be completed.')
    return fail('server_error', error)
  }
}

/** Whether no instance has used the answer to this login yet: a code that is sent twice may cost the tokens of the first time (RFC 6749 §4.1.2). */
async function isFirst({ store }: House, { state, startedAt }: Transaction): Promise<boolean> {
  const opened = await store()
  return opened.remember(`login:${await sha256(state)}`, startedAt + LOGIN_LIFETIME)
}

/** The sessions a new one takes the place of: the one the login was started from, and the one whose cookie came along. */
async function oldSessions({ from }: Transaction, { cookies }: Visit): Promise<Set<string>> {
  const here = cookies.session === undefined ? null : await keyOf(cookies.session)
  return new Set([from, here].filter((key) => key !== null))
}
