import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
    await expect(store.ping()).rejects.toThrow()
  })
})
