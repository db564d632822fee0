/** The tables of the SQLite store, by version: `PRAGMA user_version` says which one a file has. */
import type Database from 'libsql'
import { immediately } from './sqlite-transaction.js'

/** What each version adds to the one before; the first is version 1. A version that was released is never changed. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY, version INTEGER NOT NULL, ref TEXT NOT NULL, subject TEXT NOT NULL, idp_session TEXT,
    user_agent TEXT NOT NULL, started_at INTEGER NOT NULL, used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    lease_holder TEXT, lease_until INTEGER, sealed TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_ref ON sessions (ref);
  CREATE INDEX IF NOT EXISTS sessions_subject ON sessions (subject);
  CREATE INDEX IF NOT EXISTS sessions_idp_session ON sessions (idp_session) WHERE idp_session IS NOT NULL;
  CREATE INDEX IF NOT EXISTS sessions_expires_at ON sessions (expires_at);
  CREATE TABLE IF NOT EXISTS tombstones (
    key TEXT PRIMARY KEY, ended_by TEXT NOT NULL, at INTEGER NOT NULL, request TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS tombstones_at ON tombstones (at);
  CREATE TABLE IF NOT EXISTS reminders (id TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS reminders_until ON reminders (until);
  `,
  'ALTER TABLE sessions ADD COLUMN idp_ended TEXT;',
]

/** The version this code writes. */
export const SCHEMA_VERSION = MIGRATIONS.length

/**
 * Brings a file to {@link SCHEMA_VERSION}, all or nothing, and one process at a time. Throws where it has a later one: what that means is not known
 * here.
 */
export function migrate(database: Database.Database): void {
  immediately(database, () => {
    const told = numberOf(database)
    if (told > SCHEMA_VERSION) throw new Error(`The session store ${laterVersion(told)}`)
    if (told === SCHEMA_VERSION) return
    for (const migration of MIGRATIONS.slice(told === 0 ? seen(database) : told)) database.exec(migration)
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  })
}

/** What is said of a file of another schema. */
export const laterVersion = (schema: number): string =>
  `was written by a later version (schema ${schema}, this one knows ${SCHEMA_VERSION}). Run that version, or name another file.`

function numberOf(database: Database.Database): number {
  const [row] = database.prepare('PRAGMA user_version').all() as { readonly user_version: number }[]
  return row?.user_version ?? 0
}

/** Files of before there were versions have no number, but what they have can be seen. */
function seen(database: Database.Database): number {
  const columns = database.prepare('PRAGMA table_info(sessions)').all() as { readonly name: string }[]
  if (columns.length === 0) return 0
  return columns.some(({ name }) => name === 'idp_ended') ? 2 : 1
}
