/** Under which indexes sessions are filed: HMACs of who they belong to, so that a store tells nothing of it. */
import { createMac } from '../mac.js'
import type { ResolvedOptions } from '../options.js'
import type { SessionFilter, SessionRecord } from '../stores/store.js'

/** Whose sessions: the user's, those of one session at the IDP, or both. */
export type UserFilter =
  { readonly sub: string; readonly sid?: string } | { readonly sub?: string; readonly sid: string }

/** The same in the words of the store. */
export type IndexFilter = Exclude<SessionFilter, { readonly ref: string }>

/** Indexes of sessions. */
export interface Filing {
  /** Where a new session is filed. */
  of(sub: string, sid: string | undefined): Promise<Pick<SessionRecord, 'subject' | 'idpSession'>>
  /** The store's filters for one of ours: one for every secret, for records keep the index they were written with. */
  filters(filter: UserFilter): Promise<IndexFilter[]>
  /** Whether a record is of the user `sub`. */
  belongs(record: Pick<SessionRecord, 'subject'>, sub: string): Promise<boolean>
}

/** Makes the indexes of one issuer. */
export function createFiling({ idp: { issuer }, secrets }: Pick<ResolvedOptions, 'idp' | 'secrets'>): Filing {
  const index = createMac(secrets, 'index')
  const subject = (sub: string): string => JSON.stringify(['sub', issuer, sub])
  const idpSession = (sid: string): string => JSON.stringify(['sid', issuer, sid])
  return {
    of: async (sub, sid) => ({
      subject: await index.of(subject(sub)),
      idpSession: sid === undefined ? null : await index.of(idpSession(sid)),
    }),
    async filters({ sub, sid }) {
      const subjects = sub === undefined ? [] : await index.all(subject(sub))
      const idpSessions = sid === undefined ? [] : await index.all(idpSession(sid))
      return secrets.flatMap((_, i): IndexFilter[] => {
        const one = subjects[i]
        const other = idpSessions[i]
        if (one !== undefined) return [{ subject: one, ...(other !== undefined && { idpSession: other }) }]
        return other === undefined ? [] : [{ idpSession: other }]
      })
    },
    belongs: async (record, sub) => (await index.all(subject(sub))).includes(record.subject),
  }
}
