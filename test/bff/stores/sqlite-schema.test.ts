import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { migrate, SCHEMA_VERSION } from '../../../src/bff/stores/sqlite-schema.js'
import { openTables } from '../../../src/bff/stores/sqlite-tables.js'
import type { SessionRecord } from '../../../src/bff/stores/store.js'

const record: SessionRecord = {
  ...{ key: 'k', version: 1, ref: 'r', subject: 's', idpSession: null, userAgent: '', startedAt: 1 },
  ...{ usedAt: 1, expiresAt: 2, lease: null, sealed: 'sealed', idpEnded: 'logout' },
}
const versionOf = (database: Database.Database): unknown => database.prepare('PRAGMA user_version').get()

/** A file as it was before there were versions. */
function before(idpEnded: boolean): Database.Database {
  const database = new Database(':memory:')
  openTables(database).sessions.insert(record)
  if (!idpEnded) database.exec('ALTER TABLE sessions DROP COLUMN idp_ended')
  database.exec('PRAGMA user_version = 0')
  return database
}

describe('the schema', () => {
  it('of a new file is the newest, and says which', () => {
    const database = new Database(':memory:')
    migrate(database)
    migrate(database)
    expect(versionOf(database)).toMatchObject({ user_version: SCHEMA_VERSION })
  })

  it('of a file without the last column gets it, and keeps what is there', () => {
    const database = before(false)
    const { sessions } = openTables(database)
    expect(sessions.get('k')).toEqual({ ...record, idpEnded: null })
    expect(sessions.replace(record, 1)).toBe(true)
    expect(sessions.get('k')).toEqual({ ...record, version: 2 })
    expect(versionOf(database)).toMatchObject({ user_version: SCHEMA_VERSION })
  })

  it('of a file without a version that has all columns gets its number', () => {
    const database = before(true)
    expect(openTables(database).sessions.get('k')).toEqual(record)
    expect(versionOf(database)).toMatchObject({ user_version: SCHEMA_VERSION })
  })

  it('of a later version is left alone', () => {
    const database = new Database(':memory:')
    openTables(database)
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
    expect(() => openTables(database)).toThrow(/written by a later version.*Run that version/)
    expect(versionOf(database)).toMatchObject({ user_version: SCHEMA_VERSION + 1 })
  })

  it('is brought up to date wholly or not at all', () => {
    const database = before(false)
    // Something in the way of what comes after the new column.
    const cut = {
      transaction: database.transaction.bind(database),
      prepare: database.prepare.bind(database),
      exec(sql: string) {
        if (sql.includes('user_version')) throw new Error('cut off')
        return database.exec(sql)
      },
    }
    expect(() => migrate(Object.assign(Object.create(database) as Database.Database, cut))).toThrow('cut off')
    const columns = database.prepare('PRAGMA table_info(sessions)').all() as { name: string }[]
    expect(columns.map(({ name }) => name)).not.toContain('idp_ended')
  })
})
