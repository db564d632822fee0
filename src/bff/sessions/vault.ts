/** Seals the content of sessions, and opens it with their cookie. */
import type { Sealing, SealPurpose } from '../sealing.js'
import type { SessionRecord } from '../stores/store.js'
import { withoutIdp } from './content.js'
import type { SessionContent } from './content.js'

/** Seals and opens the content of records. */
export interface Vault {
  seal(content: SessionContent, key: string, cookie: string): Promise<string>
  /**
   * The content, or `null` where this cookie or these secrets do not open it. What the outside of the record says of the session at the
   * IDP is in it.
   */
  open(
    record: Pick<SessionRecord, 'key' | 'sealed' | 'idpEnded'>,
    cookie: string,
  ): Promise<SessionContent | null>
  /** The content of a live record where it is open already and nothing was learnt from outside since; `null` where it is not. */
  known(record: Pick<SessionRecord, 'key' | 'sealed' | 'idpEnded'>): SessionContent | null
  forget(key: string): void
}

/** How many sessions stay open in memory, so that a busy one is not deciphered at every call. */
const OPEN_SESSIONS = 1000

/** Makes the vault. What it keeps in memory is found only with the very text it was opened from. */
export function createVault({ seal, open }: Sealing): Vault {
  const opened = new Map<string, { readonly sealed: string; readonly content: SessionContent }>()

  const remember = (key: string, sealed: string, content: SessionContent): void => {
    opened.delete(key)
    opened.set(key, { sealed, content })
    for (const oldest of opened.keys()) {
      if (opened.size <= OPEN_SESSIONS) break
      opened.delete(oldest)
    }
  }

  return {
    async seal(content, key, cookie) {
      const sealed = await seal(JSON.stringify(content), purposeOf(key, cookie))
      remember(key, sealed, content)
      return sealed
    },
    async open({ key, sealed, idpEnded }, cookie) {
      const told = (content: SessionContent): SessionContent =>
        idpEnded === null ? content : withoutIdp(content, idpEnded)
      const known = opened.get(key)
      if (known?.sealed === sealed) return told(known.content)
      const text = await open(sealed, purposeOf(key, cookie))
      if (text === null) return null
      const content = JSON.parse(text) as SessionContent
      remember(key, sealed, content)
      return told(content)
    },
    known({ key, sealed, idpEnded }) {
      const known = opened.get(key)
      return idpEnded === null && known?.sealed === sealed ? known.content : null
    },
    forget: (key) => void opened.delete(key),
  }
}

const purposeOf = (key: string, cookie: string): SealPurpose => ({
  purpose: 'session',
  place: key,
  with: cookie,
})
