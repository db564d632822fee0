import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqliteFault } from '../../../src/bff/stores/sqlite-file.js'
import { SCHEMA_VERSION } from '../../../src/bff/stores/sqlite-schema.js'
import { sqliteStore } from '../../../src/bff/stores/sqlite.js'

let folder = ''
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tandem-file-'))))
afterEach(() => rm(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

describe('nothing is in the way', () => {
  it('where there is no file, and none is made', async () => {
    expect(sqliteFault(at('sessions.db'))).toBeNull()
    expect(await readdir(folder)).toEqual([])
    expect(sqliteFault(':memory:')).toBeNull()
  })

  it('where there is a store, in use or not, and it stays as it is', async () => {
    const store = sqliteStore(at('sessions.db'))
    expect(sqliteFault(at('sessions.db'))).toBeNull()
    await store.close()
    const before = [await readdir(folder), await readFile(at('sessions.db')), await stat(at('sessions.db'))]
    expect(sqliteFault(at('sessions.db'))).toBeNull()
    const after = [await readdir(folder), await readFile(at('sessions.db')), await stat(at('sessions.db'))]
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2))
    expect(after[2]).toMatchObject({ mtimeMs: (before[2] as { mtimeMs: number }).mtimeMs })
  })

  it('where the file is empty: SQLite takes it', async () => {
    await writeFile(at('empty.db'), '')
    expect(sqliteFault(at('empty.db'))).toBeNull()
    await sqliteStore(at('empty.db')).close()
  })
})

describe('what is in the way is named, with what to do, and is what opening stumbles over', () => {
  it.each<[string, string, RegExp]>([
    ['a folder that is missing', 'none/sessions.db', /there is no folder .*none\. Make it/],
    ['a file in place of the folder', 'text.db/sessions.db', /text\.db is no folder\. Name a file in one/],
    ['a folder in place of the file', 'folder', /folder is a folder\. Name a file in it/],
    ['another file', 'text.db', /text\.db is not a SQLite database\. Name another file/],
    ['a short file', 'short.db', /short\.db is not a SQLite database/],
    ['a head alone', 'head.db', /head\.db is not a SQLite database/],
    ['a later version', 'later.db', /later\.db was written by a later version \(schema \d+, /],
  ])('%s', async (_, name, says) => {
    await mkdir(at('folder'))
    await writeFile(at('text.db'), 'no database at all, '.repeat(100))
    await writeFile(at('short.db'), 'hello')
    await writeFile(at('head.db'), 'SQLite format 3\0')
    const later = new Database(at('later.db'))
    later.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 7}`)
    later.close()
    expect(sqliteFault(at(name))).toMatch(says)
    expect(() => sqliteStore(at(name))).toThrow(says)
    expect(() => sqliteStore(at(name))).toThrow(/^The session store .* cannot be opened: /)
  })

  it('what may not be written', async () => {
    await mkdir(at('closed'))
    await sqliteStore(at('mine.db')).close()
    await chmod(at('closed'), 0o500)
    await chmod(at('mine.db'), 0o400)
    // Who may do everything is refused nothing.
    const isRoot = process.getuid?.() === 0
    const found = [sqliteFault(at('closed/sessions.db')), sqliteFault(at('mine.db'))]
    if (isRoot) expect(found).toEqual([null, null])
    else
      expect(found).toEqual([
        expect.stringMatching(/^this process may not write in .*closed\. Let it/),
        expect.stringMatching(/^this process may not read and write .*mine\.db\. Let it/),
      ])
    await chmod(at('closed'), 0o700)
  })

  it('a path that is none', () => {
    expect(sqliteFault(at('x'.repeat(5000)))).toMatch(/ENAMETOOLONG.*Name a file elsewhere/)
  })
})
