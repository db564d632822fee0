/** A BFF in front of the real provider, its client registered for one way of authentication and protection, and what the two say to each other. */
import type { ClientMetadata } from 'oidc-provider'
import type { IdpOptions as ProviderOptions } from '../../demo/idp/index.js'
import { demoClients } from '../../demo/idp/clients.js'
import type { IdpOptions } from '../../src/bff/options.js'
import { APP_ORIGIN, BFF_CLIENT_ID } from '../support/idp.js'
import { startBench } from '../bff/bench.js'
import type { BffBench } from '../bff/bench.js'
import type { Idp } from '../support/idp.js'

export { BFF_CLIENT_ID } from '../support/idp.js'
export { ORIGIN } from '../bff/bench.js'

/** A request of the BFF to the provider. */
export interface Asked {
  readonly path: string
  readonly headers: Headers
  readonly body: URLSearchParams
}

/** What a world begins with. */
export interface ProtectedOptions {
  /** How the client is registered, over its usual registration; `undefined` takes a member away. */
  readonly client?: Readonly<Record<string, unknown>> | undefined
  /** The provider's features, as its library has them. */
  readonly features?: NonNullable<ProviderOptions['features']>
  readonly provider?: Omit<ProviderOptions, 'features' | 'clients'>
  /** `idp` of the BFF, over the usual; a client without a secret has none. */
  readonly idp?: Partial<IdpOptions>
}

/** Starts it. */
export async function startProtected(
  options: ProtectedOptions = {},
): Promise<BffBench & { readonly idp: Idp; readonly asked: Asked[] }> {
  const clients = demoClients([APP_ORIGIN]).map((client) => {
    if (client.client_id !== BFF_CLIENT_ID) return client
    const members = Object.entries({ ...client, ...options.client }).filter(
      ([, value]) => value !== undefined,
    )
    return Object.fromEntries(members) as ClientMetadata
  })
  const asked: Asked[] = []
  const bench = await startBench({
    idp: { ...options.provider, clients, features: options.features ?? {} },
    bff: (base) => {
      const { clientSecret, ...others } = base.idp
      const hasSecret = clients.some(
        (one) => one.client_id === BFF_CLIENT_ID && one.client_secret !== undefined,
      )
      const idp = hasSecret && clientSecret !== undefined ? { ...others, clientSecret } : others
      return { ...base, idp: { ...idp, ...options.idp } }
    },
    edges: {
      fetch: (input, init) => {
        const body = new URLSearchParams(String(init?.body ?? ''))
        asked.push({ path: new URL(String(input)).pathname, headers: new Headers(init?.headers), body })
        return fetch(input, init)
      },
    },
  })
  return { ...bench, asked }
}
