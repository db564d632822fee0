import { join } from 'node:path'
import { rm, writeFile } from 'node:fs/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { find } from '../../../src/bff/static/find.js'
import { variants } from '../../../src/bff/static/variants.js'
import { folderOf, write } from './folder.js'

const all = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

async function encoded(folder: string, name: string, { isImmutable = false, taken = all.slice() } = {}) {
  const found = await find(folder, { segments: [name], kind: 'file' })
  if (found === null || typeof found === 'string') throw new Error(`there is no ${name}`)
  return (await variants('').encodedOf(found, taken, isImmutable))?.[0].name ?? null
}
const text = 'export const hello = "hello"\n'.repeat(50)

describe('what is encoded beside a file', () => {
  it('is taken where it is what the file is, the best first', async () => {
    const folder = await folderOf({
      ...{ 'a.js': text, 'a.js.br': brotliCompressSync(text), 'a.js.gz': gzipSync(text) },
      ...{
        'b.js': text,
        'b.js.gz': gzipSync(text),
        'c.js': text,
        'empty.js': '',
        'empty.js.gz': gzipSync(''),
      },
    })
    expect(await encoded(folder, 'a.js')).toBe('a.js.br')
    expect(await encoded(folder, 'a.js', { taken: all.slice(1) })).toBe('a.js.gz')
    expect(await encoded(folder, 'a.js', { taken: [] })).toBeNull()
    expect(await encoded(folder, 'b.js')).toBe('b.js.gz')
    expect(await encoded(folder, 'c.js')).toBeNull()
    expect(await encoded(folder, 'empty.js')).toBe('empty.js.gz')
  })

  it('is left alone where it is another one, or none, whatever its time, and what is next is taken', async () => {
    const built = Date.UTC(1980, 0, 1)
    const folder = await folderOf({})
    const old = text.replace('hello', 'hallo')
    await write(folder, { 'sw.js': text, 'sw.js.br': brotliCompressSync(old) }, built)
    expect(await encoded(folder, 'sw.js')).toBeNull()
    await write(folder, { 'sw.js.gz': gzipSync(text) }, built - 60_000)
    expect(await encoded(folder, 'sw.js')).toBe('sw.js.gz')
    for (const wrong of [
      '',
      'no brotli',
      brotliCompressSync(text).subarray(0, 20),
      brotliCompressSync(`${text}x`),
    ]) {
      await writeFile(join(folder, 'sw.js.br'), wrong)
      expect(await encoded(folder, 'sw.js')).toBe('sw.js.gz')
    }
    await rm(join(folder, 'sw.js.gz'))
    expect(await encoded(folder, 'sw.js')).toBeNull()
  })

  it('is not read where the name of the file is after its content', async () => {
    const folder = await folderOf({ 'index-BfT3xQ2a.js': text, 'index-BfT3xQ2a.js.br': 'any' })
    expect(await encoded(folder, 'index-BfT3xQ2a.js', { isImmutable: true })).toBe('index-BfT3xQ2a.js.br')
  })
})
