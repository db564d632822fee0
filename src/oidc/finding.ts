/** Finds the session of this browser: in an answer of the IDP, in this page, in another tab, at the IDP. */
import { CallbackError, ConfigurationError, NetworkError, SessionError } from '../errors.js'
import type { Absent, Found } from './answers.js'
import type { Engine } from './engine.js'
import { revived } from './failures.js'
import type { Holding } from './holding.js'
import { writeMark } from './mark.js'
import { GRANT_PATIENCE } from './others.js'
import type { Others } from './others.js'
import type { World } from './settings.js'
import type { SilentLogin } from './silent-login.js'

/** What it works with. */
export interface Seeking {
  readonly engine: Engine
  readonly holding: Holding
  readonly others: Others
  readonly silent: SilentLogin
  readonly world: Pick<World, 'clock' | 'hint' | 'address'>
  /** One tab at a time. */
  turn<T>(work: () => Promise<T>): Promise<T>
}

/** `isAnswer`: the address bar holds an answer at the redirect URI. One at a time. */
export type Find = (isAnswer: boolean) => Promise<Found>

export function createFinding({ engine, holding, others, silent, world, turn }: Seeking): Find {
  const { hint } = world
  let restoring: Promise<Found> | undefined
  let last: { readonly href: string; readonly found: Promise<Found | null> } | undefined
  /** Where the user wanted to go, when the exchange of a code got no answer. */
  let unfinished: string | undefined
  /** A login that failed although somebody seems to be signed in: the IDP is asked whether they still are. */
  let failed: { readonly returnTo: string; readonly error: SessionError } | undefined

  const found = (): Found => ({ type: 'restored', session: holding.held!.session })

  /** Whether another tab has the session that the hint names now. */
  const isElsewhere = (): Promise<boolean> =>
    others.ask(
      () => holding.held !== undefined && holding.isCurrent(holding.held),
      GRANT_PATIENCE,
      holding.mark()?.ref || undefined,
    )

  /** Finishes what the answer belongs to; null where it belongs to nothing (any more). */
  const finish = async (answer: URL): Promise<Found | null> => {
    const transaction = engine.transaction(answer)
    if (transaction === null) return null
    const { kind, returnTo, failed: earlier } = transaction
    const asked = kind === 'login'
    const back = { returnTo, ...(asked && { returned: true }), ...(earlier && { error: revived(earlier) }) }
    const before = hint.get()
    if (transaction.hint !== undefined && before !== transaction.hint) {
      // Another tab was faster, or has signed out.
      const isThere = before !== undefined && (await isElsewhere())
      if (isThere || before === undefined) {
        await engine.checkAnswer(answer).catch(() => {})
        silent.answered(isThere)
        return isThere ? { ...found(), ...back } : { type: 'absent', ...back }
      }
    }
    const provisional = writeMark({
      startedAt: world.clock.device(),
      generation: 0,
      isSent: false,
      ref: '',
      user: '',
      spare: 0,
    })
    try {
      // Whoever reloads in the middle of this is probably signed in.
      if (before === undefined) hint.set(provisional)
      const tokens = await engine.exchangeCode(answer, transaction)
      const session = holding.take(tokens, kind)
      unfinished = undefined
      silent.answered(true)
      silent.learn(tokens.claims['auth_time'])
      return { type: 'restored', session, ...back }
    } catch (error) {
      if (!(error instanceof SessionError) || error instanceof NetworkError) {
        unfinished = returnTo
        throw error
      }
      if (asked && before !== undefined && !isSignedOut(error)) {
        failed = { returnTo, error }
        return null
      }
      silent.answered(false)
      // What another tab has written meanwhile stays.
      if (hint.get() === provisional) hint.remove()
      else if (hint.get() === before && (asked ? error.code === 'login_required' : !isPassing(error)))
        holding.end('idp_session_over')
      return { type: 'absent', ...back, ...((asked || !isSignedOut(error)) && { error }) }
    }
  }

  /** What this page holds, if this browser still does. */
  const here = async (): Promise<Found | Absent | null> => {
    const { held } = holding
    if (held === undefined) return null
    if (holding.isCurrent(held)) {
      // Nothing is over by a clock that is wrong; without an answer, it stays as it is.
      await engine.assureTime().catch(() => {})
      if (holding.held !== held) return here()
      return holding.refreshed(held) ? found() : holding.end('app_session_over')
    }
    // Another tab has ended it, or another session is there by now.
    await others.hearEnd(held.session.ref)
    const isOther = holding.mark() !== undefined
    const ended = holding.ended(held)
    return isOther ? null : ended
  }

  /** Asks the IDP: the hint says that there is something to be found. */
  const ask = async (returnTo: string, error: SessionError | undefined): Promise<Found> => {
    const session = (): Found => ({ ...found(), returnTo })
    if (unfinished === undefined && holding.isOver()) {
      hint.remove()
      return { type: 'absent', reason: 'app_session_over' }
    }
    if (unfinished === undefined && (await isElsewhere())) return session()
    return turn(async () => {
      // While this tab waited for its turn, another may have found it, or signed out.
      if (holding.held !== undefined) return session()
      const before = hint.get()
      const tokens = await silent.inFrame(returnTo)
      if (before !== undefined && hint.get() === undefined) return { type: 'absent', returnTo }
      if (tokens) {
        holding.take(tokens, 'frame')
        unfinished = undefined
        return session()
      }
      const url = await silent.leave(returnTo, error)
      if (url !== null) return { type: 'leaving', url }
      if (unfinished !== undefined)
        throw new NetworkError('idp_unavailable', 'The identity provider answers only halfway.')
      // Left to ask, and back without an answer: by the Back button, or from an error page.
      hint.remove()
      return { type: 'absent', returnTo }
    })
  }

  const find: Find = async (isAnswer) => {
    const { href, pathname, search, hash } = world.address()
    if (isAnswer) {
      // The same answer twice is told the same.
      if (last?.href !== href) {
        const answer = new URL(href)
        const isSilent = engine.transaction(answer)?.kind === 'silent'
        last = { href, found: isSilent ? turn(() => finish(answer)) : finish(answer) }
      }
      const answer = await last.found.catch((error: unknown) => {
        last = undefined
        throw error
      })
      const isStill = answer?.type !== 'restored' || answer.session.ref === holding.held?.session.ref
      if (answer !== null && isStill) return answer
    }
    const known = await here()
    if (known !== null) return known
    const returnTo = failed?.returnTo ?? unfinished ?? (isAnswer ? '/' : pathname + search + hash)
    if (hint.get() !== undefined || unfinished !== undefined) {
      const error = failed?.error
      const answer = await ask(returnTo, error).catch((wrong: unknown): Found => {
        if (wrong instanceof ConfigurationError) return { type: 'absent', error: wrong }
        throw wrong
      })
      failed = undefined
      return error ? { ...answer, returnTo, returned: true, error } : answer
    }
    return {
      type: 'absent',
      ...(isAnswer && { returnTo, error: new CallbackError('stale_callback', STALE) }),
    }
  }

  return (isAnswer) => (restoring ??= find(isAnswer).finally(() => (restoring = undefined)))
}

const STALE = 'This answer was used already, or its login was begun too long ago. Start again.'

/** What the IDP says where it has no session, or none that needs no page (OpenID Connect Core §3.1.2.6, and what Mosaic adds). */
const isSignedOut = (error: SessionError): boolean =>
  /^(login|interaction|consent|account_selection|mfa)_required$/.test(error.code)

/** What says something about the IDP now, and nothing about the user. */
const isPassing = (error: SessionError): boolean =>
  /^(server_error|temporarily_unavailable)$/.test(error.code)
