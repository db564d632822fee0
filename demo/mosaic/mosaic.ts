import { loadKeys, startIdp, type Idp } from '../idp/index.js'
import { tellClients } from '../idp/backchannel.js'
import { createApi, sessionsOf, type Api, type SessionRecord } from './api.js'
import { observeAuthorizations } from './authorization.js'
import { createBackendSessions, type BackendTokens } from './backend.js'
import { createClients, metadataOf, type Clients } from './clients.js'
import { createClock, type Clock } from './clock.js'
import { tenantConfiguration, tenantFeatures } from './configuration.js'
import {
  ADMIN_CLIENT_ID,
  demoResources,
  demoTenantClients,
  redirectUrisOn,
  WEB_CLIENT_ID,
} from './demo-tenant.js'
import { LONGEST_SESSION } from './durations.js'
import { createFront, MOUNT } from './front.js'
import { createLimits, type Limits } from './limits.js'
import { DEFAULT_SETTINGS, US_ISSUER, type MosaicOptions, type MosaicSettings } from './options.js'
import { observeLogouts, shapeAnswers } from './observe.js'
import { createResources, type Resources } from './resources.js'
import { createSessions, type MosaicSession } from './sessions.js'
import type { Tenant } from './tenant.js'
import { createVerifier } from './tokens.js'

/** A running tenant. Everything here may be changed and read while it runs. */
export interface Mosaic extends Limits {
  /** The provider underneath: its users, faults and requests. */
  readonly idp: Idp
  /** The API host, e.g. `http://localhost:1234`. */
  readonly baseUrl: string
  /** Where it listens on this machine; the API host unless `origin` says otherwise. */
  readonly local: string
  /** Another origin than `baseUrl`, where nothing answers. */
  readonly issuer: string
  readonly discoveryUrl: string
  /** `tid` of the tokens. */
  readonly tenantId: string
  readonly settings: MosaicSettings
  readonly clients: Clients
  readonly resources: Resources
  readonly clock: Clock
  /** Faults and requests of Mosaic's own API; those of the OpenID Connect endpoints are the provider's. */
  readonly api: Pick<Api, 'faults' | 'requests'>
  /** The live sessions of a user, as the sessions API lists them. */
  sessions(sub: string): SessionRecord[]
  /** Ends a user's sessions, or one of them by its identifier, as if they had run out: their tokens are left. Returns how many. */
  endSessions(sub: string, sessionId?: string): Promise<number>
  /** Logs a user in through a backend API: a session of the other stack, which no frontend session knows of. */
  backendLogin(sub: string, clientId?: string): Promise<BackendTokens>
  /** An access token of a client for itself (client_credentials). Default: the administrator's. */
  clientToken(clientId?: string): Promise<string>
  /** Registers the redirect URIs of one more application origin for the demo clients. */
  addOrigin(origin: string): void
  /** Stops answering, and answers again on the same port; sessions and tokens are kept. */
  down(): Promise<void>
  up(): Promise<void>
  /** Stops for good, and takes back what the clock was moved. */
  close(): Promise<void>
}

/** The library's own sessions and grants outlast Mosaic's, which decide. */
const AMPLE = LONGEST_SESSION * 10

