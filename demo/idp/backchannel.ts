import type Provider from 'oidc-provider'
import type { AdapterPayload, Client, ClientMetadata, Configuration } from 'oidc-provider'
import type { Settings } from './options.js'

/** What the library's types leave out. */
interface Notified {
  backchannelLogout(sub: string, sid: string | undefined): Promise<void>
}

/** The clients as they are registered at the moment: without an address for logout tokens where nobody is to be told. */
export const registrations = (
  clients: ReadonlyMap<string, ClientMetadata>,
  settings: Settings,
): Pick<ReadonlyMap<string, ClientMetadata>, 'get'> => ({
  get: (id) => {
    const client = clients.get(id)
    if (client === undefined || settings.backchannelLogout) return client
    const silent = { ...client }
    delete silent.backchannel_logout_uri
    delete silent.backchannel_logout_session_required
    return silent
  },
})

/** How the library calls: applications of the demo are on this machine, which its own dispatcher would refuse to reach. */
export const reaching =
  (fetch: typeof globalThis.fetch): NonNullable<Configuration['fetch']> =>
  (url, options) =>
    fetch(url, { ...options, dispatcher: undefined } as RequestInit)

/**
 * Tells every client of a session that it is over. The library does so at a logout alone, and not where an administrator ends a
 * session. Resolves when all have answered; one that cannot be told is told nothing more, as at a logout.
 */
export const tellClients = async (
  provider: Provider,
  { accountId, authorizations = {} }: AdapterPayload,
): Promise<void> => {
  const told = Object.entries(authorizations).map(async ([id, { sid }]) => {
    const client = (await provider.Client.find(id)) as (Client & Notified) | undefined
    if (client?.backchannelLogoutUri !== undefined) await client.backchannelLogout(accountId ?? '', sid)
  })
  await Promise.allSettled(told)
}
