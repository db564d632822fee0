import { randomUUID } from 'node:crypto'
import { utimesSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, describe, expect, it } from 'vitest'
import { sqliteStore } from '../../../src/bff/stores/sqlite.js'
import type { SessionRecord } from '../../../src/bff/stores/store.js'

const folders: string[] = []
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-store-'))
  folders.push(folder)
  return folder
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const record: SessionRecord = {
  key: 'k',
  version: 0,
  ref: 'ref',
  subject: 'alice',
  idpSession: null,
  userAgent: '',
  startedAt: 1,
  usedAt: 1,
  expiresAt: 2 ** 41,
  lease: null,
  sealed: 'sealed-in-here',
  idpEnded: null,
}

describe('sqliteStore', () => {
  it('keeps sessions and tombstones over a restart', async () => {
    const path = join(await newFolder(), 'sessions.db')
    const before = sqliteStore(path)
    await before.create(record)
    await before.create({ ...record, key: 'ended' })
    await before.delete('ended', { endedBy: 'revoked', at: 5, request: 'r' })
    await before.close()

    const after = sqliteStore(path)
    expect(await after.get('k')).toEqual({ state: 'live', record: { ...record, version: 1 } })
    expect(await after.get('ended')).toMatchObject({ state: 'ended', tombstone: { endedBy: 'revoked' } })
    await after.close()
  })

  it('leaves nothing of an ended session in its files', async () => {
    const folder = await newFolder()
    const store = sqliteStore(join(folder, 'sessions.db'))
    const holding = async (text: string): Promise<string[]> => {
      const files = await readdir(folder)
      const contents = await Promise.all(files.map((file) => readFile(join(folder, file))))
      return files.filter((_, i) => contents[i]?.includes(text))
    }
    await store.create(record)
    expect(await holding('sealed-in-here')).not.toEqual([])
    await store.delete('k', { endedBy: 'logout', at: 5, request: 'r' })
    await store.close()
    expect(await holding('sealed-in-here')).toEqual([])
  })

  it('says what to do where the file cannot be made', async () => {
    const path = join(await newFolder(), 'no-such-folder', 'sessions.db')
    expect(() => sqliteStore(path)).toThrow(/cannot be opened: there is no folder .*no-such-folder\. Make it/)
  })

  it('rejects once closed, so that the BFF can answer 503', async () => {
    const store = sqliteStore(join(await newFolder(), 'sessions.db'))
    await store.close()
    await expect(store.ping()).rejects.toThrow('closed')
    await expect(store.create(record)).rejects.toThrow('closed')
    await expect(store.remember('id', 9)).rejects.toThrow('closed')
  })
})

