// Where a server renders there is no page.
// @vitest-environment node
import { describe, expect, it, vi } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'

describe('on a server', () => {
  const client = createSessionClient({
    oauth: bffClient({ basePath: '/bff' }),
    resources: [{ url: '/api/' }],
  })

  it('there is no document', () => expect(typeof document).toBe('undefined'))

  it('a client shows loading, and starting settles with it', async () => {
    expect(client.getState()).toEqual({ status: 'loading' })
    expect(await client.start()).toEqual({ status: 'loading' })
    expect(await client.checkSession()).toBeNull()
  })

  it('listeners hear nothing, and stop', () => {
    const heard = vi.fn<(...heard: unknown[]) => void>()
    client.subscribe(heard)()
    client.on('error', heard)()
    client.stop()
    expect(heard).not.toHaveBeenCalled()
  })

  it.each<[string, () => Promise<unknown>]>([
    ['login', () => client.login()],
    ['logout', () => client.logout()],
    ['require', () => client.require({})],
    ['refresh', () => client.refresh()],
    ['fetch', () => client.fetch('/api/')],
  ])('%s rejects', async (_, act) => {
    await expect(act()).rejects.toMatchObject({ code: 'session_ended', message: 'There is no page here.' })
  })
})
