import { describe, expect, it } from 'vitest'
import { createStorage } from '../../demo/idp/storage.js'

const storageOf = (bound = true) =>
  createStorage(new Map([['app', { client_id: 'app', redirect_uris: [] }]]), () => bound)

describe('a token used twice at the same moment', () => {
  it('is refused the second time, and its family is gone', async () => {
    const { adapter } = storageOf()
    const tokens = adapter('RefreshToken')
    await adapter('Grant').upsert('g1', { jti: 'g1', accountId: 'alice' }, 60)
    await adapter('Grant').upsert('g2', { jti: 'g2', accountId: 'alice' }, 60)
    await tokens.upsert('t1', { jti: 't1', grantId: 'g1', accountId: 'alice' }, 60)
    await tokens.upsert('t2', { jti: 't2', grantId: 'g1', accountId: 'alice' }, 60)
    await tokens.consume('t1')
    await expect(tokens.consume('t1')).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(await tokens.find('t2')).toBeUndefined()
    expect(await adapter('Grant').find('g1')).toBeUndefined()
    expect(await adapter('Grant').find('g2')).toBeDefined()
  })
})

describe('a token bound to a session', () => {
  const stored = async (bound: boolean) => {
    const storage = storageOf(bound)
    await storage.adapter('Session').upsert('s1', { jti: 's1', uid: 'u1', accountId: 'alice' }, 60)
    await storage
      .adapter('RefreshToken')
      .upsert('t1', { jti: 't1', sessionUid: 'u1', accountId: 'alice' }, 60)
    return storage
  }
  const found = async ({ adapter }: Awaited<ReturnType<typeof stored>>) =>
    (await adapter('RefreshToken').find('t1')) !== undefined

  it('is gone with the session', async () => {
    const storage = await stored(true)
    expect(await found(storage)).toBe(true)
    expect(storage.endSessions('bob')).toEqual([])
    expect(storage.endSessions('alice')).toMatchObject([{ accountId: 'alice' }])
    expect(await found(storage)).toBe(false)
  })

  it('is gone when another user takes the session over', async () => {
    const storage = await stored(true)
    await storage.adapter('Session').upsert('s1', { jti: 's1', uid: 'u1', accountId: 'bob' }, 60)
    expect(await found(storage)).toBe(false)
  })

  it('unless it is not bound', async () => {
    const storage = await stored(false)
    storage.endSessions('alice')
    expect(await found(storage)).toBe(true)
  })
})

it('looks clients up in the registry', async () => {
  const { adapter } = storageOf()
  expect(await adapter('Client').find('app')).toMatchObject({ client_id: 'app' })
  expect(await adapter('Client').find('other')).toBeUndefined()
})
