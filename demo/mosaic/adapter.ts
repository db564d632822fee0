import Provider, { errors, type AdapterFactory, type AdapterPayload } from 'oidc-provider'
import type { Storage } from '../idp/storage.js'
import type { Tenant } from './tenant.js'

/** Put before an access token's identifier: the same token, for userinfo, which takes none with an audience. */
export const FOR_USERINFO = 'userinfo:'

const hasOfflineAccess = ({ scope }: AdapterPayload): boolean =>
  scope?.split(' ').includes('offline_access') ?? false

/** A revocation reaches the one token it names (RFC 7009), not what else its grant has given out. */
const isRevocation = (): boolean => Provider.ctx?.oidc.route === 'revocation'

/**
 * The library's storage, seen through Mosaic's sessions: a browser's session is there as long as Mosaic's is live, and an access
 * token without `offline_access` is good no longer than the session it was issued in.
 */
export const tenantAdapter = (storage: Storage, { sessions, settings }: Tenant): AdapterFactory => {
  const sessionHolds = (payload: AdapterPayload | undefined): AdapterPayload | undefined =>
    payload?.accountId === undefined || sessions.ofBrowser(payload.uid ?? '')?.userId === payload.accountId
      ? payload
      : undefined
  const tokenHolds = (payload: AdapterPayload | undefined): AdapterPayload | undefined =>
    payload && (hasOfflineAccess(payload) || sessions.isLive(sessions.ofGrant(payload.grantId)))
      ? payload
      : undefined

  return (kind) => {
    const inner = storage.adapter(kind)
    const find = async (id: string): Promise<AdapterPayload | undefined> => {
      if (kind !== 'AccessToken') {
        const payload = (await inner.find(id)) || undefined
        if (kind === 'Session') return sessionHolds(payload)
        // As if it had never been: whoever uses it again has lost that one token only.
        return kind === 'RefreshToken' && payload?.consumed && !settings.reuseRevokesFamily
          ? undefined
          : payload
      }
      const forUserinfo = id.startsWith(FOR_USERINFO)
      const payload = tokenHolds(
        (await inner.find(forUserinfo ? id.slice(FOR_USERINFO.length) : id)) || undefined,
      )
      return payload && forUserinfo ? { ...payload, aud: undefined } : payload
    }
    return {
      ...inner,
      find,
      findByUid: async (uid) => sessionHolds((await inner.findByUid(uid)) || undefined),
      consume: async (id) => {
        if (kind === 'RefreshToken' && !settings.reuseRevokesFamily && (await inner.find(id))?.consumed)
          throw new errors.InvalidGrant('already used')
        await inner.consume(id)
      },
      revokeByGrantId: async (grantId) => {
        if (!isRevocation()) await inner.revokeByGrantId(grantId)
      },
    }
  }
}
