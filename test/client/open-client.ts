/** A client on a page in front of a scripted BFF, not started. */
import { expect } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import type {
  BffClient,
  SessionClient,
  SessionClientOptions,
  SessionEvents,
  SessionState,
} from '../../src/index.js'
import { createWireBff } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'

export const open = (bff: WireBff, options: Partial<SessionClientOptions> = {}): SessionClient<BffClient> =>
  createSessionClient({ ...options, oauth: bffClient({ basePath: '/bff' }) }, bff.page)

export const setUp = (
  options: Parameters<typeof createWireBff>[0] = {},
  more: Partial<SessionClientOptions> = {},
) => {
  const bff = createWireBff(options)
  return { bff, client: open(bff, more) }
}

/** Where the page is left for to log in, up to the address to come back to. */
export const ON_ITS_WAY = 'https://app.test/bff/login?return_to='

/** The names of the facts it tells from now on. */
export const facts = (client: SessionClient): string[] => {
  const heard: string[] = []
  const types: (keyof SessionEvents)[] = [
    'authenticated',
    'refreshed',
    'refresh-failed',
    'idp-session-ended',
    'expiring',
    'ended',
    'error',
  ]
  for (const type of types) client.on(type, () => void heard.push(type))
  return heard
}

/** Waits for a state. */
export const statusOf = async (client: SessionClient, status: SessionState['status']): Promise<void> =>
  expect.poll(() => client.getState().status).toBe(status)
