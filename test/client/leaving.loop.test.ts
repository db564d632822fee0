import { describe, expect, it, vi } from 'vitest'
import { CallbackError, bffClient, createSessionClient } from '../../src/index.js'
import type { SessionClient } from '../../src/index.js'
import { open, setUp } from './open-client.js'
import type { WireBff } from './wire-bff.js'

describe('a login loop', () => {
  /** Logs in and comes back signed in, without the session ever being used. */
  const goRound = async (bff: WireBff): Promise<SessionClient> => {
    const client = open(bff)
    await client.start()
    await client.login()
    bff.signIn('alice')
    bff.reload()
    return client
  }

  it('stops after three returns within 60 s, with a typed error', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) await goRound(bff)
    const client = open(bff)
    await client.start()
    const heard = vi.fn<(...heard: unknown[]) => void>()
    client.on('error', heard)
    const refused = client.login()
    await expect(refused).rejects.toBeInstanceOf(CallbackError)
    await expect(refused).rejects.toMatchObject({ code: 'login_loop' })
    expect(heard).toHaveBeenCalledTimes(1)
    expect(bff.page.left).toEqual([])
  })

  it('stops after three logins that failed, and the state says so', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) {
      const page = bff.reload('/a?login_error=server_error')
      await createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, page).start()
    }
    const client = open(bff)
    await client.start()
    await expect(client.login()).rejects.toMatchObject({ code: 'login_loop' })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', error: { code: 'login_loop' } })
  })

  it('stops after three step-ups that failed', async () => {
    const { bff } = setUp({ signedIn: 'alice' })
    for (const _ of [1, 2, 3]) {
      bff.reload('/a?login_error=access_denied')
      await open(bff).start()
    }
    await expect(open(bff).require({ acr: 'mfa' })).rejects.toMatchObject({ code: 'login_loop' })
  })

  it('is none once a minute has passed', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) await goRound(bff)
    bff.page.advance(60_001)
    const client = open(bff)
    await client.start()
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })

  it('is none where the session was used in between', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) await goRound(bff)
    const client = createSessionClient(
      { oauth: bffClient({ basePath: '/bff' }), resources: [{ url: '/api/', via: 'bff', upstream: 'a' }] },
      bff.page,
    )
    expect((await client.fetch('/api/x')).status).toBe(200)
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })

  it('is none where the user logged out in between', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) await goRound(bff)
    const client = open(bff)
    await client.start()
    await client.logout({ scope: 'app' })
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })

  it('is not counted by reloads, nor by logins that never came back', async () => {
    const { bff } = setUp({ signedIn: 'alice' })
    for (const _ of [1, 2, 3, 4]) {
      const client = open(bff)
      await client.start()
      await client.login()
      bff.reload()
    }
    const client = open(bff)
    await client.start()
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })
})
