import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { redisStore } from '../../../src/bff/stores/redis.js'
import { redisAddress } from '../../../src/bff/stores/redis-address.js'
import { redisClients } from '../../../src/bff/stores/redis-clients.js'
import type { SessionRecord } from '../../../src/bff/stores/store.js'
import { freePort } from '../../support/free-port.js'
import { startRedis, startSentinel } from '../../support/redis.js'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
const owned = <Part extends { close(): Promise<unknown> }>(part: Part): Part => {
  ends.push(() => part.close())
  return part
}

const record: SessionRecord = {
  ...{ key: 'k', version: 1, ref: 'r', subject: 'alice', idpSession: null, userAgent: '' },
  ...{ startedAt: 0, usedAt: 0, expiresAt: 9e12, lease: null, idpEnded: null, sealed: '' },
}

describe('over TLS', () => {
  const file = (name: string): string =>
    fileURLToPath(new URL(`../../support/tls/test-only.${name}.pem`, import.meta.url))

  it('a server is trusted whose certificate is known, and no other', async () => {
    const tls = await freePort()
    const files = ['--tls-cert-file', file('cert'), '--tls-key-file', file('key'), '--tls-auth-clients', 'no']
    owned(await startRedis(['--tls-port', String(tls), ...files]))
    const ca = await readFile(file('cert'))
    const url = `rediss://127.0.0.1:${tls}`
    const trusting = owned(redisStore(url, { tls: { ca, servername: 'redis.tandem.test' } }))
    expect(await trusting.create(record)).toBe(true)
    const told = vi.fn()
    const news = trusting.news?.({ told, missed() {} })
    await vi.waitFor(() => expect(news?.live).toBe(true))
    await trusting.replace(record, 1)
    await vi.waitFor(() => expect(told).toHaveBeenCalledWith('k'))

    const strange = owned(redisStore(url))
    await expect(strange.get('k')).rejects.toMatchObject({ code: expect.stringMatching(/CERT|SELF_SIGNED/) })
  })
})

describe('behind sentinels', () => {
  it('the sessions go on at the replica once the primary is gone, and news come from there', async () => {
    const primary = owned(await startRedis())
    const replica = owned(await startRedis(['--replicaof', '127.0.0.1', String(primary.port)]))
    await vi.waitFor(
      async () => expect(await replica.client.info('replication')).toContain('link_status:up'),
      10_000,
    )
    const sentinel = owned(await startSentinel(primary.port))
    await vi.waitFor(
      async () =>
        expect(String(await sentinel.client.call('sentinel', 'replicas', 'app'))).toContain(
          String(replica.port),
        ),
      { timeout: 20_000, interval: 200 },
    )
    const store = owned(redisStore(`redis://127.0.0.1:${sentinel.port}?sentinel=app`))
    const told = vi.fn()
    const news = store.news?.({ told, missed() {} })
    await store.create(record)
    await primary.client.wait(1, 5_000)
    await primary.stop('SIGKILL')
    const replaced = (): Promise<boolean> => store.replace(record, 1)
    await vi.waitFor(async () => expect(await replaced()).toBe(true), { timeout: 20_000, interval: 100 })
    await vi.waitFor(() => expect(news?.live).toBe(true), { timeout: 10_000 })
    await store.delete('k', { endedBy: 'logout', at: 1, request: '' })
    await vi.waitFor(() => expect(told).toHaveBeenCalledWith('k'))
    expect(await replica.client.info('replication')).toContain('role:master')
  }, 60_000)
})

it('a listener does not connect again by itself', async () => {
  const redis = owned(await startRedis())
  const clients = redisClients(redisAddress(redis.url), {})
  const commands = clients.commands()
  const listener = clients.listener(commands)
  await listener.ping()
  const ended = new Promise((resolve) => listener.once('end', resolve))
  await redis.client.call('client', 'kill', 'type', 'normal', 'skipme', 'yes')
  await ended
  commands.disconnect()
})
