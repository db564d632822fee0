/** Revokes refresh tokens (RFC 7009). A session is over before anything is revoked, and stays so whatever comes of it. */
import * as oidc from 'openid-client'
import type { Edges } from '../edges.js'
import { errorEntry } from '../log.js'
import type { Log } from '../log.js'
import type { MetadataSource } from './metadata.js'

/** How long after a try in vain the next one is made, ms. After the last one, what is not revoked runs out. */
const PAUSES = [2_000, 15_000, 120_000]

/** Revokes refresh tokens. */
export interface Revocation {
  /**
   * Resolves after the first try, and never rejects. Where the IDP gave no answer it is tried again in the background; a refusal is an answer.
   */
  revoke(refreshToken: string): Promise<void>
  /** Tries nothing again. */
  close(): void
}

/** Makes the revocation. */
export function createRevocation(source: MetadataSource, edges: Pick<Edges, 'timer'>, log: Log): Revocation {
  const waiting = new Set<() => void>()
  let isClosed = false
  const again = (refreshToken: string, tries: number, pause: number): void => {
    const cancel = edges.timer(
      () => {
        waiting.delete(cancel)
        void attempt(refreshToken, tries)
      },
      pause,
      true,
    )
    waiting.add(cancel)
  }
  const attempt = async (refreshToken: string, tries: number): Promise<void> => {
    try {
      const { client, metadata } = await source.get()
      if (metadata.revocation_endpoint === undefined) return
      await oidc.tokenRevocation(client, refreshToken, { token_type_hint: 'refresh_token' })
    } catch (error) {
      const pause = isRefusal(error) || isClosed ? undefined : PAUSES[tries]
      log.warn(
        { event: 'revocation_failed', again_in: pause, ...errorEntry(error) },
        'A refresh token could not be revoked.',
      )
      if (pause !== undefined) again(refreshToken, tries + 1, pause)
    }
  }
  return {
    revoke: (refreshToken) => attempt(refreshToken, 0),
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
