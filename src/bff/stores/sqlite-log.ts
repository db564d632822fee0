/** The write-ahead log beside a SQLite file, by which several processes read while one writes (https://www.sqlite.org/wal.html). */
import type Database from 'libsql'

/** How long it is until the next try, ms. */
const PAUSE = 5

/**
 * Has the file written by a log from now on; where it is already, nothing happens. Two processes that open a new file at once are in each other's way, and
 * SQLite tells one of them at once that the file is locked, whatever its `busy_timeout` is (each could wait for the other). So this waits, the whole
 * thread with it, and tries again for `patience` ms; then it throws what SQLite said.
 */
export function beginLog(
  database: Database.Database,
  patience: number,
  clock = (): number => Date.now(),
): void {
  for (const until = clock() + patience; ; pause()) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || clock() >= until) throw error
    }
  }
}

/** Whether another process was in the way; also with an extended code, as SQLITE_BUSY_RECOVERY. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')

const pause = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
