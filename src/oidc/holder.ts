/** What a page does with the session it holds: finds it, refreshes it, gives its token away, ends it. Other tabs take part. */
import { SessionEndedError } from '../errors.js'
import type { EndReason } from '../errors.js'
import type { Session } from '../session/session.js'
import type { Found, Renewed } from './answers.js'
import type { Engine } from './engine.js'
import { kept } from './failures.js'
import { createFinding } from './finding.js'
import type { Held } from './held.js'
import { createHolding } from './holding.js'
import { createLooking } from './looking.js'
import { createOthers } from './others.js'
import { createRefreshing } from './refreshing.js'
import { requestFor } from './request.js'
import type { LoginWish } from './request.js'
import type { ClientSettings, Target, World } from './settings.js'
import { createSilentLogin } from './silent-login.js'
import type { Tokens } from './tokens.js'
import { watch } from './watching.js'

/** How long a logout waits for the IDP. ms */
const LOGOUT_PATIENCE = 2_000

/** What the client of a page asks of it. What gets no answer rejects with a `NetworkError`. */
export interface Holder {
  /** Finds the session. `isAnswer`: the address bar holds an answer at the redirect URI. */
  restore(isAnswer: boolean): Promise<Found>
  loginUrl(wish: LoginWish): Promise<string>
  renew(session: Session, demanded: boolean): Promise<Renewed>
  /**
   * Drops the tokens at once, in every tab, revokes them, and resolves with where to end the IDP session, or null. Before, it is told
   * what could not be ended at the IDP.
   */
  logout(
    request: { readonly scope: 'app' | 'idp'; readonly returnTo: string },
    tellLeft?: (left: readonly string[]) => void,
  ): Promise<string | null>
  /** @throws SessionEndedError where the tokens of this session are not held (any more) */
  accessToken(session: Session): string
  /** The session is over by what the session client knows: nothing of it is left here, and the other tabs hear of it. */
  forget(): void
  /** Whether this browser still holds this session, by what can be read at once. */
  isCurrent(session: Session): boolean
  /** Where the clock is unsure, learns what time it is. @throws NetworkError */
  assureTime(): Promise<void>
  /** Takes in what another tab posted. */
  hear(message: unknown): void
  /** The user did something. */
  use(): void
  /**
   * Asks the IDP in a frame whether its session is still there: where it has not been heard for a minute, or `isSuspected`. What
   * comes of it is told.
   */
  look(isSuspected: boolean): Promise<void>
  /** From now on other tabs may count on this one, and the session is watched at the IDP. Returns the way to stop. */
  attend(): () => void
  /** What is held, to be watched at the IDP (OpenID Connect Session Management 1.0 §3). Tells now, and of every change. Returns the way to stop. */
  follow(tell: (watched: { readonly ref: string; readonly sessionState: string } | null) => void): () => void
}

