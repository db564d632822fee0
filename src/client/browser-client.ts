/**
 * Tokens in the page's memory (RFC 10017 §6.3). What needs the protocol is loaded when a login, an answer or a session to
 * restore needs it: a page that is signed out never loads it.
 */
import { answerFrame, openFrame } from '../browser/silent-frame.js'
import type { Platform } from '../browser/platform.js'
import { NetworkError, SessionEndedError } from '../errors.js'
import type { Holder } from '../oidc/holder.js'
import type { Session } from '../session/session.js'
import { CSRF_HEADER } from '../protocol.js'
import { adoptAtBff } from './browser-bff.js'
import { check } from './check.js'
import { frameAsker } from './browser-check.js'
import { browserCookie } from './browser-cookies.js'
import { checkBrowserOptions } from './browser-options.js'
import type { BrowserClientOptions } from './browser-options.js'
import { isAnswerAt, settingsOn } from './browser-redirects.js'
import type { Connection, News, OAuthClient, Resource, TokenHolder } from './oauth-client.js'

export type { BrowserClientOptions } from './browser-options.js'

/** A client that runs the login in the page. */
export interface BrowserClient extends OAuthClient, TokenHolder {}

type BrowserConnection = Connection & { token(): Promise<string> }

/**
 * Holds tokens in the page's memory: for apps without a BFF, or with one beside it for calls that need a cookie.
 * @throws ConfigurationError naming the option and the fix
 */
export function browserClient(options: BrowserClientOptions): BrowserClient {
  checkBrowserOptions(options)
  let resources: readonly Resource[] = []
  let connection: BrowserConnection | undefined
  return {
    keeper: options.session?.idle ? 'tabs' : 'page',
    check(given) {
      const index = given.findIndex(({ via }) => via === 'bff')
      check(
        index < 0 || options.bff !== undefined,
        `resources[${index}].via`,
        "needs browserClient({ bff: { basePath: '/bff' } }), or to be left out.",
      )
      resources = given
    },
    open: (platform) => (connection = openBrowser(platform, options, resources)),
    async getAccessToken() {
      if (connection === undefined)
        throw new SessionEndedError('unknown', 'Give it to createSessionClient first.')
      return connection.token()
    },
  }
}

function openBrowser(
  platform: Platform,
  options: BrowserClientOptions,
  resources: readonly Resource[],
): BrowserConnection {
  const { clock, cookies, page } = platform
  const { origin } = platform.address()
  const settings = settingsOn(origin, options)
  const name = `${options.authority} ${options.clientId}`
  const direct = resources.filter(({ via }) => via === undefined)
  const bff = options.bff && adoptAtBff(platform, options.bff.basePath)
  const tabs = platform.tabs(`tandem 1 ${name}`)
  let holder: Holder | undefined
  let loading: Promise<Holder> | undefined
  let tell: ((news: News) => void) | undefined
  let stopAttending: (() => void) | undefined

  const entry = (kind: 'hint' | 'used') => {
    const cookie = browserCookie(kind, options.authority, options.clientId)
    return {
      get: () => cookies.get(cookie),
      set: (value: string) => cookies.set(cookie, value),
      remove: () => cookies.remove(cookie),
    }
  }
  const hint = entry('hint')

  const load = (): Promise<Holder> =>
    (loading ??= import('../oidc/engine.js')
      .then(({ createEngine, createHolder }) => {
        const world = {
          ...platform,
          tabs,
          hint,
          used: entry('used'),
          tell: (news: News) => tell?.(news),
          frame: (url: string) => openFrame(page, clock, url),
          checkSession:
            options.checkSession === false ? undefined : frameAsker(platform, tabs, `tandem:check:${name}`),
        }
        holder = createHolder(createEngine(settings, world), settings, direct, world)
        if (tell) stopAttending = holder.attend()
        return holder
      })
      .catch((cause: unknown) => {
        loading = undefined
        throw new NetworkError('network_failed', 'The code for logging in could not be loaded.', { cause })
      }))

  /** What another tab says. A page that is signed out loads nothing before there is something to be held. */
  const hear = (message: unknown): void => {
    const isGrant = (message as { type?: unknown } | null)?.type === 'grant'
    if (loading || isGrant)
      void load()
        .then((loaded) => loaded.hear(message))
        .catch(() => {})
  }

  /** What is over is known only when the time is: learnt first by the first call after sleep. */
  const hasSlept = async (): Promise<boolean> => {
    if (clock.isSure()) return false
    await (await load()).assureTime().catch(() => {})
    return true
  }

  /** Another tab has ended it, or begun another, and this one has not heard of it. */
  const isOld = (session: Session): boolean => holder?.isCurrent(session) === false

  const wake = (): void => {
    if (!clock.isSure()) tell?.({ type: 'suspicion' })
    // Somebody may have signed in in another tab meanwhile.
    if (holder === undefined && hint.get() !== undefined) tabs.post({ type: 'grant?' })
    void holder?.look(false)
  }

  const connection: BrowserConnection = {
    async restore() {
      const address = platform.address()
      // In the hidden frame: the page around it takes the answer.
      if (isAnswerAt(settings.silentRedirectUri, address) && answerFrame(page)) return new Promise(() => {})
      const isAnswer = isAnswerAt(settings.redirectUri, address)
      if (!isAnswer && holder === undefined && hint.get() === undefined) return { type: 'absent' }
      return (await load()).restore(isAnswer)
    },
    loginUrl: async (request) => (await load()).loginUrl(request),
    renew: async (session, { demanded }) => (await load()).renew(session, demanded),
    logout(request, tellLeft) {
      bff?.end()
      return holder === undefined
        ? load().then((loaded) => loaded.logout(request, tellLeft))
        : holder.logout(request, tellLeft)
    },
    renewsBefore: () => true,
    async prepare({ url, rest, headers }, { via, upstream }, session) {
      const slept = await hasSlept()
      let current = session
      if ((slept || isOld(session)) && connection.access) current = await connection.access(isOld(session))
      // A call is never made as whoever is signed in now.
      if (current.user.sub !== session.user.sub) throw new SessionEndedError('user_changed')
      const token = (await load()).accessToken(current)
      if (via === undefined || bff === undefined) {
        headers.set('Authorization', `Bearer ${token}`)
        return url
      }
      headers.set(CSRF_HEADER, await bff.csrf(token))
      return new URL(`${options.bff!.basePath}/api/${upstream}/${rest}`, origin)
    },
    ...(bff && { lostBff: (headers: Headers) => bff.lost(headers.get(CSRF_HEADER)) }),
    use: () => holder?.use(),
    forget() {
      holder?.forget()
    },
    isCurrent: (session) => holder?.isCurrent(session) !== false,
    watch(listener) {
      tell = listener
      const stops = [
        tabs.onMessage(hear),
        platform.onWake(wake),
        clock.onJump(wake),
        options.session?.idle ? platform.onActivity(() => holder?.use()) : () => {},
      ]
      stopAttending = holder?.attend()
      return () => {
        tell = undefined
        for (const stop of stops) stop()
        stopAttending?.()
      }
    },
    async token() {
      if (connection.access === undefined) throw new SessionEndedError('unknown')
      await hasSlept()
      let session = await connection.access()
      if (isOld(session)) session = await connection.access(true)
      return (await load()).accessToken(session)
    },
  }
  return connection
}
