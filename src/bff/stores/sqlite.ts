/** Sessions in a SQLite file: they survive a restart, and several instances on one machine may share it. */
import { resolve } from 'node:path'
import Database from 'libsql'
import { createProbe } from './probe.js'
import { createRecent } from './recent.js'
import { sameFiles } from './same-file.js'
import { sqliteFault } from './sqlite-file.js'
import { openTables } from './sqlite-tables.js'
import type { Tables } from './sqlite-tables.js'
import { immediately } from './sqlite-transaction.js'
import { settling } from './settling.js'
import { TOMBSTONE_LIFETIME } from './store.js'
import type { Found, SessionFilter, SessionRecord, SessionStore, Tombstone } from './store.js'

/** How much one {@link SessionStore.deleteExpired} removes at most. */
const BATCH = 500
/** How long a process that leaves waits for the others, so that the log can be emptied, ms. The last one to leave does it anyway. */
const LEAVE_PATIENCE = 100

/**
 * A store in the SQLite file at `path`, which is made where it is not there. Throws where it cannot be opened: its folder
 * must exist and be writable. Once the file was removed or replaced, nothing is taken any more that would be lost with it: writes reject, and ends, which are
 * in force here, do too.
 */
export function sqliteStore(path: string): SessionStore {
  const database = open(path)
  let opened: Tables | null = tablesOf(database, path)
  const tables = (): Tables => {
    if (opened === null) throw new Error('The session store is closed.')
    return opened
  }
  const atomic = <Result>(work: () => Result): Result => {
    recent.forget()
    return immediately(database, work)
  }
  // The process may go to another folder.
  const [file, log] = [resolve(path), resolve(`${path}-wal`)]
  // SQLite is asked itself. The times of the log would not tell: a write waits for the disk when it is in there, and counts only afterwards.
  const recent = createRecent(() => tables().version())
  const stillThere = sameFiles(path === ':memory:' ? [] : [file, log])
  /** Throws where what is written now would be lost. */
  const lasting = (): Tables => {
    const open = tables()
    stillThere()
    return open
  }
  const ping = createProbe(
    () => tables().sessions.get(''),
    () => tables().tryWrite(),
  )

  /** The same for an end: it is on the disk before it is told of, and no power cut brings the session back. */
  const forGood = <Result>(work: () => Result): Result => {
    database.exec('PRAGMA synchronous = FULL')
    try {
      return atomic(work)
    } finally {
      database.exec('PRAGMA synchronous = NORMAL')
    }
  }

  const bury = (key: string, tombstone: Tombstone): void => {
    tables().sessions.delete(key)
    tables().tombstones.insert(key, tombstone)
  }

  const read = (key: string): Found | null => {
    const record = tables().sessions.get(key)
    if (record !== null) return { state: 'live', record }
    const tombstone = tables().tombstones.get(key)
    return tombstone === null ? null : { state: 'ended', tombstone }
  }

  return settling({
    sharedBy: path === ':memory:' ? 'process' : 'machine',
    async create(record) {
      const { sessions } = lasting()
      return immediately(database, () => sessions.insert(record))
    },
    get: async (key) => recent.get(key, () => read(key)),
    peek: (key) => recent.peek(key, () => read(key)),
    async replace(record, version) {
      const { sessions } = lasting()
      recent.forget(record.key)
      return immediately(database, () => sessions.replace(record, version))
    },
    async delete(key, tombstone) {
      const record = forGood(() => {
        const live = tables().sessions.get(key)
        if (live !== null) bury(key, tombstone)
        return live
      })
      lasting()
      return record
    },
    async deleteWhere(filter, tombstone) {
      const records = forGood(() => {
        const live = find(filter)
        for (const { key } of live) bury(key, tombstone)
        return live
      })
      lasting()
      return records
    },
    list: async (filter, now) => find(filter).filter((record) => record.expiresAt > now),
    async remember(id, until) {
      const { reminders } = lasting()
      return atomic(() => {
        const known = reminders.until(id)
        reminders.upsert(id, until)
        return known === null
      })
    },
    remembered: async (id) => tables().reminders.until(id),
    deleteExpired: async (now) =>
      atomic(() => {
        const expired = tables().sessions.expired(now, BATCH)
        for (const { key, expiresAt } of expired)
          bury(key, { endedBy: 'app_session_over', at: expiresAt, request: '' })
        const { tombstones, reminders } = tables()
        return (
          expired.length +
          tombstones.deleteBefore(now - TOMBSTONE_LIFETIME, BATCH) +
          reminders.deleteBefore(now, BATCH)
        )
      }),
    async ping() {
      lasting()
      await ping()
    },
    close: async () => {
      if (opened === null) return
      opened = null
      // No other process can write while this waits for those that read: one that reads for long, as a backup does, is not waited for.
      database.exec(`PRAGMA busy_timeout = ${LEAVE_PATIENCE}`)
      // Nothing of an ended session stays behind in the log either.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      database.close()
    },
  })

  function find(filter: SessionFilter): SessionRecord[] {
    const { sessions } = tables()
    if ('ref' in filter) return sessions.byRef(filter.ref)
    const { subject, idpSession } = filter
    if (idpSession === undefined) return sessions.bySubject(subject ?? '')
    const found = sessions.byIdpSession(idpSession)
    return subject === undefined ? found : found.filter((record) => record.subject === subject)
  }
}

function open(path: string): Database.Database {
  try {
    return new Database(path)
  } catch (cause) {
    throw unopened(path, cause)
  }
}

function tablesOf(database: Database.Database, path: string): Tables {
  try {
    return openTables(database)
  } catch (cause) {
    database.close()
    throw unopened(path, cause)
  }
}

/** What is in the way, as far as it can be seen from outside; else what SQLite says. */
const unopened = (path: string, cause: unknown): Error => {
  const why = sqliteFault(path) ?? (cause instanceof Error ? cause.message : String(cause))
  return new Error(`The session store ${path} cannot be opened: ${why}`, { cause })
}
