/** The three tables of the SQLite store, as prepared statements. Every write here is one atomic statement. */
import type Database from 'libsql'
import { beginLog } from './sqlite-log.js'
import { migrate } from './sqlite-schema.js'
import { immediately, PATIENCE } from './sqlite-transaction.js'
import type { SessionRecord, Tombstone } from './store.js'

const COLUMNS =
  'key, version, ref, subject, idp_session, user_agent, started_at, used_at, expires_at, lease_holder, lease_until, sealed, idp_ended'

/** How long `tryWrite` waits for the write of another process, ms. */
const TRY_PATIENCE = 1_000
/** Twice of what the log grows to by itself, bytes. */
const LOG_KEPT = 8 * 1024 * 1024

interface SessionRow {
  readonly key: string
  readonly version: number
  readonly ref: string
  readonly subject: string
  readonly idp_session: string | null
  readonly user_agent: string
  readonly started_at: number
  readonly used_at: number
  readonly expires_at: number
  readonly lease_holder: string | null
  readonly lease_until: number | null
  readonly sealed: string
  readonly idp_ended: SessionRecord['idpEnded']
}

/** As large as a session with its tokens. Its key is that of no cookie. */
const TRIED: SessionRecord = {
  ...{ key: '', version: 1, ref: '', subject: '', idpSession: '', userAgent: '' },
  ...{ startedAt: 0, usedAt: 0, expiresAt: 0, lease: null, idpEnded: null },
  sealed: ' '.repeat(8_192),
}

/** Sessions, tombstones and what is kept in mind, as {@link openTables} prepares them. */
export type Tables = ReturnType<typeof openTables>

/** Brings the tables up to date, and prepares all that is asked of them. Throws where a later version has written the file. */
export function openTables(database: Database.Database) {
  // First, for another process may be doing the same.
  database.exec(`PRAGMA busy_timeout = ${PATIENCE}`)
  beginLog(database, PATIENCE)
  database.exec('PRAGMA synchronous = NORMAL')
  // Of what the log grew to while somebody read for long, as a backup does, no more is kept when it begins anew.
  database.exec(`PRAGMA journal_size_limit = ${LOG_KEPT}`)
  // Enough for what leads to a session among millions, KiB.
  database.exec('PRAGMA cache_size = -16384')
  // What an ended session sealed is overwritten, not only unlinked.
  database.exec('PRAGMA secure_delete = ON')
  migrate(database)
  const version = database.prepare('PRAGMA data_version').raw()
  const sessions = sessionTable(database)
  return {
    /** Another one after every write of another process (or of another connection). */
    version: (): number => (version.get() as [number])[0],
    /**
     * Writes as much as a login does, and takes it back in the same transaction: nobody ever sees it. Throws where a login would fail; a lock of another
     * process is waited for one second, since nothing else is done here meanwhile.
     */
    tryWrite(): void {
      const write = (): void => {
        sessions.insert(TRIED)
        sessions.delete(TRIED.key)
      }
      immediately(database, write, TRY_PATIENCE)
    },
    sessions,
    tombstones: tombstoneTable(database),
    reminders: reminderTable(database),
  }
}