/** Holds nothing yet. */
export function createHolder(
  engine: Engine,
  settings: ClientSettings,
  targets: readonly Target[],
  world: World,
): Holder {
  const { clock, hint, tabs, tell } = world
  const name = `${settings.authority} ${settings.clientId}`
  const turn = <T>(work: () => Promise<T>): Promise<T> => tabs.exclusive(`tandem:refresh:${name}`, work)
  const followers = new Set<() => void>()
  const holding = createHolding(settings, world, name, () => {
    for (const follower of [...followers]) follower()
  })
  const others = createOthers(engine, holding, world, name)
  const silent = createSilentLogin({
    engine,
    world,
    name,
    hasFrames: settings.silentRedirectUri !== undefined,
    isAllowed: settings.supportedPrompts?.includes('none') ?? true,
    url(kind, { returnTo, failed, params }) {
      const request = requestFor(settings, targets, kind, { returnTo, prompt: 'none' })
      return engine.authorizationUrl({
        ...request,
        params: { ...request.params, ...params },
        failed: failed && kept(failed),
        ...(kind === 'silent' && { hint: hint.get() }),
      })
    },
  })
  const find = createFinding({ engine, holding, others, silent, world, turn })
  const refresh = createRefreshing({ engine, holding, others, silent, world, turn })
  const renew = (current: Held): Promise<Renewed> =>
    // One that is on the wire is always allowed to land.
    (current.wire ??= refresh(current).finally(() => (current.wire = undefined)))
  const look = createLooking({ engine, holding, silent, renew, world, name })

  const onChange = (follower: () => void): (() => void) => {
    followers.add(follower)
    follower()
    return () => void followers.delete(follower)
  }
  const follow: Holder['follow'] = (tellOf) =>
    onChange(() => {
      const { session, tokens, endedBy } = holding.held ?? {}
      const sessionState = endedBy ? undefined : tokens?.sessionState
      tellOf(session && sessionState ? { ref: session.ref, sessionState } : null)
    })

  return {
    restore: find,
    loginUrl: (wish) => engine.authorizationUrl(requestFor(settings, targets, 'login', wish)),
    async renew({ ref, access }, demanded) {
      const current = holding.held
      if (current?.session.ref !== ref) return holding.absent(ref)
      const { tokens, session } = current
      const isNewer = session.access.expiresAt > access.expiresAt
      if (tokens.refreshToken === undefined || (isNewer && !demanded)) return { type: 'restored', session }
      return renew(current)
    },
    async logout({ scope, returnTo }, tellLeft) {
      const tokens = holding.held?.tokens
      holding.end('logout')
      const revoked = tokens && engine.revoke(tokens)
      // Where the call names no page, the setting does.
      const landing =
        (returnTo === '/' && settings.postLogoutRedirectUri) || world.address().origin + returnTo
      const url = scope === 'idp' ? engine.endSessionUrl(tokens, landing) : null
      const [found, kept] = await Promise.all([within(url), within(revoked)])
      const tokensLeft = tokens === undefined ? [] : (kept ?? leftOf(tokens))
      const left = [...tokensLeft, ...(found === undefined ? ['idp_session'] : [])]
      if (left.length > 0) tellLeft?.(left)
      return found ?? null
    },
    accessToken({ ref }) {
      const { held } = holding
      if (held?.session.ref !== ref) throw new SessionEndedError('unknown')
      return held.tokens.accessToken
    },
    forget() {
      if (holding.held) holding.end(whyOver(holding.held, clock.now()))
    },
    isCurrent({ ref }) {
      const { held } = holding
      return held?.session.ref === ref && holding.isCurrent(held)
    },
    assureTime: () => engine.assureTime(),
    hear: others.hear,
    use() {
      if (holding.use()) tell({ type: 'restored', session: holding.held!.session })
    },
    look,
    attend() {
      let leave: (() => void) | undefined
      const stop = onChange(() => {
        if (holding.held) leave ??= others.attend()
        else leave = void leave?.()
      })
      const stopWatching = watch({ engine, clientId: settings.clientId, world, name, follow, look })
      return () => {
        stop()
        leave?.()
        stopWatching()
      }
    },
    follow,
  }

  /** What was to be revoked, where it is not known what became of it. */
  function leftOf({ refreshToken }: Tokens): string[] {
    return [
      ...(settings.revokeAccessToken ? ['access_token'] : []),
      ...(refreshToken === undefined ? [] : ['refresh_token']),
    ]
  }

  /** What comes of `work` if it comes in time, else undefined. */
  async function within<T>(work: Promise<T> | T): Promise<T | undefined> {
    let cancel: (() => void) | undefined
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.at(clock.now() + LOGOUT_PATIENCE, () => resolve(undefined))
    })
    const done = Promise.resolve(work).catch(() => undefined)
    return Promise.race([done, late]).finally(() => cancel?.())
  }
}

/** The word for the end of a session that no answer ended (see `endReasonOf` and the machine's ends by time). */
function whyOver({ session, endedBy }: Held, now: number): EndReason {
  const { idleEndsAt = Infinity, endsAt } = session.app
  if (now >= Math.min(idleEndsAt, endsAt)) return 'app_session_over'
  return endedBy === 'logout' || endedBy === 'refresh_lost' ? endedBy : 'idp_session_over'
}
