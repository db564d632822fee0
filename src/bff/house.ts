/** What the doors are made of. */
import type { Cookies } from './cookies.js'
import type { Csrf, CsrfClaim } from './csrf.js'
import type { Proofs } from './dpop/proofs.js'
import type { Edges } from './edges.js'
import type { IdpSessionsApi } from './idp-sessions/api.js'
import type { Idp } from './idp/idp.js'
import type { Log } from './log.js'
import type { Transactions } from './login/transactions.js'
import type { ResolvedOptions } from './options.js'
import type { Readiness } from './readiness.js'
import type { Streams } from './push/streams.js'
import type { Sessions } from './sessions/sessions.js'
import type { Vault } from './sessions/vault.js'
import type { SessionStore } from './stores/store.js'
import type { Guards, Visit } from './visit.js'

/** Everything a door may need. */
export interface House {
  readonly options: ResolvedOptions
  readonly edges: Edges
  readonly log: Log
  readonly cookies: Cookies
  readonly csrf: Csrf
  readonly guards: Guards
  readonly idp: Idp
  readonly idpSessionsApi: IdpSessionsApi
  readonly readiness: Readiness
  /** Proofs for calls with access tokens that are bound to a key. */
  readonly proofs: Proofs
  readonly sessions: Sessions
  readonly vault: Vault
  readonly streams: Streams
  readonly transactions: Transactions
  /** Rejects where the store cannot be opened. */
  store(): Promise<SessionStore>
}

/** A door: answers a request that has passed its guards. `claim`: for which session it says it was made. */
export type Door = (house: House, visit: Visit, request: Request, claim: CsrfClaim) => Promise<Response>
