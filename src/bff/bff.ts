/** `createBff`: the backend-for-frontend (RFC 10017 §6.1) as a function from `Request` to `Response`, and what belongs to it. */
import { ConfigurationError } from '../errors.js'
import type { Criteria } from '../session/session.js'
import { createAdministration } from './administration.js'
import type { Administration } from './administration.js'
import { finish, writable } from './answers.js'
import { TANDEM_HEADER, doors } from '../protocol.js'
import { settleCaching } from './caching.js'
import { createCookies } from './cookies.js'
import { createCore } from './core.js'
import { createCsrf } from './csrf.js'
import { doorNames } from './door-names.js'
import { createProofs } from './dpop/proofs.js'
import { systemEdges } from './edges.js'
import type { Edges } from './edges.js'
import { createHub } from './hub.js'
import { createIdpSessionsApi } from './idp-sessions/api.js'
import { createIdpSessions } from './idp-sessions/idp-sessions.js'
import type { IdpSessions } from './idp-sessions/idp-sessions.js'
import { bounded } from './idp/bounded.js'
import { createIdp } from './idp/idp.js'
import { idpOrigins } from './idp/origins.js'
import { silentLog } from './log.js'
import { createTransactions } from './login/transactions.js'
import { createMac } from './mac.js'
import { nodeAdapter } from './node/adapter.js'
import type { NodeAdapter } from './node/adapter.js'
import type { Peer } from './node/core.js'
import type { BffOptions, PresetBffOptions, ResolvedOptions } from './options.js'
import type { RouteContext } from './route.js'
import { createReadiness } from './readiness.js'
import { createSealing } from './sealing.js'
import { createSessions } from './sessions/sessions.js'
import { createVault } from './sessions/vault.js'
import { createStreams } from './push/streams.js'
import { counted } from './stores/counted.js'
import { openStore } from './stores/open.js'
import type { SessionStore } from './stores/store.js'
import { watched } from './stores/watched.js'
import { startSweep } from './sweep.js'
import { disconnect } from './upstream/forward.js'
import { createGuards } from './visit.js'
import { validateCriteria, validateOptions } from './validate.js'

/** An own route: answers a request of a user who is signed in. */
export type RouteHandler = (request: Request, context: RouteContext) => Response | Promise<Response>

/** What is known of a request beside itself. */
export interface RequestOrigin {
  /**
   * The other end of its connection, as the runtime tells it (Deno: `info.remoteAddr.hostname`): a `Request` does not say. Needed with
   * `trustedProxies` and `session.bindTo.ip`.
   */
  readonly clientAddress?: string | null
}

/**
 * Answers a request. Rejects with a `ConfigurationError` where the options need the client's address, and it is not given. What a runtime
 * gives as a second argument of its own does no harm.
 */
export interface FetchHandler {
  (request: Request): Promise<Response>
  (request: Request, from: RequestOrigin): Promise<Response>
}

/** A backend-for-frontend. */
export interface Bff {
  /** Answers a request to a door: for Hono, Deno, Bun, Workers. */
  readonly fetch: FetchHandler
  /** The same for node:http, Express and Fastify. */
  readonly node: NodeAdapter
  /**
   * Puts an own route behind the session, in Fetch style. A stranger's visit is sent to log in, anything else gets a 401.
   * Throws a `ConfigurationError` for criteria that are none.
   */
  protect(handler: RouteHandler, criteria?: Criteria): FetchHandler
  /** For administrators. */
  readonly sessions: Administration
  /** The sessions at the IDP, for administrators: where it has an API for them (`idp.sessionsApi`). */
  readonly idpSessions: IdpSessions
  /**
   * Resolves when the store is there to be asked; rejects with why it cannot be: a file that cannot be opened. Redis is not waited for, nor is
   * the IDP: whether they answer is what `GET /readyz` says. Nothing needs to wait for this: the doors do.
   */
  readonly ready: Promise<void>
  /** Ends the event streams, lets go of timers, connections and the store it opened; waits for what is being written. */
  close(): Promise<void>
}

/**
 * Makes a BFF. Throws a `ConfigurationError` that names every option that is wrong. Asks neither the IDP nor the store for anything
 * before it is needed, by a request: the first `GET /readyz` is one. `edges` replace parts of the outside world, in tests.
 */
