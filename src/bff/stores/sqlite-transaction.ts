/** Work in a SQLite file that is done wholly or not at all. */
import type Database from 'libsql'

/**
 * Does `work` in one transaction, which is "immediate", so that no other process writes between what is read and what is written, and so that a lock
 * of another one is met by `BEGIN` alone: a prepared statement that writes and meets it stays begun, and nothing more is committed before it has ended. What `work` or the
 * commit throws undoes it, and is what is thrown: a full disk has undone everything already, and that there is nothing left to roll back must not
 * hide it.
 */
export function immediately<Result>(database: Database.Database, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {
      // SQLite has done it by itself.
    }
    throw error
  }
}
