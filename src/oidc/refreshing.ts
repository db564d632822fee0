/**
 * Refreshes, one tab at a time. Under the lock the hint says whether another tab has refreshed meanwhile: then what that one got is
 * taken over, and a refresh token that is used up is never sent (RFC 9700 §4.14.2: it would end the whole grant).
 */
import { CallbackError, NetworkError, OAuthError, SessionEndedError } from '../errors.js'
import type { IdpEnd } from '../session/session.js'
import type { Renewed } from './answers.js'
import type { Engine } from './engine.js'
import { mayHaveActed } from './failures.js'
import type { Held } from './held.js'
import type { Holding } from './holding.js'
import { userMark } from './mark.js'
import type { Others } from './others.js'
import type { World } from './settings.js'
import type { SilentLogin } from './silent-login.js'
import type { Tokens } from './tokens.js'

/** How long the tab that refreshed is waited for, ms. It has told everybody, or is telling now. */
const PATIENCE = 1_000

/** What it works with. */
export interface Refreshing {
  readonly engine: Engine
  readonly holding: Holding
  readonly others: Others
  readonly silent: SilentLogin
  readonly world: Pick<World, 'tabs' | 'tell'>
  /** One tab at a time. */
  turn<T>(work: () => Promise<T>): Promise<T>
}

/** @throws NetworkError where no answer came */
export type Refresh = (current: Held) => Promise<Renewed>

export function createRefreshing({ engine, holding, others, silent, world, turn }: Refreshing): Refresh {
  const restored = ({ session }: Held): Renewed => ({ type: 'restored', session })
  const isHere = (current: Held): boolean => holding.held === current && holding.isCurrent(current)

  /** The generation that another tab has brought this session to, where that is known. */
  const newest = ({ generation }: Held): number =>
    (world.tabs.isJoined ? holding.mark()?.generation : undefined) ?? generation

  /** Whether another tab has gone beyond `since`, and this one now has what that got. Null: nobody has. */
  const hasCaughtUp = async (current: Held, since = current.generation): Promise<boolean | null> => {
    const generation = newest(current)
    if (generation <= since) return null
    return others.ask(() => current.generation >= generation, PATIENCE, current.session.ref)
  }

  /** The session is not this browser's any more: another one is, or none. */
  const gone = async (current: Held): Promise<Renewed> => {
    const { ref } = current.session
    await others.hearEnd(ref)
    if (holding.held === current) {
      const next = holding.mark()?.ref
      if (next === undefined) return holding.ended(current)
      await others.ask(() => holding.held?.session.ref === next, PATIENCE, next || undefined)
    }
    const { held } = holding
    if (held && held !== current) return restored(held)
    if (held === undefined) return holding.absent(ref)
    world.tell({ type: 'suspicion' })
    throw new NetworkError('idp_unavailable', 'Another session began in another tab. Ask which one it is.')
  }

  /** Tokens by way of a frame, where a refresh is of no use; null where no frame says anything. */
  const inFrame = async (current: Held): Promise<Renewed | null> => {
    const tokens = await silent.inFrame('/')
    if (!isHere(current)) return gone(current)
    if (tokens === null) return null
    if (tokens === false) return over(current, 'expired')
    return { type: 'restored', session: holding.take(tokens, 'frame') }
  }

  const over = (current: Held, endedBy: IdpEnd): Renewed => {
    holding.idpEnded(current, endedBy)
    const { ref } = current.session
    world.tabs.post({ type: 'idp-ended', ref, endedBy })
    return { type: 'idp-ended', endedBy }
  }

  const landed = async (current: Held, since: number, tokens: Tokens): Promise<Renewed> => {
    if (!isHere(current)) {
      // Signed out while this was on the wire, or signed in as somebody else.
      const { ref = '', user } = holding.mark() ?? {}
      if (user !== userMark(ref, tokens.claims.sub)) void engine.revoke(tokens).catch(() => {})
      return gone(current)
    }
    // This page was frozen, and the others went on without it.
    if (!(await hasCaughtUp(current, since))) holding.renew(current, tokens)
    return restored(current)
  }

  const failed = async (current: Held, since: number, error: unknown): Promise<Renewed> => {
    if (!isHere(current)) return gone(current)
    if (error instanceof SessionEndedError) return holding.end(error.reason)
    if (error instanceof OAuthError || error instanceof CallbackError) {
      const endedBy = error instanceof CallbackError ? 'unknown' : current.isLost ? 'refresh_lost' : 'expired'
      if (await hasCaughtUp(current, since)) return restored(current)
      // A refresh token may be over before the session is. What was refused is not tried again.
      return (await inFrame(current)) ?? over(current, endedBy)
    }
    if (error instanceof NetworkError && mayHaveActed(error)) current.isLost = true
    // What got lost before stays lost, for the other tabs, too.
    else if (!current.isLost) holding.sent(current, false)
    throw error
  }

  return (current) => {
    const { generation } = current
    return turn(async () => {
      if (!isHere(current)) return gone(current)
      const caughtUp = await hasCaughtUp(current)
      if (!isHere(current)) return gone(current)
      if (caughtUp === true || current.generation > generation) return restored(current)
      // Another tab was refused while this one waited for its turn.
      if (current.endedBy !== undefined) return { type: 'idp-ended', endedBy: current.endedBy }
      // Whoever refreshed is gone, with what it got; unless that came another way, and what is here is as good as it was.
      const isSpare = caughtUp === false && holding.mark()?.spare === generation
      if (caughtUp === false && !isSpare) return (await inFrame(current)) ?? over(current, 'refresh_lost')
      if (!isSpare && world.tabs.isJoined && holding.mark()?.isSent === true) current.isLost = true
      // The answer to an earlier refresh got lost. Better than the same token once more is one that is certainly good.
      if (current.isLost) {
        const answer = await inFrame(current)
        if (answer !== null) return answer
      }
      const since = newest(current)
      holding.sent(current, true)
      let tokens: Tokens
      try {
        tokens = await engine.refresh(current.tokens)
      } catch (error) {
        return failed(current, since, error)
      }
      return landed(current, since, tokens)
    })
  }
}
