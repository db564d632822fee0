import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entityTags } from '../../../src/bff/static/entity-tag.js'
import { find } from '../../../src/bff/static/find.js'
import type { Found } from '../../../src/bff/static/find.js'
import { folderOf, write } from './folder.js'

async function found(folder: string, name: string): Promise<Found> {
  const one = await find(folder, { segments: [name], kind: 'file' })
  if (one === null || typeof one === 'string') throw new Error(`there is no ${name}`)
  return one
}

describe('an entity tag', () => {
  it('is another one for another content of the same size and time', async () => {
    const tagOf = entityTags('')
    const folder = await folderOf({})
    const built = Date.UTC(1980, 0, 1)
    await write(folder, { 'index.html': 'app-11111111.js' }, built)
    const before = await tagOf(await found(folder, 'index.html'))
    expect(before).toMatch(/^"[\w-]{27}"$/)
    expect(await tagOf(await found(folder, 'index.html'))).toBe(before)
    await write(folder, { 'index.html': 'app-22222222.js' }, built)
    const after = await tagOf(await found(folder, 'index.html'))
    expect(after).not.toBe(before)
    await write(folder, { 'index.html': 'app-11111111.js' }, built)
    expect(await tagOf(await found(folder, 'index.html'))).toBe(before)
  })

  it('is another one under other headers, and the same on another instance', async () => {
    const folder = await folderOf({ 'index.html': 'x' })
    const one = await found(folder, 'index.html')
    const first = await entityTags('a')(one)
    expect(await entityTags('a')(one)).toBe(first)
    expect(await entityTags('b')(one)).not.toBe(first)
  })

  it('of a file that could not be read is tried again', async () => {
    const folder = await folderOf({ 'a.txt': 'a' })
    const tagOf = entityTags('')
    const there = await found(folder, 'a.txt')
    const gone = { ...there, path: join(folder, 'gone.txt') }
    await expect(tagOf(gone)).rejects.toThrow(/ENOENT/)
    await writeFile(gone.path, 'a')
    expect(await tagOf(gone)).toBe(await tagOf(there))
  })

  it('of a very long file is told without reading it', async () => {
    const folder = await folderOf({ 'film.mp4': '' })
    const path = join(folder, 'film.mp4')
    await truncate(path, 8 * 1024 ** 4)
    expect(await entityTags('')(await found(folder, 'film.mp4'))).toMatch(/^"[\w-]{27}"$/)
  })
})
