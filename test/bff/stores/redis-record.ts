/** Records for the tests of what Redis keeps beside them: indexes and what is swept. */
import type { SessionRecord } from '../../../src/bff/stores/store.js'

/** When the records of {@link record} are from, ms since the epoch. */
export const NOW = 1_700_000_000_000

/** A record of alice's that ends a second after {@link NOW}, but for `changes`. */
export const record = (key: string, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  key,
  version: 1,
  ref: `ref-${key}`,
  subject: 'alice',
  idpSession: null,
  userAgent: '',
  startedAt: NOW,
  usedAt: NOW,
  expiresAt: NOW + 1000,
  lease: null,
  idpEnded: null,
  sealed: '',
  ...changes,
})
