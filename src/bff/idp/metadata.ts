/** The IDP as its metadata describes it (OpenID Connect Discovery §4), fetched when first needed and now and then again. */
import * as oidc from 'openid-client'
import { createNonces } from '../dpop/nonces.js'
import type { Nonces } from '../dpop/nonces.js'
import type { Edges } from '../edges.js'
import { errorEntry } from '../log.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import { clientAuth } from './client-auth.js'
import { fetchMetadata } from './discovery.js'
import { NoAnswer, wasAnswered } from './failures.js'
import { createKeys } from './keys.js'
import type { FetchedKeys, Keys } from './keys.js'
import { wire } from './wire.js'

/** The IDP, ready to be asked. */
export interface Provider {
  readonly metadata: oidc.ServerMetadata
  /** This BFF as the IDP's client, for the protocol library. */
  readonly client: oidc.Configuration
  /** The IDP's public keys. */
  readonly keys: Keys
  /** The nonces that the IDP wants in proofs of possession (RFC 9449 §8). */
  readonly nonces: Nonces
}

/** Where the metadata comes from. */
export interface MetadataSource {
  /** The provider; rejects with {@link NoAnswer} where its metadata cannot be had, and tries again at the next call. */
  get(): Promise<Provider>
  /** Resolves once the keys are known, too; rejects with why they are not. */
  reach(): Promise<void>
  /** An endpoint was not where it should be: fetches the metadata again soon, for it may have moved. */
  doubt(): void
  /** Whether the last fetch failed. */
  readonly isFailing: boolean
}

/** The provider, and keys that can be waited for. */
type Reached = Provider & { readonly keys: FetchedKeys }

/** How long metadata is used before it is fetched again, ms. */
const MAX_AGE = 60 * 60 * 1000

/** How soon after a fetch another one is made, where that one failed and older metadata serves, or where it is in doubt. ms */
const AGAIN = 30_000

/** How long metadata is not asked for where the IDP asks to wait, and does not say how long. ms */
const PAUSE = 5_000

/** Makes the source. Fetches nothing yet. */
export function createMetadataSource(
  options: ResolvedOptions['idp'],
  edges: Edges,
  log: Log,
): MetadataSource {
  const address =
    options.discoveryUrl ?? `${options.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  let known: { provider: Reached; until: number } | undefined
  let askedAt = -Infinity
  let isFailing = false
  let fetching: Promise<Reached> | undefined
  const nonces = createNonces()
  // It asked to be left alone.
  let limit: { until: number; failure: NoAnswer } | undefined

  const fetchProvider = async (): Promise<Reached> => {
    askedAt = edges.now()
    try {
      const provider = providerOf(
        await fetchMetadata(address, options, edges),
        options,
        edges,
        nonces,
        known?.provider,
      )
      known = { provider, until: edges.now() + MAX_AGE }
      isFailing = false
      return provider
    } catch (error) {
      isFailing = !(error instanceof NoAnswer && error.isLimited)
      if (known !== undefined) known.until = edges.now() + AGAIN
      if (error instanceof NoAnswer && (error.isLimited || error.retryAfter !== undefined))
        limit = { until: edges.now() + (error.retryAfter ?? PAUSE), failure: error }
      log.warn(
        { event: 'idp_metadata_failed', ...errorEntry(error) },
        wasAnswered(error) && !/_(?:limited|unavailable)$/.test(error.code)
          ? 'The IDP’s metadata cannot be used. Check idp.issuer and idp.discoveryUrl.'
          : 'The IDP’s metadata cannot be had.',
      )
      throw error
    } finally {
      fetching = undefined
    }
  }

  const get = async (): Promise<Reached> => {
    if (known !== undefined && edges.now() < known.until) return known.provider
    if (limit !== undefined && edges.now() < limit.until) {
      if (known === undefined) throw limit.failure
      return known.provider
    }
    fetching ??= fetchProvider()
    if (known === undefined) return fetching
    // What was known serves until there is something newer, also while the IDP does not answer.
    fetching.catch(() => {})
    return known.provider
  }
  return {
    get,
    reach: async () => (await get()).keys.ready(),
    doubt() {
      if (known !== undefined && edges.now() >= askedAt + AGAIN) known.until = -Infinity
    },
    get isFailing() {
      return isFailing
    },
  }
}

function providerOf(
  metadata: oidc.ServerMetadata,
  options: ResolvedOptions['idp'],
  edges: Edges,
  nonces: Nonces,
  before: Reached | undefined,
): Reached {
  const { clientId, clockTolerance, timeout } = options
  const client = new oidc.Configuration(
    metadata,
    clientId,
    { [oidc.clockTolerance]: clockTolerance },
    clientAuth(options, metadata, edges.now),
  )
  const { token_endpoint } = metadata
  const href = (address: string | undefined): string | undefined => address && new URL(address).href
  client[oidc.customFetch] = wire(
    edges,
    href(token_endpoint),
    href(metadata.pushed_authorization_request_endpoint),
    nonces,
  )
  client.timeout = timeout
  // `isSecure` has let http through on this machine only.
  oidc.allowInsecureRequests(client)
  const isSame = before?.metadata.jwks_uri === metadata.jwks_uri
  const keys =
    isSame && before !== undefined ? before.keys : createKeys(metadata.jwks_uri ?? '', timeout, edges)
  return { metadata, client, keys, nonces }
}
