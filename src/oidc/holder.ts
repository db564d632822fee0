/** Holds the tokens of one page: in this closure, and nowhere else. */
import {
  CallbackError,
  ConfigurationError,
  NetworkError,
  OAuthError,
  SessionEndedError,
  SessionError,
} from '../errors.js'
import type { EndReason } from '../errors.js'
import type { IdpEnd, Session } from '../session/session.js'
import type { Engine } from './engine.js'
import { kept, mayHaveActed, revived } from './failures.js'
import { randomText } from './jwt.js'
import { requestFor } from './request.js'
import type { LoginWish } from './request.js'
import { sessionFrom } from './session.js'
import type { ClientSettings, Target, World } from './settings.js'
import { createSilentLogin } from './silent-login.js'
import type { Tokens } from './tokens.js'
import type { Transaction } from './transactions.js'

/** How long a logout waits for the IDP. ms */
const LOGOUT_PATIENCE = 2_000

/** Whether there is a session, as the session client wants to know it. */
export type Found = {
  readonly returnTo?: string
  readonly returned?: boolean
  readonly error?: SessionError
} & (
  | { readonly type: 'restored'; readonly session: Session }
  | { readonly type: 'absent'; readonly reason?: EndReason }
  | { readonly type: 'leaving'; readonly url: string }
)

/** What became of a refresh. */
export type Renewed =
  | { readonly type: 'restored'; readonly session: Session }
  | { readonly type: 'idp-ended'; readonly endedBy: IdpEnd }
  | { readonly type: 'absent'; readonly reason: EndReason }

/** What the client of a page asks of it. What gets no answer rejects with a `NetworkError`. */
export interface Holder {
  /** Finds the session. `isAnswer`: the address bar holds an answer at the redirect URI. */
  restore(isAnswer: boolean): Promise<Found>
  loginUrl(wish: LoginWish): Promise<string>
  renew(session: Session, demanded: boolean): Promise<Renewed>
  /** Drops the tokens at once, revokes them, and resolves with where to end the IDP session, or null. */
  logout(request: { readonly scope: 'app' | 'idp'; readonly returnTo: string }): Promise<string | null>
  /** @throws SessionEndedError where the tokens of this session are not held (any more) */
  accessToken(session: Session): string
  forget(): void
}

interface Held {
  tokens: Tokens
  session: Session
  /** A refresh was sent whose answer got lost. */
  lost: boolean
  /** The refresh that is on the wire. */
  wire?: Promise<Renewed> | undefined
}

