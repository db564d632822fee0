/** What a store's failure means to whoever runs it, by the code of the error: the error's own message may quote what was sent. */
import { FILE_GONE } from './same-file.js'

const FULL =
  'The session store takes no writes, its disk is full: nobody can sign in. Make room, or move the store.'
const READ_ONLY =
  'The session store takes no writes, its file or file system is read-only: nobody can sign in. Let this process write there.'

const REMEDIES: Readonly<Record<string, string>> = {
  __proto__: null as never,
  [FILE_GONE]:
    'The file of the session store was removed or replaced while it was open, and nobody can sign in: what is written now would be lost. Put that very file back, or restart this process, which then begins with what is there.',
  SQLITE_FULL: FULL,
  SQLITE_READONLY: READ_ONLY,
  SQLITE_BUSY:
    'The session store takes no writes, another process keeps it locked. Look for one that has a transaction open in its file.',
  SQLITE_IOERR: 'The session store fails to read or write its file. Look at its disk.',
  OOM: 'Redis takes no writes, its memory is full (maxmemory): nobody can sign in. Give it more, or remove what else is in it.',
  READONLY:
    'Redis takes no writes, it is a replica: nobody can sign in. Name the primary in "store", or the sentinels that know it.',
  MISCONF:
    'Redis takes no writes, for it cannot save them: nobody can sign in. Look at its log, and at its disk.',
  NOREPLICAS:
    'Redis takes no writes, it has fewer replicas than min-replicas-to-write: nobody can sign in. Bring them back.',
  NOPERM: 'Redis does not let its user do what is needed. Give it the rules of docs/configuration.md.',
}

/** What happened, and what to do. Extended codes of SQLite (`SQLITE_READONLY_DBMOVED`) are their first two words where they are not known. */
export function storeRemedy(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const short = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code
  return REMEDIES[code] ?? REMEDIES[short] ?? 'The session store does not answer.'
}
