import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readOnce } from '../../../src/bff/static/read-once.js'
import type { Looked } from '../../../src/bff/static/read-once.js'
import { folderOf } from './folder.js'

const look = async (folder: string, name: string): Promise<Looked> => {
  const path = join(folder, name)
  return { path, status: await stat(path) }
}

/** Reads, and counts; at `now`, by default a minute from now. */
function counting({ now = () => Date.now() + 60_000, most = 10 } = {}) {
  const reads: string[] = []
  const text = readOnce(
    async ({ path }) => {
      reads.push(path.slice(path.lastIndexOf('/') + 1))
      return readFile(path, 'utf8')
    },
    { most, now },
  )
  return { reads, text }
}

describe('what is read once', () => {
  it('is read once, by however many at a time, until the file is another one', async () => {
    const folder = await folderOf({ 'a.txt': 'one' })
    const { reads, text } = counting()
    const before = await look(folder, 'a.txt')
    expect(await Promise.all([text(before), text(before)])).toEqual(['one', 'one'])
    expect(await text(await look(folder, 'a.txt'))).toBe('one')
    expect(reads).toHaveLength(1)
    await writeFile(before.path, 'other')
    expect(await text(await look(folder, 'a.txt'))).toBe('other')
    expect(reads).toHaveLength(2)
  })

  it('is forgotten where it fails, and tried again', async () => {
    const folder = await folderOf({ 'a.txt': 'one' })
    const { text } = counting()
    const there = await look(folder, 'a.txt')
    await rm(there.path)
    await expect(text(there)).rejects.toThrow(/ENOENT/)
    await writeFile(there.path, 'again')
    expect(await text(there)).toBe('again')
  })

  it('is of no more files than it may be: the oldest is read again', async () => {
    const folder = await folderOf({ a: '', b: '', c: '' })
    const { reads, text } = counting({ most: 2 })
    for (const name of ['a', 'b', 'c', 'c', 'b', 'a']) await text(await look(folder, name))
    expect(reads.join('')).toBe('abca')
    // One that is another file now takes the place of nobody else.
    await writeFile(join(folder, 'a'), 'other')
    for (const name of ['a', 'c']) await text(await look(folder, name))
    expect(reads.join('')).toBe('abcaa')
  })

  it('is not remembered of a file that has only just been written: its clock may not tell the next change', async () => {
    const folder = await folderOf({ a: 'one' })
    const before = await look(folder, 'a')
    const { ctimeMs } = before.status
    const { reads, text } = counting({ now: () => ctimeMs + 1_000 })
    expect(await text(before)).toBe('one')
    await writeFile(before.path, 'two')
    // As in one tick of a coarse clock: the same identity, another content.
    expect(await text(before)).toBe('two')
    expect(reads).toHaveLength(2)
    // Where the clock was put back the file is no newer for it.
    const back = counting({ now: () => ctimeMs - 3_600_000 })
    for (let i = 0; i < 3; i++) await back.text(before)
    expect(back.reads).toHaveLength(1)
  })

  it('goes by what nobody can set: a time that a build gives its files hides no change', async () => {
    const folder = await folderOf({ a: 'one' })
    const { text } = counting()
    await utimes(join(folder, 'a'), 1, 1)
    const before = await look(folder, 'a')
    expect(await text(before)).toBe('one')
    let after = before
    // A coarse clock may need some tries before it ticks.
    while (after.status.ctimeMs === before.status.ctimeMs) {
      await writeFile(before.path, 'two')
      await utimes(before.path, 1, 1)
      after = await look(folder, 'a')
    }
    expect([after.status.mtimeMs, after.status.size]).toEqual([before.status.mtimeMs, before.status.size])
    expect(await text(after)).toBe('two')
  })
})
