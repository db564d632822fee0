import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createRecent } from '../../../src/bff/stores/recent.js'
import { sqliteStore } from '../../../src/bff/stores/sqlite.js'
import type { Found, SessionRecord } from '../../../src/bff/stores/store.js'

const record: SessionRecord = {
  key: 'key',
  version: 1,
  ref: 'ref',
  subject: 'subject',
  idpSession: null,
  userAgent: '',
  startedAt: 0,
  usedAt: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
  lease: null,
  sealed: 'sealed',
  idpEnded: null,
}
const live: Found = { state: 'live', record }

it('what was read is not read again, until somebody has written', () => {
  let version = 1
  const reads: string[] = []
  const recent = createRecent(() => version)
  const get = (key: string) => recent.get(key, () => (reads.push(key), key === 'none' ? null : live))
  get('a')
  get('a')
  expect(reads.splice(0)).toEqual(['a'])
  get('none')
  get('none')
  expect(reads.splice(0), 'what is not there may come').toEqual(['none', 'none'])
  version++
  get('a')
  expect(reads.splice(0), 'another process wrote').toEqual(['a'])
  get('b')
  recent.forget('a')
  get('a')
  get('b')
  expect(reads.splice(0), 'this one wrote').toEqual(['b', 'a'])
  recent.forget()
  get('b')
  expect(reads).toEqual(['b'])
})

it('whether anything was written is asked once for all that comes in by one turn of the event loop', async () => {
  let version = 1
  let asked = 0
  let reads = 0
  const recent = createRecent(() => (asked++, version))
  const peek = () => recent.peek('a', () => (reads++, live))
  for (let i = 0; i < 3; i++) peek()
  expect([asked, reads]).toEqual([1, 1])
  version++
  peek()
  expect([asked, reads]).toEqual([1, 1])
  recent.get('a', () => (reads++, live))
  expect([asked, reads], 'whoever waits for an answer gets that of now').toEqual([2, 2])
  recent.forget('a')
  peek()
  expect([asked, reads], 'this one wrote').toEqual([2, 3])
  await new Promise((resolve) => setImmediate(resolve))
  version++
  peek()
  expect([asked, reads]).toEqual([3, 4])
})

it('no more than a thousand are kept, the latest ones', () => {
  let reads = 0
  const recent = createRecent(() => 1)
  const get = (key: number) => recent.get(String(key), () => (reads++, live))
  for (let key = 0; key < 1200; key++) get(key)
  expect(reads).toBe(1200)
  get(1199)
  expect(reads).toBe(1200)
  get(0)
  expect(reads).toBe(1201)
})

it('what another process ends in the same file is over here at the next look', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'))
  const [here, there] = [sqliteStore(join(folder, 'a.db')), sqliteStore(join(folder, 'a.db'))]
  onTestFinished(async () => {
    await Promise.all([here.close(), there.close()])
    rmSync(folder, { recursive: true })
  })
  await here.create(record)
  expect(await here.get('key')).toMatchObject({ state: 'live', record: { version: 1 } })
  expect(await there.replace({ ...record, usedAt: 1 }, 1)).toBe(true)
  expect(await here.get('key')).toMatchObject({ state: 'live', record: { version: 2, usedAt: 1 } })
  await there.delete('key', { endedBy: 'revoked', at: 2, request: '' })
  expect(await here.get('key')).toMatchObject({ state: 'ended', tombstone: { endedBy: 'revoked' } })
})
