import { mkdir, realpath, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { find, findEncoded } from '../../../src/bff/static/find.js'
import type { Encoding, Place } from '../../../src/bff/static/place.js'
import { folderOf } from './folder.js'

const file = (...segments: string[]): Place => ({ segments, kind: 'file' })
const folderAt = (...segments: string[]): Place => ({ segments, kind: 'folder' })
const nameOf = async (folder: string, place: Place) => {
  const found = await find(folder, place)
  return found === null || typeof found === 'string' ? found : found.name
}
const pathOf = async (folder: string, place: Place) => {
  const found = await find(folder, place)
  return found === null || typeof found === 'string' ? found : found.path
}

describe('a place', () => {
  it('is a file, a page, or the page of a folder', async () => {
    const folder = await folderOf({ 'index.html': '', 'about.html': '', 'docs/index.html': '', 'a.js': '' })
    expect(await nameOf(folder, folderAt())).toBe('index.html')
    expect(await nameOf(folder, file('a.js'))).toBe('a.js')
    expect(await nameOf(folder, file('about'))).toBe('about.html')
    expect(await nameOf(folder, folderAt('about'))).toBe('about.html')
    expect(await nameOf(folder, file('docs'))).toBe(join('docs', 'index.html'))
    expect(await nameOf(folder, folderAt('docs'))).toBe(join('docs', 'index.html'))
    for (const none of [folderAt('a.js'), file('a.js', 'b'), file('none'), file('x'.repeat(5000))])
      expect(await nameOf(folder, none)).toBeNull()
    expect(await nameOf(folder, { segments: ['a.js'], kind: 'nothing' })).toBeNull()
  })

  it('may be a link inside the folder, and leads out of it by none', async () => {
    const around = await folderOf({
      'public/index.html': '',
      'public/..2026/app.js': '',
      'secret.txt': '',
      'public-too/x.txt': '',
    })
    const folder = join(around, 'public')
    await symlink('..2026', join(folder, '..data'))
    await symlink(join('..data', 'app.js'), join(folder, 'app.js'))
    await symlink(join(around, 'secret.txt'), join(folder, 'absolute.txt'))
    await symlink(join('..', 'secret.txt'), join(folder, 'relative.txt'))
    await symlink(join('..', 'public-too'), join(folder, 'too'))
    await mkdir(join(folder, 'docs'))
    await symlink(join('..', '..', 'public-too'), join(folder, 'docs', 'out'))
    await symlink('loop.txt', join(folder, 'loop.txt'))
    await symlink('gone.txt', join(folder, 'broken.txt'))
    expect(await nameOf(folder, file('app.js'))).toBe('app.js')
    for (const name of ['loop.txt', 'broken.txt']) expect(await nameOf(folder, file(name))).toBeNull()
    // Whatever is there, or is not, beyond a link: nobody learns it.
    for (const out of [
      ...[file('absolute.txt'), file('relative.txt'), file('too'), folderAt('too'), file('too', 'x.txt')],
      ...[file('too', 'none'), folderAt('too', 'none', 'more'), file('docs', 'out', 'none')],
    ])
      expect([out.segments, await nameOf(folder, out)]).toEqual([out.segments, 'outside'])
    // One that leads back is in it.
    await symlink(join('..', 'public'), join(folder, 'self'))
    expect(await nameOf(folder, file('self', 'app.js'))).toBe(join('self', 'app.js'))
    expect(await nameOf(folder, file('self', 'none'))).toBeNull()
  })

  it('is in the folder that a link names now', async () => {
    const around = await folderOf({ '1/index.html': 'one', '2/index.html': 'two' })
    await symlink('1', join(around, 'current'))
    const current = join(around, 'current')
    const first = await pathOf(current, folderAt())
    await symlink('2', join(around, 'next'))
    await rename(join(around, 'next'), current)
    const second = await pathOf(current, folderAt())
    const base = await realpath(around)
    expect([first, second]).toEqual([join(base, '1', 'index.html'), join(base, '2', 'index.html')])
  })

  it('is no folder, and nothing that has no end', async () => {
    const folder = await folderOf({})
    await mkdir(join(folder, 'empty'))
    expect(await nameOf(folder, file('empty'))).toBeNull()
    expect(await nameOf('/dev', file('null'))).toBeNull()
    expect(await nameOf(join(folder, 'gone'), file('a.js'))).toBe('no folder')
  })
})

describe('what is encoded beside it', () => {
  const br = ['br', '.br'] as const
  const gzip = ['gzip', '.gz'] as const
  const besides = async (folder: string, name: string, taken: readonly Encoding[] = [br, gzip]) => {
    const found = await find(folder, file(name))
    if (found === null || typeof found === 'string') throw new Error(`there is no ${name}`)
    return (await findEncoded(found, taken)).map(([one, [encoding]]) => [one.name, encoding])
  }

  it('is found by its name, the best first', async () => {
    const folder = await folderOf({ 'a.js': '', 'a.js.br': '', 'a.js.gz': '', 'b.js': '', 'b.js.gz': '' })
    expect(await besides(folder, 'a.js')).toEqual([
      ['a.js.br', 'br'],
      ['a.js.gz', 'gzip'],
    ])
    expect(await besides(folder, 'a.js', [gzip])).toEqual([['a.js.gz', 'gzip']])
    expect(await besides(folder, 'b.js')).toEqual([['b.js.gz', 'gzip']])
    expect(await besides(folder, 'a.js', [])).toEqual([])
    await rm(join(folder, 'b.js.gz'))
    expect(await besides(folder, 'b.js')).toEqual([])
  })

  it('is none that a link has outside', async () => {
    const around = await folderOf({ 'public/a.js': '', 'secret.br': '' })
    await symlink(join('..', 'secret.br'), join(around, 'public', 'a.js.br'))
    expect(await besides(join(around, 'public'), 'a.js')).toEqual([])
  })
})