function sessionTable(database: Database.Database) {
  const select = database.prepare(`SELECT ${COLUMNS} FROM sessions WHERE key = ?`)
  const insert = database.prepare(
    `INSERT INTO sessions (${COLUMNS}) SELECT ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
     WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE key = ?) ON CONFLICT DO NOTHING`,
  )
  const replace = database.prepare(
    `UPDATE sessions SET version = version + 1, ref = ?, subject = ?, idp_session = ?, user_agent = ?, started_at = ?,
     used_at = ?, expires_at = ?, lease_holder = ?, lease_until = ?, sealed = ?, idp_ended = ? WHERE key = ? AND version = ?`,
  )
  const remove = database.prepare('DELETE FROM sessions WHERE key = ?')
  const by = (column: string) => {
    const found = database.prepare(
      `SELECT ${COLUMNS} FROM sessions WHERE ${column} = ? ORDER BY started_at DESC`,
    )
    return (value: string): SessionRecord[] => found.all(value).map((row) => recordOf(row as SessionRow))
  }
  const expired = database.prepare('SELECT key, expires_at FROM sessions WHERE expires_at <= ? LIMIT ?')
  return {
    get(key: string): SessionRecord | null {
      const row = select.get(key) as SessionRow | undefined
      return row === undefined ? null : recordOf(row)
    },
    /** False where the key is taken, by a session or a tombstone. */
    insert: (record: SessionRecord): boolean =>
      insert.run(record.key, ...valuesOf(record), record.key).changes === 1,
    /** False where it is not there, or has another version. */
    replace: (record: SessionRecord, version: number): boolean =>
      replace.run(...valuesOf(record), record.key, version).changes === 1,
    delete: (key: string): void => void remove.run(key),
    byRef: by('ref'),
    bySubject: by('subject'),
    byIdpSession: by('idp_session'),
    expired: (now: number, limit: number): { key: string; expiresAt: number }[] =>
      (expired.all(now, limit) as SessionRow[]).map(({ key, expires_at }) => ({
        key,
        expiresAt: expires_at,
      })),
  }
}

function tombstoneTable(database: Database.Database) {
  const select = database.prepare('SELECT ended_by, at, request FROM tombstones WHERE key = ?')
  const insert = database.prepare('INSERT INTO tombstones (key, ended_by, at, request) VALUES (?, ?, ?, ?)')
  const remove = database.prepare(
    'DELETE FROM tombstones WHERE key IN (SELECT key FROM tombstones WHERE at <= ? LIMIT ?)',
  )
  return {
    get(key: string): Tombstone | null {
      const row = select.get(key) as
        { ended_by: Tombstone['endedBy']; at: number; request: string } | undefined
      return row === undefined ? null : { endedBy: row.ended_by, at: row.at, request: row.request }
    },
    insert: (key: string, { endedBy, at, request }: Tombstone): void =>
      void insert.run(key, endedBy, at, request),
    deleteBefore: (at: number, limit: number): number => remove.run(at, limit).changes,
  }
}

function reminderTable(database: Database.Database) {
  const select = database.prepare('SELECT until FROM reminders WHERE id = ?')
  const upsert = database.prepare(
    'INSERT INTO reminders (id, until) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)',
  )
  const remove = database.prepare(
    'DELETE FROM reminders WHERE id IN (SELECT id FROM reminders WHERE until <= ? LIMIT ?)',
  )
  return {
    until(id: string): number | null {
      const row = select.get(id) as { until: number } | undefined
      return row === undefined ? null : row.until
    },
    upsert: (id: string, until: number): void => void upsert.run(id, until),
    deleteBefore: (now: number, limit: number): number => remove.run(now, limit).changes,
  }
}

// All columns but `key` and `version`, in order.
const valuesOf = (record: SessionRecord): (string | number | null)[] => [
  record.ref,
  record.subject,
  record.idpSession,
  record.userAgent,
  record.startedAt,
  record.usedAt,
  record.expiresAt,
  record.lease?.holder ?? null,
  record.lease?.until ?? null,
  record.sealed,
  record.idpEnded,
]

const recordOf = (row: SessionRow): SessionRecord => ({
  key: row.key,
  version: row.version,
  ref: row.ref,
  subject: row.subject,
  idpSession: row.idp_session,
  userAgent: row.user_agent,
  startedAt: row.started_at,
  usedAt: row.used_at,
  expiresAt: row.expires_at,
  lease:
    row.lease_holder === null || row.lease_until === null
      ? null
      : { holder: row.lease_holder, until: row.lease_until },
  sealed: row.sealed,
  idpEnded: row.idp_ended,
})
