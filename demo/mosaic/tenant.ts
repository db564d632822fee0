import type { Clients } from './clients.js'
import type { MosaicSettings } from './options.js'
import type { Resources } from './resources.js'
import type { MosaicSession, Sessions } from './sessions.js'

/** What the parts of the emulator share. */
export interface Tenant {
  readonly id: string
  readonly settings: MosaicSettings
  readonly clients: Clients
  readonly resources: Resources
  readonly sessions: Sessions
  /** `{sub} {app_id}` of whoever has logged in to an application before. */
  readonly consents: Set<string>
}

/** Key of `consents`. */
export const consentKey = (sub: string | undefined, appId: string): string => `${sub ?? ''} ${appId}`

/** What ends together with `session`, as far as `scope` reaches: for `app` the application that asks is `appId`. */
export const reachedFrom = (
  { sessions, settings }: Tenant,
  session: MosaicSession,
  appId: string,
): MosaicSession[] =>
  sessions.live((other) => {
    if (other.userId !== session.userId) return false
    if (other.id === session.id || settings.logoutScope === 'user') return true
    return settings.logoutScope === 'app' && other.apps.has(appId)
  })
