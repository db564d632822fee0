import type { BffOptions } from 'tandem-session/bff'
import { mosaic } from 'tandem-session/mosaic'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, POST_LOGOUT_PATHS, startIdp, type Idp } from './idp/index.js'
import {
  MOSAIC_CLIENT_SECRET,
  ORDERS_RESOURCE,
  startMosaic,
  WEB_CLIENT_ID,
  type Mosaic,
} from './mosaic/index.js'
import type { DemoLifetimes, DemoOptions } from './options.js'

/** A provider, and a BFF's options for it. */
export interface Provider {
  readonly idp: Idp
  /** Where it is the emulator. */
  readonly mosaic: Mosaic | null
  /** Origin at which it answers. */
  readonly origin: string
  readonly issuer: string
  readonly discoveryUrl: string
  readonly bff: { readonly idp: BffOptions['idp']; readonly session: { readonly idpLifetime: number } }
  close(): Promise<void>
}

/** How the script-tag page can hold tokens: `?mode=…`, kept in the address. */
export const MODES = ['bff', 'browser', 'mediated'] as const

type Lifetimes = Required<DemoLifetimes>

/** Starts the demo's own provider. @param url the app's origin */
export const startOwnProvider = async (
  options: DemoOptions,
  url: string,
  lifetimes: Lifetimes,
): Promise<Provider> => {
  const idp = await startIdp({
    port: options.idpPort ?? 0,
    appOrigins: [url],
    postLogoutUris: [...POST_LOGOUT_PATHS, ...MODES.map((mode) => `/?mode=${mode}`)],
    backchannelLogout: true,
    checkSession: true,
    ...options.idp,
    ...(options.keys !== undefined && { keys: options.keys }),
    lifetimes: {
      accessToken: lifetimes.accessToken,
      refreshToken: lifetimes.refreshToken,
      session: lifetimes.idpSession,
    },
  })
  return {
    idp,
    mosaic: null,
    origin: idp.origin,
    issuer: idp.issuer,
    discoveryUrl: `${idp.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    bff: {
      idp: {
        issuer: idp.issuer,
        clientId: BFF_CLIENT_ID,
        clientSecret: BFF_CLIENT_SECRET,
        scope: 'openid profile email offline_access orders:read orders:write',
      },
      session: { idpLifetime: lifetimes.idpSession },
    },
    close: () => idp.close(),
  }
}

/** Starts the Mosaic emulator, with lifetimes of the demo. @param url the app's origin @param host that of the app */
export const startMosaicProvider = async (
  options: DemoOptions,
  url: string,
  lifetimes: Lifetimes,
  host: string,
): Promise<Provider> => {
  const tenant = await startMosaic({ port: options.idpPort ?? 0, host, appOrigins: [url] })
  tenant.clients.update(WEB_CLIENT_ID, {
    session_expiration: lifetimes.idpSession,
    redirect_uris: [
      ...(tenant.clients.get(WEB_CLIENT_ID)?.redirect_uris ?? []),
      ...MODES.map((mode) => `${url}/?mode=${mode}`),
    ],
  })
  const resource = tenant.resources.get(ORDERS_RESOURCE)
  if (resource)
    Object.assign(resource, {
      access_token_ttl: lifetimes.accessToken,
      refresh_token_ttl: lifetimes.refreshToken,
    })
  return {
    idp: tenant.idp,
    mosaic: tenant,
    origin: tenant.baseUrl,
    issuer: tenant.issuer,
    discoveryUrl: tenant.discoveryUrl,
    bff: mosaic({
      baseUrl: tenant.baseUrl,
      issuer: tenant.issuer,
      clientId: WEB_CLIENT_ID,
      clientSecret: MOSAIC_CLIENT_SECRET,
      resource: ORDERS_RESOURCE,
      claims: { id_token: { name: null, email: null } },
      sessionExpiration: lifetimes.idpSession,
    }).bff,
    close: () => tenant.close(),
  }
}