describe('sqliteStore, with another process at work on its file,', () => {
  const tombstone = { endedBy: 'logout', at: 5, request: 'r' } as const

  it.each(['create', 'replace'] as const)(
    'goes on after a lock that was too long for it (%s)',
    async (write) => {
      const path = join(await newFolder(), 'sessions.db')
      const store = sqliteStore(path)
      await store.create(record)
      const other = new Database(path)
      other.exec('BEGIN IMMEDIATE')
      const refused =
        write === 'create' ? store.create({ ...record, key: 'other' }) : store.replace(record, 1)
      await expect(refused).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
      // Whoever comes next is not kept waiting, for nobody can read meanwhile.
      const began = performance.now()
      await expect(store.remember('id', 9)).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
      await expect(store.ping()).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
      expect((await store.get('k'))?.state).toBe('live')
      expect(performance.now() - began).toBeLessThan(900)
      other.exec('ROLLBACK')
      expect(await store.remember('id', 9)).toBe(true)
      expect(await store.delete('k', tombstone)).toMatchObject({ key: 'k', version: 1 })
      expect(other.prepare('SELECT key FROM tombstones').raw().all()).toEqual([['k']])
      other.close()
      await store.close()
    },
    20_000,
  )

  it('sees what the other one ended, also where the times of the log say nothing of it', async () => {
    const path = join(await newFolder(), 'sessions.db')
    const [store, other] = [sqliteStore(path), sqliteStore(path)]
    await store.create(record)
    // From here on the log is written anew from its beginning, and keeps its length.
    const third = new Database(path)
    third.exec('PRAGMA wal_checkpoint(RESTART)')
    third.close()
    const [log, at] = [`${path}-wal`, 1_700_000_000.25]
    const looks = async (): Promise<unknown> => (utimesSync(log, at, at), (await store.get('k'))?.state)
    const until = performance.now() + 150
    while (performance.now() < until) expect(await looks()).toBe('live')
    // As with a slow disk: the end is in the log at once, and counts when the disk has it.
    const { size } = await stat(log)
    await other.delete('k', tombstone)
    expect((await stat(log)).size).toBe(size)
    expect(await looks()).toBe('ended')
    await store.close()
    await other.close()
  })

  it('is closed at once while somebody reads for long, and nobody who writes has to wait for it', async () => {
    const path = join(await newFolder(), 'sessions.db')
    const [store, other] = [sqliteStore(path), sqliteStore(path)]
    await store.create(record)
    const reader = new Database(path)
    reader.exec('BEGIN')
    expect(reader.prepare('SELECT count(*) FROM sessions').raw().get()).toEqual([1])
    await other.delete('k', tombstone)
    const began = performance.now()
    await store.close()
    expect(performance.now() - began).toBeLessThan(2_000)
    reader.exec('COMMIT')
    reader.close()
    await other.close()
    expect((await stat(`${path}-wal`)).size).toBe(0)
  })

  it('gives back what its log grew to while somebody read for long', async () => {
    const path = join(await newFolder(), 'sessions.db')
    const store = sqliteStore(path)
    const size = async (): Promise<number> => (await stat(`${path}-wal`)).size / 1024 / 1024
    const reader = new Database(path)
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM sessions').raw().get()
    const write = async (some: number): Promise<void> => {
      for (let i = 0; i < some; i++)
        await store.create({ ...record, key: randomUUID(), sealed: 'x'.repeat(8_192) })
    }
    await write(1_500)
    expect(await size()).toBeGreaterThan(12)
    reader.exec('COMMIT')
    await write(10)
    expect(await size()).toBeLessThan(8.1)
    reader.close()
    await store.close()
  })
})

describe('sqliteStore, once its file is not under its name any more,', () => {
  const ways: [string, (path: string) => Promise<void>][] = [
    ['removed', (path) => rm(path)],
    ['replaced', writeNew],
    ['removed with what is beside it', removeAll],
    ['without its log', (path) => rm(`${path}-wal`)],
  ]
  async function writeNew(path: string): Promise<void> {
    await writeFile(`${path}.new`, '')
    await rename(`${path}.new`, path)
  }
  async function removeAll(path: string): Promise<void> {
    for (const end of ['', '-wal', '-shm']) await rm(`${path}${end}`)
  }
  const tombstone = { endedBy: 'logout', at: 5, request: 'r' } as const

  it.each(ways)('(%s) takes nothing that would be lost, and says so', async (_, away) => {
    const path = join(await newFolder(), 'sessions.db')
    const store = sqliteStore(path)
    await store.create(record)
    await store.ping()
    await away(path)
    const gone = { code: 'STORE_FILE_GONE', message: expect.stringContaining('Put that very file back') }
    await expect(store.ping()).rejects.toMatchObject(gone)
    await expect(store.create({ ...record, key: 'other' })).rejects.toMatchObject(gone)
    await expect(store.replace(record, 1)).rejects.toMatchObject(gone)
    await expect(store.remember('id', 9)).rejects.toMatchObject(gone)
    expect(await store.get('other')).toBeNull()
    expect(await store.remembered('id')).toBeNull()
    // What there is goes on, and an end is in force here though it is said to have failed.
    expect((await store.get('k'))?.state).toBe('live')
    await expect(store.delete('k', tombstone)).rejects.toMatchObject(gone)
    await expect(store.deleteWhere({ subject: 'alice' }, tombstone)).rejects.toMatchObject(gone)
    expect((await store.get('k'))?.state).toBe('ended')
    await store.close()
  })
})
