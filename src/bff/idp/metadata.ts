/** The IDP as its metadata describes it (OpenID Connect Discovery §4), fetched when first needed and now and then again. */
import type { JWTVerifyGetKey } from 'jose'
import * as oidc from 'openid-client'
import { DPOP_ALGORITHM } from '../dpop/key.js'
import { createNonces } from '../dpop/nonces.js'
import type { Nonces } from '../dpop/nonces.js'
import type { Edges } from '../edges.js'
import { errorEntry } from '../log.js'
import type { Log } from '../log.js'
import type { ResolvedOptions } from '../options.js'
import { clientAuth } from './client-auth.js'
import { NoAnswer } from './failures.js'
import { createKeys } from './keys.js'
import type { Keys } from './keys.js'
import { retryAfterOf } from './verdict.js'
import { wire } from './wire.js'

/** The IDP, ready to be asked. */
export interface Provider {
  readonly metadata: oidc.ServerMetadata
  /** This BFF as the IDP's client, for the protocol library. */
  readonly client: oidc.Configuration
  /** The IDP's public keys. */
  readonly keys: JWTVerifyGetKey
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
type Reached = Provider & { readonly keys: Keys }

/** How long metadata is used before it is fetched again, ms. */
const MAX_AGE = 60 * 60 * 1000

/** How soon after a fetch another one is made, where that one failed and older metadata serves, or where it is in doubt. ms */
const AGAIN = 30_000

/** How long metadata is not asked for where the IDP asks to wait, and does not say how long. ms */
const PAUSE = 5_000

/** Algorithms of signatures that only the IDP can make: never `none`, never an HMAC. */
export const SIGNATURES: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** What is asked, or where browsers are sent: nothing of it goes over a line that anybody may read. */
const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'end_session_endpoint',
  'pushed_authorization_request_endpoint',
] as const

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
      if (error instanceof NoAnswer && error.isLimited)
        limit = { until: edges.now() + (error.retryAfter ?? PAUSE), failure: error }
      log.warn({ event: 'idp_metadata_failed', ...errorEntry(error) }, 'The IDP’s metadata cannot be had.')
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

async function fetchMetadata(
  address: string,
  { issuer, timeout, dpop }: ResolvedOptions['idp'],
  edges: Edges,
): Promise<oidc.ServerMetadata> {
  const failed = (why: string, cause?: unknown): NoAnswer =>
    new NoAnswer(`The metadata of the IDP cannot be used: ${why}. Check idp.issuer and idp.discoveryUrl.`, {
      lost: false,
      isOutage: true,
      cause,
    })
  let answered: unknown
  try {
    const answer = await edges.fetch(address, {
      headers: { Accept: 'application/json' },
      redirect: 'follow',
      signal: AbortSignal.timeout(timeout * 1000),
    })
    if (answer.status === 429) {
      const retryAfter = retryAfterOf(answer.headers.get('retry-after'), edges.now())
      throw new NoAnswer('The IDP asks to wait with its metadata.', {
        lost: false,
        isLimited: true,
        retryAfter,
      })
    }
    if (!answer.ok) throw failed(`it was answered ${answer.status}`)
    answered = await answer.json()
  } catch (error) {
    throw error instanceof NoAnswer ? error : failed('there was no answer', error)
  }
  // Some providers name what they do not have.
  const told = Object.entries(Object(answered)).filter(([, value]) => value !== null && value !== '')
  const metadata = Object.fromEntries(told) as Partial<oidc.ServerMetadata>
  if (metadata.issuer !== issuer) throw failed('it belongs to another issuer')
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const)
    if (typeof metadata[name] !== 'string') throw failed(`it has no ${name}`)
  for (const name of endpoints)
    if (metadata[name] !== undefined && !isSecure(metadata[name])) throw failed(`its ${name} is not https`)
  // RFC 9449 §5.1. Where it does not say, its answers do.
  if (dpop && metadata.dpop_signing_alg_values_supported?.includes(DPOP_ALGORITHM) === false)
    throw failed(`it takes no proofs signed with ${DPOP_ALGORITHM}, and idp.dpop is set`)
  return { id_token_signing_alg_values_supported: [...SIGNATURES], ...metadata, issuer }
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

/** Whether an address is https, or on this machine. */
function isSecure(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, hostname } = new URL(value)
  if (protocol === 'https:') return true
  return protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.localhost)$/.test(hostname)
}
