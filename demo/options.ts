import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bff, BffOptions } from 'tandem-session/bff'
import type { IdpOptions } from './idp/index.js'

/** Everything about a running demo; all optional. Durations in seconds. */
export interface DemoOptions {
  /** Port of the app (pages and BFF); 0 takes a free one. Default 0. */
  port?: number
  /** Port of the provider; 0 takes a free one. Default 0. */
  idpPort?: number
  /** Port of the protected API; 0 takes a free one. Default 0. */
  apiPort?: number
  /**
   * The provider is the Mosaic emulator (`mosaic/`), the BFF is set up by the preset, and the page has the panel "What Mosaic does".
   * `idp` and `keys` are without effect then. Default false.
   */
  mosaic?: boolean
  /** Where the demo with Mosaic runs beside this one, started if need be: the page links to it at `/mosaic`. Default: no link. */
  mosaicBeside?: () => Promise<string>
  lifetimes?: DemoLifetimes
  /** Merged over the provider's options, e.g. `{ sid: false }`. */
  idp?: Omit<IdpOptions, 'port' | 'lifetimes' | 'keys'>
  /** Merged over the BFF's options, e.g. `{ mediateTokens: false }`. */
  bff?: Partial<BffOptions>
  /** Where sessions are kept; default `memory:`. */
  store?: NonNullable<BffOptions['store']>
  /** Server secret of the BFF, at least 32 characters; default a random one. */
  secret?: string
  /** Path of the provider's keys, made there when absent; default: in memory. */
  keys?: string
  /** By how many seconds the API takes an access token for valid after its end. Default 0. */
  apiTolerance?: number
  /** Sees every request on the app's origin first, before the BFF's doors: for faults. */
  before?: Routes
  /** Own routes on the app's origin, between the BFF's doors and the pages; what is not theirs goes on with `next`. */
  routes?: (bff: Bff) => Routes
}

/** Answers a request, or passes it on. */
export type Routes = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** How long things live, in seconds. */
export interface DemoLifetimes {
  accessToken?: number
  refreshToken?: number
  /** The session at the provider; each refresh makes it last so long again. */
  idpSession?: number
  /** The app session, when the user does nothing. */
  idle?: number
  /** The app session, whatever the user does. */
  absolute?: number
}

/** Short enough to watch: three silent refreshes in about two minutes. */
export const DEMO_LIFETIMES: Readonly<Required<DemoLifetimes>> = {
  accessToken: 60,
  refreshToken: 14 * 24 * 60 * 60,
  idpSession: 30 * 60,
  idle: 15 * 60,
  absolute: 60 * 60,
}

/** With Mosaic as provider: everything can be seen to end within a minute or two. */
export const MOSAIC_LIFETIMES: Readonly<Required<DemoLifetimes>> = {
  accessToken: 30,
  refreshToken: 14 * 24 * 60 * 60,
  idpSession: 60,
  idle: 3 * 60,
  absolute: 20 * 60,
}
