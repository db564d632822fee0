/** A client that is signed in, and the APIs it calls. */
import { bffClient, createSessionClient } from '../../src/index.js'
import type { Resource, SessionClient } from '../../src/index.js'
import { createWireBff, foreign } from './wire-bff.js'
import type { Answer, WireBff } from './wire-bff.js'

export const ORDERS: Resource = { url: 'https://api.test/orders/', via: 'bff', upstream: 'orders' }
export const LOCAL: Resource = { url: '/local/' }
export const DIRECT: Resource = { url: 'https://direct.test/' }
export const STEP_UP = 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="60"'

export interface SetUp {
  bff: WireBff
  client: SessionClient
  /** The requests that are none of the session client's own. */
  calls(): { method: string; url: string; headers: Headers; body: string }[]
}

export const setUp = (
  resources: Resource[] = [ORDERS, LOCAL],
  mediateTokens = false,
  signedIn?: string,
): SetUp => {
  const bff = createWireBff({ signedIn: signedIn ?? 'alice' })
  const oauth = mediateTokens
    ? bffClient({ basePath: '/bff', mediateTokens: true })
    : bffClient({ basePath: '/bff' })
  const client = createSessionClient({ oauth, resources }, bff.page)
  bff.always('GET https://direct.test/x', directApi(bff))
  const ownDoor = /\/bff\/(session|refresh|token|logout)$/
  return { bff, client, calls: () => bff.page.requests.filter(({ url }) => !ownDoor.test(url)) }
}

/** An API that takes the token of now and no older one. */
export const directApi =
  (bff: WireBff): Answer =>
  ({ headers }) => {
    const good = `Bearer token-of-${bff.session?.user.sub}-${bff.session?.access.expires_at}`
    return headers.get('authorization') === good ? foreign('{"ok":true}') : foreign('{}', 401)
  }

/** How many renewals were asked for. */
export const tokenRequests = (bff: WireBff): number =>
  bff.log().filter((line) => line === 'POST /bff/refresh').length
