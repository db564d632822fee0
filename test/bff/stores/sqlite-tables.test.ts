import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { openTables } from '../../../src/bff/stores/sqlite-tables.js'

describe('the tables of the SQLite store', () => {
  it('are made where they are not there, and left as they are where they are', () => {
    const database = new Database(':memory:')
    openTables(database).tombstones.insert('k', { endedBy: 'logout', at: 1, request: 'r' })
    expect(openTables(database).tombstones.get('k')).toEqual({ endedBy: 'logout', at: 1, request: 'r' })
  })

  it.each([
    ['SELECT * FROM sessions WHERE key = ?', 'PRIMARY KEY'],
    ['SELECT * FROM sessions WHERE ref = ?', 'sessions_ref'],
    ['SELECT * FROM sessions WHERE subject = ?', 'sessions_subject'],
    ['SELECT * FROM sessions WHERE idp_session = ?', 'sessions_idp_session'],
    ['SELECT key FROM sessions WHERE expires_at <= ? LIMIT 5', 'sessions_expires_at'],
    ['SELECT key FROM tombstones WHERE at <= ?', 'tombstones_at'],
    ['SELECT until FROM reminders WHERE id = ?', 'PRIMARY KEY'],
    ['SELECT id FROM reminders WHERE until <= ?', 'reminders_until'],
  ])('answer %s by an index', (query, index) => {
    const database = new Database(':memory:')
    openTables(database)
    const plan = JSON.stringify(database.prepare(`EXPLAIN QUERY PLAN ${query}`).all('x'))
    expect(plan).toContain(index)
    expect(plan).not.toContain('SCAN')
  })
})