/** Holds nothing yet. */
export function createHolder(
  engine: Engine,
  settings: ClientSettings,
  targets: readonly Target[],
  world: World,
): Holder {
  const { clock, hint } = world
  let held: Held | undefined
  let restoring: Promise<Found> | undefined
  let last: { readonly href: string; readonly found: Promise<Found | null> } | undefined
  /** Where the user wanted to go, when the exchange of a code got no answer. */
  let unfinished: string | undefined
  /** A login that failed although somebody seems to be signed in: the IDP is asked whether they still are. */
  let failed: { readonly returnTo: string; readonly error: SessionError } | undefined

  const hold = (tokens: Tokens, kind: Transaction['kind']): Session => {
    // The hint is in the device's clock: at the next page load no other is known yet.
    const offset = clock.now() - clock.device()
    const begun = Number(hint.get())
    const startedAt = Math.round(kind !== 'login' && begun > 0 ? begun + offset : clock.now())
    hint.set(String(Math.round(startedAt - offset)))
    const session = sessionFrom(tokens, randomText(), startedAt)
    held = { tokens, session, lost: false }
    unfinished = undefined
    return session
  }

  const drop = (): void => {
    held = undefined
    hint.remove()
  }

  const silent = createSilentLogin({
    engine,
    world,
    hold,
    hasFrames: settings.silentRedirectUri !== undefined,
    url: (kind, returnTo, error) =>
      engine.authorizationUrl({
        ...requestFor(settings, targets, kind, { returnTo, prompt: 'none' }),
        failed: error && kept(error),
      }),
  })

  /** Finishes what the answer belongs to; null where it belongs to nothing (any more). */
  const finish = async (answer: URL): Promise<Found | null> => {
    const transaction = engine.transaction(answer)
    if (transaction === null) return null
    const { kind, returnTo, failed: earlier } = transaction
    const asked = kind === 'login'
    const back = { returnTo, ...(asked && { returned: true }), ...(earlier && { error: revived(earlier) }) }
    const before = hint.get()
    try {
      // Whoever reloads in the middle of this is probably signed in.
      if (before === undefined) hint.set(String(clock.device()))
      const session = hold(await engine.exchangeCode(answer, transaction), kind)
      silent.answered(true)
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
      if (before === undefined || !asked) hint.remove()
      return { type: 'absent', ...back, ...((asked || !isSignedOut(error)) && { error }) }
    }
  }

  const find = async (isAnswer: boolean): Promise<Found> => {
    const { href, pathname, search, hash } = world.address()
    if (isAnswer) {
      // The same answer twice is told the same.
      if (last?.href !== href) last = { href, found: finish(new URL(href)) }
      const found = await last.found.catch((error: unknown) => {
        last = undefined
        throw error
      })
      if (found?.type === 'restored' ? found.session.ref === held?.session.ref : found !== null) return found!
    }
    if (held !== undefined) return { type: 'restored', session: held.session }
    const returnTo = failed?.returnTo ?? unfinished ?? (isAnswer ? '/' : pathname + search + hash)
    if (hint.get() !== undefined || unfinished !== undefined) {
      const error = failed?.error
      const found = await silent
        .ask(returnTo, unfinished !== undefined, error)
        .catch((wrong: unknown): Found => {
          if (wrong instanceof ConfigurationError) return { type: 'absent', error: wrong }
          throw wrong
        })
      failed = undefined
      return error ? { ...found, returnTo, returned: true, error } : found
    }
    return {
      type: 'absent',
      ...(isAnswer && { returnTo, error: new CallbackError('stale_callback', STALE) }),
    }
  }

  const refresh = async (current: Held): Promise<Renewed> => {
    try {
      const tokens = await engine.refresh(current.tokens)
      if (held !== current) {
        // Signed out while this was on the wire.
        void engine.revoke(tokens).catch(() => {})
        return { type: 'absent', reason: 'logout' }
      }
      const { ref, app } = current.session
      current.tokens = tokens
      current.lost = false
      current.session = sessionFrom(tokens, ref, app.startedAt)
      return { type: 'restored', session: current.session }
    } catch (error) {
      if (error instanceof SessionEndedError) return { type: 'absent', reason: error.reason }
      if (error instanceof OAuthError || error instanceof CallbackError) {
        // Answered: what was refused is not tried again.
        current.tokens = { ...current.tokens, refreshToken: undefined }
        const refused = current.lost ? 'refresh_lost' : 'expired'
        return { type: 'idp-ended', endedBy: error instanceof OAuthError ? refused : 'unknown' }
      }
      if (error instanceof NetworkError && mayHaveActed(error)) current.lost = true
      throw error
    }
  }

  return {
    restore: (isAnswer) => (restoring ??= find(isAnswer).finally(() => (restoring = undefined))),
    loginUrl: (wish) => engine.authorizationUrl(requestFor(settings, targets, 'login', wish)),
    async renew({ ref, access }, demanded) {
      const current = held
      if (current?.session.ref !== ref) return { type: 'absent', reason: 'unknown' }
      const { tokens, session } = current
      const isNewer = session.access.expiresAt > access.expiresAt
      if (tokens.refreshToken === undefined || (isNewer && !demanded)) return { type: 'restored', session }
      // One that is on the wire is always allowed to land.
      return (current.wire ??= refresh(current).finally(() => (current.wire = undefined)))
    },
    async logout({ scope, returnTo }) {
      const tokens = held?.tokens
      drop()
      const revoked = tokens && engine.revoke(tokens)
      // Where the call names no page, the setting does.
      const landing =
        (returnTo === '/' && settings.postLogoutRedirectUri) || world.address().origin + returnTo
      const url = scope === 'idp' ? engine.endSessionUrl(tokens, landing) : null
      const [found] = await Promise.all([within(url), within(revoked)])
      return found ?? null
    },
    accessToken({ ref }) {
      if (held?.session.ref !== ref) throw new SessionEndedError('unknown')
      return held.tokens.accessToken
    },
    forget: () => held && drop(),
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

const STALE = 'This answer was used already, or its login was begun too long ago. Start again.'

/** What the IDP says where it has no session, or none that needs no page (OpenID Connect Core §3.1.2.6). */
const isSignedOut = (error: SessionError): boolean =>
  /^(login|interaction|consent|account_selection)_required$/.test(error.code)
