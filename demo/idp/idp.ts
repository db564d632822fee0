import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type ClientMetadata } from 'oidc-provider'
import { reaching, registrations, tellClients } from './backchannel.js'
import { checkSession } from './check-session.js'
import { demoClients } from './clients.js'
import { configurationFrom } from './configuration.js'
import { createFaults, type Faults } from './faults.js'
import { createInteractions } from './interactions.js'
import { loadKeys } from './keys.js'
import { settingsFrom, type IdpOptions, type Lifetimes, type Settings } from './options.js'
import { createStorage, type Storage } from './storage.js'
import { clientIn, readBody } from './http.js'
import { createTraffic, type Endpoint, type IdpRequest, type TokenRequest } from './traffic.js'
import { demoUsers, type IdpUser } from './users.js'

/** A running provider. Everything here may be changed and read while it runs. */
export interface Idp {
  /** Issuer identifier. */
  readonly issuer: string
  /** Where it is reached: `http://{host}:{port}` unless the option says otherwise. */
  readonly origin: string
  readonly port: number
  readonly settings: Settings
  /** `settings.lifetimes`, in seconds. */
  readonly lifetimes: Lifetimes
  /** By `sub`. */
  readonly users: Map<string, IdpUser>
  /** By client identifier. */
  readonly clients: Map<string, ClientMetadata>
  readonly faults: Faults
  /** Every request so far, oldest first, preflights left out. */
  readonly requests: IdpRequest[]
  /** Those at the token endpoint. */
  readonly tokenRequests: TokenRequest[]
  /** How many requests an endpoint had. */
  count(endpoint: Endpoint): number
  clearRequests(): void
  /** Registers the redirect URIs of one more application origin for the two demo clients. */
  addOrigin(origin: string): void
  /** As an administrator: ends the user's sessions here, and tells the clients that want to know. Returns how many. */
  endSession(sub: string): Promise<number>
  /** As an administrator: revokes the user's grants and refresh tokens. Returns how many refresh tokens. */
  revoke(sub: string): Promise<number>
  /** How many live sessions and refresh tokens there are, of one user or of all. */
  live(kind: 'Session' | 'RefreshToken', sub?: string): number
  /** Stops answering: connections are refused until `up()`. Sessions and tokens are kept. */
  down(): Promise<void>
  /** Answers again, on the same port. */
  up(): Promise<void>
  close(): Promise<void>
  /** What the library has stored. */
  readonly storage: Storage
  readonly provider: Provider
}

const registered = (clients: readonly ClientMetadata[]): [string, ClientMetadata][] =>
  clients.map((client) => {
    if (!client.client_id) throw new Error('each of `clients` needs a client_id')
    return [client.client_id, client]
  })

/** Starts the provider, in this process, and resolves when it answers. */
export const startIdp = async (options: IdpOptions = {}): Promise<Idp> => {
  const settings = settingsFrom(options)
  const users = new Map((options.users ?? demoUsers()).map((user) => [user.claims.sub, user]))
  const origins = [...(options.appOrigins ?? [])]
  const clientsOn = (list: readonly string[]) =>
    demoClients(list, options.redirectUris, options.postLogoutUris)
  const clients = new Map(registered(options.clients ?? clientsOn(origins)))
  const storage = createStorage(
    registrations(clients, settings),
    (token) => !settings.refreshTokensOutliveSession || !token.scope?.split(' ').includes('offline_access'),
    () => settings.refreshReuseWindow,
  )
  const keys = typeof options.keys === 'object' ? options.keys : await loadKeys(options.keys)
  const traffic = createTraffic()
  const faults = createFaults()

  let serve: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void = () => undefined
  const server = createServer((request, response) => void serve(request, response))
  const host = options.host ?? 'localhost'
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve((server.address() as AddressInfo).port)
      })
    })
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })

  const port = await listen(options.port ?? 0)
  const origin = options.origin ?? `http://${host}:${port}`
  const issuer = options.issuer ?? origin
  const configuration = {
    ...configurationFrom(settings, users, keys, storage, origin),
    fetch: reaching(options.fetch ?? globalThis.fetch),
  }
  const features = { ...configuration.features, ...options.features }
  const configured = { ...configuration, features }
  const provider = new Provider(issuer, options.configure?.(configured, storage) ?? configured)
  provider.proxy = true
  checkSession(provider, settings, clients)
  options.prepare?.(provider)

  provider.on('grant.success', ({ req, oidc }) => {
    traffic.detail(req, {
      grant_type: String(oidc.params?.grant_type),
      client_id: oidc.client?.clientId ?? null,
    })
    const uid = oidc.entities.RefreshToken?.sessionUid
    if (uid !== undefined && settings.refreshExtendsSession)
      storage.extendSession(uid, settings.lifetimes.session)
  })
  provider.on('grant.error', ({ req, oidc }, { error }) => {
    const { params, client } = oidc
    const clientId =
      client?.clientId ?? clientIn(req, new URLSearchParams({ client_id: String(params?.client_id ?? '') }))
    traffic.detail(req, { grant_type: String(params?.grant_type), client_id: clientId, error })
  })

  const answer = provider.callback()
  const interact = createInteractions(provider, users, settings)
  const provide = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // The library builds its addresses from the Host header; they must be the public ones.
    const { host: publicHost, protocol } = new URL(origin)
    request.headers.host = publicHost
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
    const noted = traffic.note(request, response)
    const fault = noted.method === 'OPTIONS' ? null : faults.take(noted.endpoint)
    if (fault) {
      noted.fault = fault.kind
      if (fault.kind === 'status' && noted.endpoint === 'token') {
        const form = new URLSearchParams(await readBody(request))
        traffic.detail(request, { grant_type: form.get('grant_type'), client_id: clientIn(request, form) })
      }
      if (!(await faults.apply(fault, request, response))) return
    }
    await (noted.endpoint === 'interaction' ? interact(request, response) : answer(request, response))
  }
  serve = options.front?.(provide) ?? provide

  return {
    issuer,
    origin,
    port,
    settings,
    lifetimes: settings.lifetimes,
    users,
    clients,
    faults,
    requests: traffic.requests,
    tokenRequests: traffic.tokenRequests,
    count: (endpoint) => traffic.requests.filter((request) => request.endpoint === endpoint).length,
    clearRequests: traffic.clear,
    addOrigin: (added) => {
      origins.push(added)
      for (const [id, client] of registered(clientsOn(origins))) clients.set(id, client)
    },
    endSession: async (sub) => {
      const ended = storage.endSessions(sub)
      await Promise.all(ended.map((session) => tellClients(provider, session)))
      return ended.length
    },
    revoke: async (sub) => storage.revokeGrants(sub),
    live: storage.count,
    down: stop,
    up: async () => void (await listen(port)),
    close: stop,
    storage,
    provider,
  }
}