/** Starts the emulator, in this process, and resolves when it answers. */
export const startMosaic = async (options: MosaicOptions = {}): Promise<Mosaic> => {
  const settings: MosaicSettings = { ...DEFAULT_SETTINGS, ...options.settings }
  const issuer = options.issuer ?? US_ISSUER
  const keys = typeof options.keys === 'object' ? options.keys : await loadKeys(options.keys)
  const origins = [...(options.appOrigins ?? [])]
  // What is made before the provider reaches it through this.
  const underneath: { idp?: Idp } = {}
  const resources = createResources()
  for (const resource of options.resources ?? demoResources()) resources.add(resource)
  const clients = createClients((client) => underneath.idp?.clients.set(client.client_id, metadataOf(client)))
  for (const client of options.clients ?? demoTenantClients(origins)) clients.add(client)
  const sessions = createSessions()
  const tenant: Tenant = {
    id: options.tenantId ?? 'tandem-tenant',
    settings,
    clients,
    resources,
    sessions,
    consents: new Set(),
  }
  const clock = createClock()
  const verify = await createVerifier(keys, issuer)
  const provider = (): Idp => {
    if (!underneath.idp) throw new Error('the provider has not started yet')
    return underneath.idp
  }

  const end = async (ended: readonly MosaicSession[]): Promise<void> => {
    const browsers = new Set(
      ended
        .filter((session) => sessions.ofBrowser(session.browser) === session)
        .map(({ browser }) => browser),
    )
    sessions.end(ended)
    const { provider: library, storage } = provider()
    const found = storage.select('Session', ({ uid }) => browsers.has(uid ?? ''))
    storage.remove('Session', ({ uid }) => browsers.has(uid ?? ''))
    if (settings.backchannelLogout)
      await Promise.all(found.map(([, session]) => tellClients(library, session)))
  }
  const revoke = async (ended: readonly MosaicSession[]): Promise<void> => {
    const { storage } = provider()
    for (const kind of ['AccessToken', 'AuthorizationCode', 'RefreshToken'])
      storage.remove(kind, ({ grantId }) => ended.some((session) => sessions.ofGrant(grantId) === session))
  }
  const backend = createBackendSessions(tenant, issuer, keys, () => provider().users)
  const api = createApi({ tenant, verify, backend, storage: () => provider().storage, end, revoke })

  const started = await startIdp({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    ...(options.users === undefined ? {} : { users: options.users }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    issuer,
    keys,
    clients: clients.list().map(metadataOf),
    offlineAccessNeedsConsent: true,
    refreshTokensOutliveSession: true,
    refreshExtendsSession: false,
    lifetimes: { session: AMPLE, grant: AMPLE },
    features: tenantFeatures(tenant),
    configure: (configuration, storage) =>
      tenantConfiguration(configuration, storage, tenant, () => provider().users),
    prepare: (library) => {
      observeAuthorizations(library, tenant)
      observeLogouts(library, tenant, { end, revoke })
      shapeAnswers(library, settings)
    },
    front: (provide) =>
      createFront(
        verify,
        api.answer,
      )(async (request, response) => {
        const { emitSid, backchannelLogout, password, refreshReuseWindow } = settings
        Object.assign(provider().settings, { sid: emitSid, backchannelLogout, password, refreshReuseWindow })
        await provide(request, response)
      }),
  })
  underneath.idp = started

  const baseUrl = started.origin
  const local = `http://${options.host ?? 'localhost'}:${started.port}`
  return {
    idp: started,
    baseUrl,
    local,
    issuer,
    discoveryUrl: `${baseUrl}${MOUNT}/.well-known/openid-configuration`,
    tenantId: tenant.id,
    settings,
    clients,
    resources,
    clock,
    api,
    sessions: (sub) => sessionsOf(tenant, sub),
    endSessions: async (sub, sessionId) => {
      const ended = sessions.live(
        ({ id, userId }) => userId === sub && (sessionId === undefined || id === sessionId),
      )
      await end(ended)
      return ended.length
    },
    ...createLimits(started.faults, api.faults),
    backendLogin: (sub, clientId = WEB_CLIENT_ID) => backend.login(sub, clientId),
    clientToken: async (clientId = ADMIN_CLIENT_ID) => {
      const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId })
      form.set('client_secret', clients.get(clientId)?.client_secret ?? '')
      const answer = await fetch(`${local}/oidc/token`, {
        method: 'POST',
        body: form,
      })
      const { access_token: token, error }: { access_token?: string; error?: string } = await answer.json()
      if (token === undefined) throw new Error(`no token for client "${clientId}": ${error ?? answer.status}`)
      return token
    },
    addOrigin: (origin) => {
      origins.push(origin)
      for (const { client_id: id } of demoTenantClients(origins)) {
        if ((clients.get(id)?.redirect_uris ?? null) !== null)
          clients.update(id, { redirect_uris: redirectUrisOn(origins) })
      }
    },
    down: started.down,
    up: started.up,
    close: async () => {
      clock.reset()
      await started.close()
    },
  }
}
