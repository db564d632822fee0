/**
 * Tokens in the page's memory (RFC 10017 §6.3). What needs the protocol is loaded when a login, an answer or a session to
 * restore needs it: a page that is signed out never loads it.
 */
import { answerFrame, openFrame } from '../browser/silent-frame.js'
import type { Platform } from '../browser/platform.js'
import { NetworkError, SessionEndedError } from '../errors.js'
import type { Holder } from '../oidc/holder.js'
import { CSRF_HEADER } from '../protocol.js'
import { adoptAtBff } from './browser-bff.js'
import { check } from './check.js'
import { checkBrowserOptions } from './browser-options.js'
import type { BrowserClientOptions } from './browser-options.js'
import type { Connection, OAuthClient, Resource, TokenHolder } from './oauth-client.js'

export type { BrowserClientOptions } from './browser-options.js'

/** Says that somebody is probably signed in, and since when (ms in the device's clock); readable, no secret. */
const HINT = '__Host-hint-browser'

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
    keeper: 'page',
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
  const settings = { ...options }
  for (const name of ['redirectUri', 'silentRedirectUri', 'postLogoutRedirectUri'] as const) {
    const address = options[name]
    if (address === undefined) continue
    if (address.startsWith('/')) settings[name] = origin + address
    check(
      name === 'postLogoutRedirectUri' || new URL(settings[name]!).origin === origin,
      `browserClient.${name}`,
      `must be on ${origin}, where this app runs.`,
    )
  }
  const direct = resources.filter(({ via }) => via === undefined)
  const bff = options.bff && adoptAtBff(platform, options.bff.basePath)
  let holder: Holder | undefined
  let loading: Promise<Holder> | undefined

  const load = (): Promise<Holder> =>
    (loading ??= import('../oidc/engine.js').then(
      ({ createEngine, createHolder }) => {
        const hint = {
          get: () => cookies.get(HINT),
          set: (value: string) => cookies.set(HINT, value),
          remove: () => cookies.remove(HINT),
        }
        const world = { ...platform, hint, frame: (url: string) => openFrame(page, clock, url) }
        return (holder = createHolder(createEngine(settings, world), settings, direct, world))
      },
      (cause: unknown) => {
        loading = undefined
        throw new NetworkError('network_failed', 'The code for logging in could not be loaded.', { cause })
      },
    ))

  const isAnswerAt = (redirectUri: string | undefined, { origin, pathname, searchParams }: URL): boolean => {
    if (redirectUri === undefined) return false
    const expected = new URL(redirectUri)
    return (
      origin + pathname === expected.origin + expected.pathname &&
      searchParams.has('state') &&
      (searchParams.has('code') || searchParams.has('error'))
    )
  }

  const connection: BrowserConnection = {
    async restore() {
      const address = platform.address()
      // In the hidden frame: the page around it takes the answer.
      if (isAnswerAt(settings.silentRedirectUri, address) && answerFrame(page)) return new Promise(() => {})
      const isAnswer = isAnswerAt(settings.redirectUri, address)
      if (!isAnswer && holder === undefined && cookies.get(HINT) === undefined) return { type: 'absent' }
      return (await load()).restore(isAnswer)
    },
    loginUrl: async (request) => (await load()).loginUrl(request),
    renew: async (session, { demanded }) => (await load()).renew(session, demanded),
    logout(request) {
      bff?.end()
      return holder === undefined ? load().then((loaded) => loaded.logout(request)) : holder.logout(request)
    },
    renewsBefore: () => true,
    async prepare({ url, rest, headers }, { via, upstream }, session) {
      const token = (await load()).accessToken(session)
      if (via === undefined || bff === undefined) {
        headers.set('Authorization', `Bearer ${token}`)
        return url
      }
      headers.set(CSRF_HEADER, await bff.csrf(token))
      return new URL(`${options.bff!.basePath}/api/${upstream}/${rest}`, origin)
    },
    ...(bff && { lostBff: (headers: Headers) => bff.lost(headers.get(CSRF_HEADER)) }),
    forget() {
      holder?.forget()
    },
    async token() {
      if (connection.access === undefined) throw new SessionEndedError('unknown')
      const session = await connection.access()
      return (await load()).accessToken(session)
    },
  }
  return connection
}
