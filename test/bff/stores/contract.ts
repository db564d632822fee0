import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TOMBSTONE_LIFETIME } from '../../../src/bff/stores/store.js'
import type { SessionRecord, SessionStore, Tombstone } from '../../../src/bff/stores/store.js'

/** One store seen by two instances of the BFF: two connections where it has connections. */
export interface OpenedStore {
  readonly one: SessionStore
  readonly other: SessionStore
  close(): Promise<void>
}

const NOW = 1_700_000_000_000

const record = (key: string, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  key,
  version: 0,
  ref: `ref-of-${key}`,
  subject: 'alice',
  idpSession: null,
  userAgent: 'Firefox on Linux',
  startedAt: NOW,
  usedAt: NOW,
  expiresAt: NOW + 1000,
  lease: null,
  sealed: 'sealed',
  idpEnded: null,
  ...changes,
})

const tombstone: Tombstone = { endedBy: 'logout', at: NOW + 10, request: 'request-1' }

/** What every store has to do, whatever it is made of (DESIGN §8.5). */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} keeps the contract of a store`, () => {
    let opened: OpenedStore
    let store: SessionStore
    let other: SessionStore
    beforeEach(async () => {
      opened = await open()
      store = opened.one
      other = opened.other
    })
    afterEach(() => opened.close())

    const live = async (key: string): Promise<SessionRecord> => {
      const found = await store.get(key)
      if (found?.state !== 'live') throw new Error(`${key} is not live`)
      return found.record
    }

    it('gives back what was created, every member, with version 1', async () => {
      const created = record('k', {
        idpSession: 'sid',
        lease: { holder: 'me', until: NOW + 5 },
        idpEnded: 'logout',
      })
      expect(await store.create(created)).toBe(true)
      expect(await other.get('k')).toEqual({ state: 'live', record: { ...created, version: 1 } })
    })

    it('knows nothing of a key that never was', async () => {
      expect(await store.get('nothing')).toBeNull()
      expect(await store.replace(record('nothing'), 1)).toBe(false)
      expect(await store.delete('nothing', tombstone)).toBeNull()
      expect(await store.get('nothing')).toBeNull()
    })

    it('creates no second session under a key, live or ended', async () => {
      await store.create(record('k'))
      expect(await other.create(record('k', { sealed: 'other' }))).toBe(false)
      await store.delete('k', tombstone)
      expect(await other.create(record('k', { sealed: 'other' }))).toBe(false)
      expect(await store.get('k')).toEqual({ state: 'ended', tombstone })
    })

    it('replaces where the version is the one that was read, and counts', async () => {
      await store.create(record('k'))
      expect(await store.replace(record('k', { sealed: 'two', usedAt: NOW + 1 }), 1)).toBe(true)
      expect(await live('k')).toMatchObject({ version: 2, sealed: 'two', usedAt: NOW + 1 })
      expect(await store.replace(record('k', { sealed: 'late' }), 1)).toBe(false)
      expect(await live('k')).toMatchObject({ version: 2, sealed: 'two' })
    })

    it('lets one of many concurrent writers win, and tells the others', async () => {
      await store.create(record('k'))
      const writers = Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? store : other).replace(
          record('k', { lease: { holder: `writer ${i}`, until: NOW } }),
          1,
        ),
      )
      const won = (await Promise.all(writers)).flatMap((result, i) => (result ? [i] : []))
      expect(won).toHaveLength(1)
      expect((await live('k')).lease?.holder).toBe(`writer ${won[0]}`)
    })

    it('counts every one of many concurrent read-and-replace loops', async () => {
      await store.create(record('k', { sealed: '0' }))
      const increment = async (mine: SessionStore): Promise<void> => {
        for (;;) {
          const found = await mine.get('k')
          if (found?.state !== 'live') throw new Error('ended')
          const next = { ...found.record, sealed: String(Number(found.record.sealed) + 1) }
          if (await mine.replace(next, found.record.version)) return
        }
      }
      await Promise.all(Array.from({ length: 40 }, (_, i) => increment(i % 2 === 0 ? store : other)))
      expect(await live('k')).toMatchObject({ sealed: '40', version: 41 })
    })

    it('lets an end win over every concurrent write', async () => {
      for (let round = 0; round < 20; round++) {
        const key = `k${round}`
        await store.create(record(key))
        const writes = [1, 1, 1].map((version) => other.replace(record(key), version))
        const [ended] = await Promise.all([store.delete(key, tombstone), ...writes])
        expect(ended).not.toBeNull()
        expect(await other.replace(record(key), ended?.version ?? 0)).toBe(false)
        expect(await other.create(record(key))).toBe(false)
        expect(await other.get(key)).toEqual({ state: 'ended', tombstone })
      }
    })

    it('ends a session once, and keeps the first reason', async () => {
      await store.create(record('k', { sealed: 'tokens' }))
      expect(await store.delete('k', tombstone)).toMatchObject({ key: 'k', sealed: 'tokens' })
      expect(await other.delete('k', { ...tombstone, endedBy: 'revoked' })).toBeNull()
      expect(await store.get('k')).toEqual({ state: 'ended', tombstone })
    })

    it('ends the sessions of a user, and no one else’s', async () => {
      await store.create(record('a1', { subject: 'alice', idpSession: 's1' }))
      await store.create(record('a2', { subject: 'alice' }))
      await store.create(record('b1', { subject: 'bob', idpSession: 's2' }))
      const ended = await other.deleteWhere({ subject: 'alice' }, tombstone)
      expect(ended.map(({ key }) => key).sort()).toEqual(['a1', 'a2'])
      expect((await store.get('a1'))?.state).toBe('ended')
      expect((await store.get('a2'))?.state).toBe('ended')
      expect((await store.get('b1'))?.state).toBe('live')
    })

    it('ends by IDP session, by both, and by reference', async () => {
      await store.create(record('a1', { subject: 'alice', idpSession: 's1' }))
      await store.create(record('a2', { subject: 'alice', idpSession: 's2' }))
      await store.create(record('b1', { subject: 'bob', idpSession: 's3' }))
      expect(await store.deleteWhere({ subject: 'bob', idpSession: 's1' }, tombstone)).toEqual([])
      expect(await store.deleteWhere({ subject: 'alice', idpSession: 's1' }, tombstone)).toHaveLength(1)
      expect(await store.deleteWhere({ idpSession: 's3' }, tombstone)).toMatchObject([{ key: 'b1' }])
      expect(await store.deleteWhere({ ref: 'ref-of-a2' }, tombstone)).toMatchObject([{ key: 'a2' }])
      expect(await store.deleteWhere({ subject: 'alice' }, tombstone)).toEqual([])
    })

    it('finds a session under what it was changed to', async () => {
      await store.create(record('k', { idpSession: 'before' }))
      await store.replace(record('k', { idpSession: 'after', subject: 'bob' }), 1)
      expect(await store.list({ idpSession: 'before' }, NOW)).toEqual([])
      expect(await store.list({ subject: 'alice' }, NOW)).toEqual([])
      expect(await store.list({ subject: 'bob', idpSession: 'after' }, NOW)).toHaveLength(1)
    })

    it('lists the live sessions of a user, newest first', async () => {
      await store.create(record('old', { startedAt: NOW - 10 }))
      await store.create(record('new', { startedAt: NOW + 10 }))
      await store.create(record('over', { expiresAt: NOW }))
      await store.create(record('ended'))
      await store.delete('ended', tombstone)
      const listed = await other.list({ subject: 'alice' }, NOW)
      expect(listed.map(({ key }) => key)).toEqual(['new', 'old'])
    })

    it('turns what is past into tombstones, and forgets those after a day', async () => {
      await store.create(record('past', { expiresAt: NOW }))
      await store.create(record('present', { expiresAt: NOW + 1 }))
      expect(await store.deleteExpired(NOW)).toBe(1)
      const over = { endedBy: 'app_session_over', at: NOW, request: '' }
      expect(await store.get('past')).toEqual({ state: 'ended', tombstone: over })
      expect((await store.get('present'))?.state).toBe('live')

      expect(await store.deleteExpired(NOW)).toBe(0)
      await other.deleteExpired(NOW + TOMBSTONE_LIFETIME - 1)
      expect((await store.get('past'))?.state).toBe('ended')
      await other.deleteExpired(NOW + TOMBSTONE_LIFETIME)
      expect(await store.get('past')).toBeNull()
    })

    it('removes a bounded number at once, and the rest when asked again', async () => {
      for (let i = 0; i < 1200; i++) await store.create(record(`k${i}`, { expiresAt: NOW - 1 }))
      const first = await store.deleteExpired(NOW)
      expect(first).toBeGreaterThan(0)
      expect(first).toBeLessThan(1200)
      let removed = first
      for (let more = first; more > 0; removed += more) more = await store.deleteExpired(NOW)
      expect(removed).toBe(1200)
    })

    it('keeps in mind what it was told to, and says to one of many that it is new', async () => {
      expect(await store.remembered('jti')).toBeNull()
      const told = await Promise.all([store, other, store, other].map((one) => one.remember('jti', NOW + 5)))
      expect(told.filter((isNew) => isNew)).toHaveLength(1)
      expect(await other.remembered('jti')).toBe(NOW + 5)
      expect(await store.remember('another', NOW)).toBe(true)
    })

    it('keeps it for as long as it was asked to at most, and forgets it then', async () => {
      await store.remember('id', NOW + 5)
      expect(await other.remember('id', NOW + 9)).toBe(false)
      expect(await store.remember('id', NOW + 7)).toBe(false)
      await store.deleteExpired(NOW + 8)
      expect(await other.remembered('id')).toBe(NOW + 9)
      expect(await other.deleteExpired(NOW + 9)).toBe(1)
      expect(await store.remembered('id')).toBeNull()
      expect(await store.remember('id', NOW + 20)).toBe(true)
    })

    it('keeps 30 kB as they are', async () => {
      const sealed = 'x'.repeat(30_000)
      await store.create(record('k', { sealed }))
      expect((await live('k')).sealed).toBe(sealed)
    })

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined()
      await expect(Promise.all([store.ping(), other.ping()])).resolves.toEqual([undefined, undefined])
    })

    it('shows nothing of a ping, and clears nothing of it away', async () => {
      await store.create(record('k'))
      await store.ping()
      expect(await other.list({ subject: '' }, 0)).toEqual([])
      expect(await other.get('')).toBeNull()
      expect(await other.deleteExpired(NOW)).toBe(0)
      await other.ping()
      expect(await live('k')).toMatchObject({ version: 1, sealed: 'sealed' })
    })
  })
}
