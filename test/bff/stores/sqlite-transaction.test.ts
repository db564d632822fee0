import Database from 'libsql'
import { expect, it } from 'vitest'
import { immediately } from '../../../src/bff/stores/sqlite-transaction.js'

const start = (): Database.Database => {
  const database = new Database(':memory:')
  database.exec('CREATE TABLE notes (text TEXT)')
  return database
}
const countIn = (database: Database.Database): unknown =>
  database.prepare('SELECT count(*) FROM notes').raw().get()

it('does all of it, and returns what comes of it', () => {
  const database = start()
  const add = database.prepare('INSERT INTO notes VALUES (?)')
  expect(immediately(database, () => (add.run('a'), add.run('b'), 'done'))).toBe('done')
  expect(countIn(database)).toEqual([2])
})

it('does nothing of it where it throws', () => {
  const database = start()
  const wrong = new Error('wrong')
  const work = (): void => {
    database.prepare('INSERT INTO notes VALUES (?)').run('a')
    throw wrong
  }
  expect(() => immediately(database, work)).toThrow(wrong)
  expect(countIn(database)).toEqual([0])
  // And nothing is left open.
  expect(immediately(database, () => 'next')).toBe('next')
})

it('throws what went wrong, where SQLite has rolled back by itself', () => {
  const database = start()
  database.exec('PRAGMA max_page_count = 4')
  const work = (): unknown => database.prepare('INSERT INTO notes VALUES (?)').run('x'.repeat(100_000))
  expect(() => immediately(database, work)).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }))
  expect(immediately(database, () => 'next')).toBe('next')
})
