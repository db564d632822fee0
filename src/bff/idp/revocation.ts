/** Revokes tokens (RFC 7009). A session is over before anything is revoked, and stays so whatever comes of it. */
import * as oidc from 'openid-client'
import type { Edges } from '../edges.js'
import { failureIn, NoAnswer } from './failures.js'
import { errorEntry } from '../log.js'
import type { Log } from '../log.js'
import type { MetadataSource } from './metadata.js'

/** How long after a try in vain the next one is made, ms. After the last one, what is not revoked runs out. */
const PAUSES = [2_000, 15_000, 120_000]

/** What a token is (RFC 7009 §2.1, `token_type_hint`). */
export type TokenKind = 'access_token' | 'refresh_token'

/** Revokes tokens. */
export interface Revocation {
  /**
   * Resolves after the first try with whether nothing is left to be revoked, and never rejects. Where the IDP gave no answer it is tried again in
   * the background, no sooner than it allows; a refusal is an answer. An IDP that cannot revoke at all is not asked.
   */
  revoke(token: string, kind?: TokenKind): Promise<boolean>
  /** Tries nothing again. */
  close(): void
}

/** Makes the revocation. */
export function createRevocation(source: MetadataSource, edges: Pick<Edges, 'timer'>, log: Log): Revocation {
  const waiting = new Set<() => void>()
  let isClosed = false
  const again = (token: string, kind: TokenKind, tries: number, pause: number): void => {
    const cancel = edges.timer(
      () => {
        waiting.delete(cancel)
        void attempt(token, kind, tries)
      },
      pause,
      true,
    )
    waiting.add(cancel)
  }
  const attempt = async (token: string, kind: TokenKind, tries: number): Promise<boolean> => {
    try {
      const { client, metadata } = await source.get()
      if (metadata.revocation_endpoint !== undefined)
        await oidc.tokenRevocation(client, token, { token_type_hint: kind })
      return true
    } catch (error) {
      const next = isRefusal(error) || isClosed ? undefined : PAUSES[tries]
      const failure = failureIn(error)
      const asked = failure instanceof NoAnswer ? failure.retryAfter : undefined
      const pause = next && Math.max(next, asked ?? 0)
      log.warn(
        { event: 'revocation_failed', token: kind, again_in: pause, ...errorEntry(error) },
        'A token could not be revoked.',
      )
      if (pause !== undefined) again(token, kind, tries + 1, pause)
      return false
    }
  }
  return {
    revoke: (token, kind = 'refresh_token') => attempt(token, kind, 0),
    close() {
      isClosed = true
      for (const cancel of waiting) cancel()
    },
  }
}

/** Whether the IDP answered no: an OAuth error that is not about the moment (RFC 7009 §2.2.1). */
const isRefusal = (error: unknown): boolean =>
  error instanceof oidc.ResponseBodyError &&
  error.status < 429 &&
  !['temporarily_unavailable', 'server_error'].includes(error.error)