export function createBff(options: BffOptions | PresetBffOptions, edges: Partial<Edges> = {}): Bff {
  const resolved = validateOptions(options)
  const { log = silentLog } = options
  const world: Edges = { ...systemEdges, ...edges }
  const { origin, basePath, secrets, upstreams } = resolved

  const opened = openStore(resolved.store, world)
  const ready = opened.then(() => {})
  // Told to whoever asks; nobody may, before the first request.
  ready.catch(() => world.metrics.storeError('open'))
  const hub = createHub(async () => (await opened).store, world, log)
  let told: SessionStore | undefined
  // Whatever is written, here or by a request, is news.
  const store = async (): Promise<SessionStore> =>
    (told ??= watched(counted((await opened).store, world.metrics.storeError), hub.publish))
  const working = new Set<Promise<unknown>>()
  const background = (work: Promise<unknown>): void => {
    const settled = work.catch(() => {}).finally(() => working.delete(settled))
    working.add(settled)
  }

  const sealing = createSealing(secrets, world)
  const toIdp: Edges = { ...world, fetch: bounded(world.fetch) }
  const idp = createIdp(resolved, origin + basePath + doors.callback, toIdp, log)
  const idpSessionsApi = createIdpSessionsApi(resolved, toIdp)
  const vault = createVault(sealing)
  const cookies = createCookies(resolved.session.cookie)
  const csrf = createCsrf(createMac(secrets, 'csrf'))
  const upSince = world.now()
  const parts = { options: resolved, edges: world, log, idp, vault, upSince, store, background }
  const sessions = createSessions(parts)
  const readiness = createReadiness({ idp, store, edges: world, log })
  const streams = createStreams({ hub, sessions, edges: world, log })
  const core = createCore({
    options: resolved,
    edges: world,
    log,
    cookies,
    csrf,
    guards: createGuards({
      ...{ origin, csrf, cookies, log, now: world.now },
      nameOf: doorNames({ basePath, upstreams: upstreams.keys() }),
      isLive: async (cookie, request) => (await sessions.find(cookie, request)).state === 'live',
    }),
    idp,
    idpSessionsApi,
    readiness,
    proofs: createProofs(world),
    sessions,
    vault,
    streams,
    transactions: createTransactions(sealing, cookies, world),
    store,
  })
  const administration = createAdministration(sessions, world)
  const stopSweep = startSweep(store, world, log)
  const { sameSite, maxAge, isSecure } = resolved.session.cookie
  if (sameSite === 'None' || maxAge !== null || !isSecure)
    log.warn(
      { event: 'unsafe_cookies', same_site: sameSite, max_age: maxAge, secure: isSecure },
      'Cookies are set as they must not be in production: see session.cookie.',
    )

  const needsAddress = resolved.trustedProxies !== null || resolved.session.bindTo.ip !== false
  const peerOf = (from: unknown): Peer => {
    const given = typeof from === 'object' && from !== null ? (from as RequestOrigin).clientAddress : null
    const clientAddress = typeof given === 'string' ? given : null
    if (clientAddress === null && needsAddress) throw withoutAddress(resolved)
    return { clientAddress }
  }

  return {
    fetch: async (request: Request, from?: unknown) => core.fetch(request, peerOf(from)),
    node: nodeAdapter(core, { idp: idpOrigins(resolved.idp), mediatesTokens: resolved.mediateTokens }),
    protect(handler, criteria = {}) {
      const demanded = validateCriteria(criteria)
      return async (request: Request, from?: unknown) => {
        const admitted = await core.admitRoute(request, demanded, peerOf(from))
        if (admitted instanceof Response) return admitted
        const answer = writable(await handler(request, admitted.context))
        // Only the BFF speaks for itself.
        answer.headers.delete(TANDEM_HEADER)
        settleCaching(answer.headers, admitted.cookies.length > 0)
        return finish(answer, admitted.requestId, admitted.cookies)
      }
    },
    sessions: administration,
    idpSessions: createIdpSessions(idpSessionsApi, administration, log),
    ready,
    async close() {
      stopSweep()
      readiness.close()
      idp.close()
      streams.close()
      hub.close()
      await Promise.all(working)
      await disconnect(upstreams.values())
      await opened.then(
        ({ store: one, own }) => (own ? one.close() : undefined),
        () => {},
      )
    },
  }
}

const withoutAddress = ({ trustedProxies }: ResolvedOptions): ConfigurationError =>
  trustedProxies === null
    ? new ConfigurationError(
        'session.bindTo.ip',
        'needs the address of the client, and a Request does not say it. Call fetch(request, { clientAddress }) with what the runtime tells, mount bff.node, or set ip to false.',
      )
    : new ConfigurationError(
        'trustedProxies',
        'needs to know who is at the other end of the connection, and a Request does not say it. Call fetch(request, { clientAddress }) with what the runtime tells, mount bff.node, or remove trustedProxies.',
      )
