import { expect, it } from 'vitest'
import { ConfigurationError } from '../../../src/errors.js'
import { createIdpSessions } from '../../../src/bff/idp-sessions/idp-sessions.js'
import type { IdpSessionsApi } from '../../../src/bff/idp-sessions/api.js'
import { silentLog } from '../../../src/bff/log.js'

function world(changes: Partial<IdpSessionsApi> = {}) {
  const steps: string[] = []
  let here = 2
  const api: IdpSessionsApi = {
    check: () => {},
    list: async () => [],
    revoke: async () => (steps.push('there'), 3),
    logout: async () => 0,
    endSso: async () => {},
    ...changes,
  }
  const end = async (): Promise<number> => (steps.push('here'), here--)
  return { steps, sessions: createIdpSessions(api, { end }, silentLog) }
}

it('ends sessions here first, then there, then those here that a login began meanwhile', async () => {
  const { steps, sessions } = world()
  expect(await sessions.revoke({ sub: 'alice' })).toEqual({ revoked: 3, ended: 3 })
  expect(steps).toEqual(['here', 'there', 'here'])
})

it('those here are over where the IDP does not answer', async () => {
  const { steps, sessions } = world({ revoke: () => Promise.reject(new Error('down')) })
  await expect(sessions.revoke({ sub: 'alice' })).rejects.toThrow('down')
  expect(steps).toEqual(['here'])
})

it('nothing is ended where the API is not configured', async () => {
  const check = (): never => {
    throw new ConfigurationError('idp.sessionsApi', 'is not set.')
  }
  const { steps, sessions } = world({ check })
  await expect(sessions.revoke({ sub: 'alice' })).rejects.toThrow(ConfigurationError)
  expect(steps).toEqual([])
})
