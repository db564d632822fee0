/** A provider that issues DPoP-bound tokens alone, an API that verifies every proof, and a BFF between them. */
import { randomBytes } from 'node:crypto'
import type { ClientMetadata } from 'oidc-provider'
import { demoClients } from '../../demo/idp/clients.js'
import type { BffOptions, IdpOptions as BffIdpOptions } from '../../src/bff/options.js'
import { startBench } from '../bff/bench.js'
import type { BffBench } from '../bff/bench.js'
import { startDpopApi } from '../support/dpop-api.js'
import type { DpopApi } from '../support/dpop-api.js'
import { APP_ORIGIN, BFF_CLIENT_ID, DEMO_RESOURCE } from '../support/idp.js'
import type { Idp, IdpOptions } from '../support/idp.js'

/** A request to the provider, with its proof. */
export interface ProvenRequest {
  readonly path: string
  readonly proof: string | undefined
}

export interface DpopWorld extends BffBench {
  readonly idp: Idp
  readonly upstream: DpopApi
  /** Requests to the provider, oldest first. */
  readonly asked: ProvenRequest[]
}

/** What a test changes. */
export interface DpopChanges {
  /** Whether the provider wants its nonce in proofs. Default true. */
  readonly nonces?: boolean
  /** Whether it knows DPoP at all. Default true. */
  readonly knows?: boolean
  /** Whether the BFF's client is registered for bound tokens alone. Default true. */
  readonly demands?: boolean
  readonly idp?: IdpOptions
  readonly client?: Partial<BffIdpOptions>
  /** What else the provider knows of the BFF's client. */
  readonly registered?: Partial<ClientMetadata>
  readonly bff?: Partial<BffOptions>
}

/** Starts it for a test. */
export async function startDpopWorld({
  nonces = true,
  knows = true,
  demands = knows,
  registered = {},
  ...changes
}: DpopChanges = {}): Promise<DpopWorld> {
  const dPoP = { enabled: knows, nonceSecret: randomBytes(32), requireNonce: () => nonces }
  const clients = demoClients([APP_ORIGIN]).map((client) => ({
    ...client,
    dpop_bound_access_tokens: true,
    ...(client.client_id === BFF_CLIENT_ID && registered),
  }))
  const asked: ProvenRequest[] = []
  const upstream = await startDpopApi(DEMO_RESOURCE)
  const bench = await startBench({
    idp: {
      ...(demands && { clients }),
      ...changes.idp,
      features: { dPoP, ...changes.idp?.features },
      front: (provide) => (request, response) => {
        const proof = request.headers['dpop']
        asked.push({ path: request.url ?? '', proof: typeof proof === 'string' ? proof : undefined })
        return provide(request, response)
      },
    },
    bff: (base) => ({
      ...base,
      upstreams: { api: { url: upstream.url } },
      ...changes.bff,
      idp: { ...base.idp, dpop: true, ...changes.client },
    }),
  })
  upstream.trust(bench.idp)
  return { ...bench, upstream, asked }
}
