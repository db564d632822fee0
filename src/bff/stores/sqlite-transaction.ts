/** Work in a SQLite file that is done wholly or not at all. */
import type Database from 'libsql'
import { isBusy } from './sqlite-log.js'

/** How long the lock of another process is waited for, ms. Nothing else is done here meanwhile. */
export const PATIENCE = 5_000
/** The same once that was in vain: others write for no longer, ms. */
const BRIEF_PATIENCE = 50

/** Where a lock was waited for in vain, and nothing was written since: whoever comes next is not kept from reading for as long again. */
const locked = new WeakSet<Database.Database>()

/**
 * Does `work` in one transaction, which is "immediate", so that no other process writes between what is read and what is written, and so that a lock
 * of another one is met by `BEGIN` alone: a prepared statement that writes and meets it stays begun, and nothing more is committed before it has ended. What `work` or the
 * commit throws undoes it, and is what is thrown: a full disk has undone everything already, and that there is nothing left to roll back must not
 * hide it. A lock of another process is waited for `patience` ms, {@link PATIENCE} by default; after one that took longer than that for a moment only,
 * until one gets through.
 */
export function immediately<Result>(
  database: Database.Database,
  work: () => Result,
  patience: number = PATIENCE,
): Result {
  begin(database, locked.has(database) ? BRIEF_PATIENCE : patience)
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

function begin(database: Database.Database, patience: number): void {
  const isUsual = patience === PATIENCE
  if (!isUsual) database.exec(`PRAGMA busy_timeout = ${patience}`)
  try {
    database.exec('BEGIN IMMEDIATE')
    locked.delete(database)
  } catch (error) {
    if (isUsual && isBusy(error)) locked.add(database)
    throw error
  } finally {
    if (!isUsual) database.exec(`PRAGMA busy_timeout = ${PATIENCE}`)
  }
}
