/** Stores that still read, and take no writes: nobody could sign in, and `/readyz` has to say so. */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, expect, it, vi } from 'vitest'
import { redisStore } from '../../../src/bff/stores/redis.js'
import { sqliteStore } from '../../../src/bff/stores/sqlite.js'
import type { SessionRecord, SessionStore } from '../../../src/bff/stores/store.js'
import { startRedis } from '../../support/redis.js'

const record: SessionRecord = {
  ...{ key: 'k', version: 0, ref: 'ref', subject: 'alice', idpSession: null, userAgent: '' },
  ...{ startedAt: 1, usedAt: 1, expiresAt: 2 ** 41, lease: null, sealed: 'sealed', idpEnded: null },
}
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function inFolder(): Promise<{ store: SessionStore; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-store-'))
  endings.push(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'sessions.db')
  const store = sqliteStore(path)
  endings.push(() => store.close())
  return { store, path }
}
const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'none',
    (error: unknown) => Reflect.get(Object(error), 'code'),
  )

it('a SQLite file that was removed takes no login that would be lost with it, until it is back', async () => {
  const { store, path } = await inFolder()
  await store.create(record)
  await store.ping()
  await rename(path, `${path}.away`)
  expect(await codeOf(store.ping())).toBe('STORE_FILE_GONE')
  expect(await codeOf(store.create({ ...record, key: 'lost' }))).toBe('STORE_FILE_GONE')
  expect(await codeOf(store.replace({ ...record, version: 1 }, 0))).toBe('STORE_FILE_GONE')
  // An end is in force here all the same.
  expect(await codeOf(store.delete('k', { endedBy: 'logout', at: 1, request: 'r' }))).toBe('STORE_FILE_GONE')
  expect(await store.get('k')).toMatchObject({ tombstone: { endedBy: 'logout' } })
  // Another instance begins a file of its own there.
  const other = sqliteStore(path)
  endings.push(() => other.close())
  expect(await codeOf(store.ping())).toBe('STORE_FILE_GONE')
  await other.close()
  for (const end of ['-wal', '-shm']) await rm(path + end, { force: true })
  await rename(`${path}.away`, path)
})

it('a SQLite file that another process keeps locked', async () => {
  const { store, path } = await inFolder()
  const other = new Database(path)
  endings.push(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  expect(await codeOf(store.ping())).toMatch(/^SQLITE_BUSY/)
  other.exec('ROLLBACK')
  await store.ping()
}, 30_000)

it('the trial of a SQLite file leaves nothing behind', async () => {
  const { store, path } = await inFolder()
  await store.ping()
  const other = new Database(path)
  endings.push(() => other.close())
  expect(other.prepare('SELECT count(*) FROM sessions').raw().get()).toEqual([0])
})

it('a Redis whose memory is full, until there is room', async () => {
  const redis = await startRedis()
  endings.push(() => redis.close())
  const store = redisStore(redis.url)
  endings.push(() => store.close())
  await store.ping()
  await redis.client.config('SET', 'maxmemory', '1')
  await vi.waitFor(async () => expect(await codeOf(store.ping())).toBe('OOM'))
  await redis.client.config('SET', 'maxmemory', '0')
  await store.ping()
})
