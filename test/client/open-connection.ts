/** A connection of a page to a scripted BFF. */
import { openBff } from '../../src/client/bff-connection.js'
import type { BffConnection } from '../../src/client/bff-connection.js'
import type { Session } from '../../src/session/session.js'
import { createWireBff } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'

export const { signal } = new AbortController()
export const NO_DEMAND = { demanded: false }

export const setUp = (options: Parameters<typeof createWireBff>[0] = {}, mediated = false) => {
  const bff = createWireBff(options)
  return { bff, connection: openBff(bff.page, '/bff', mediated) }
}

/** The session it finds. */
export const restored = async (connection: BffConnection): Promise<Session> => {
  const answer = await connection.restore(signal)
  if (answer.type !== 'restored') throw new Error('no session')
  return answer.session
}

/** The CSRF header of the last request. */
export const csrfOf = (bff: WireBff): string | null | undefined =>
  bff.page.requests.at(-1)?.headers.get('x-csrf-token')
