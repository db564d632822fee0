/**
 * The IDP's public keys (`jwks_uri`): fetched when first needed, now and then again, and at once where a token names one that is not among them (OpenID
 * Connect Core §10.1.1). While they cannot be had, those that are known go on for a while.
 */
import { createRemoteJWKSet, customFetch, errors } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import type { Edges } from '../edges.js'
import { NoAnswer, seen, wasAnswered } from './failures.js'

/** Finds the key of a token. */
export interface Keys extends JWTVerifyGetKey {
  /**
   * Begins a verification. What it returns fetches the keys once more, unless that was done a moment ago, and resolves with whether they
   * were fetched since the beginning. Keys that never change have none.
   */
  begin?(): () => Promise<boolean>
}

/** Those of an IDP. */
export interface FetchedKeys extends Keys {
  /** Resolves when there are keys; rejects with a {@link NoAnswer} where they cannot be had. */
  ready(): Promise<void>
}

/** How soon after an unknown key, or a fetch in vain, the keys may be fetched again, ms: forged tokens do not make the BFF a burden to the IDP. */
const COOLDOWN = 30_000
/** How long keys are used before they are fetched again, ms: so long one that was withdrawn is believed. */
const MAX_AGE = 10 * 60_000
/** The same where they cannot be had, ms: an IDP whose keys are out of reach for longer has to come back first. */
const STALE = 24 * 60 * 60_000

/** The keys at an address, `timeout` in seconds. Fetches nothing yet. */
export function createKeys(
  address: string,
  timeout: number,
  edges: Pick<Edges, 'fetch' | 'now'>,
): FetchedKeys {
  let answer: Response | undefined
  const known = createRemoteJWKSet(new URL(address), {
    [customFetch]: async (url, init) => (answer = await edges.fetch(url, init as RequestInit)),
    timeoutDuration: timeout * 1000,
    // Both are kept here: by our clock, and so that a key is known that was changed right after a fetch.
    cooldownDuration: Infinity,
    cacheMaxAge: Infinity,
  })
  let loadedAt: number | undefined
  let loads = 0
  let loading: Promise<void> | undefined
  let quietUntil = -Infinity
  let coolUntil = -Infinity

  const fetchAll = async (): Promise<void> => {
    answer = undefined
    try {
      await known.reload()
      loadedAt = edges.now()
      loads += 1
    } catch (cause) {
      const isUnusable = cause instanceof errors.JOSEError && !(cause instanceof errors.JWKSTimeout)
      const fault =
        isUnusable && answer !== undefined
          ? { code: 'keys_unusable', expected: 'HTTP 200 and a JWK Set', found: seen(answer) }
          : undefined
      throw new NoAnswer('The keys of the IDP cannot be had.', { lost: false, fault, cause })
    } finally {
      loading = undefined
      answer = undefined
    }
  }
  const load = (): Promise<void> => (loading ??= fetchAll())
  /** Whether the IDP has none: no token passes then. */
  const isEmpty = (): boolean => known.jwks()?.keys.length === 0

  /** Fetches them where they are old; what is known serves where that fails. */
  const freshen = async (): Promise<void> => {
    if (loadedAt === undefined) return load()
    const now = edges.now()
    const age = now - loadedAt
    if (age < MAX_AGE || (now < quietUntil && age < STALE)) return
    quietUntil = now + COOLDOWN
    await load().catch((error: unknown) => {
      if (age >= STALE) throw error
    })
  }

  const find: JWTVerifyGetKey = async (header, token) => {
    await freshen()
    try {
      return await known(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !mayLoad()) throw error
      await load()
      return known(header, token)
    }
  }
  /** Whether they are being fetched, or may be: once in a while, whatever tokens come. */
  const mayLoad = (): boolean => {
    if (loading !== undefined) return true
    if (edges.now() < coolUntil) return false
    coolUntil = edges.now() + COOLDOWN
    return true
  }
  return Object.assign(find, {
    async ready() {
      if (loadedAt === undefined || isEmpty()) await load()
      if (isEmpty())
        throw new NoAnswer('The IDP has no keys.', {
          lost: false,
          fault: { code: 'keys_unusable', expected: 'a key at jwks_uri', found: 'none' },
        })
    },
    begin: () => {
      const before = loads
      return async () => {
        if (loads === before && mayLoad()) await load().catch(() => {})
        return loads !== before
      }
    },
  })
}

/**
 * What comes of a verification with the IDP's keys, which is made once more with those of now where a signature is not that of the key it
 * names: an IDP that was set up anew may give its next key the name of the last. Rejects with jose's error where the token is wrong, with
 * {@link NoAnswer} where the keys cannot be had.
 */
export async function verifiedBy<Result>(keys: Keys, verify: () => Promise<Result>): Promise<Result> {
  const haveChanged = keys.begin?.()
  try {
    return await verify().catch(async (error: unknown) => {
      const isOtherKey = error instanceof errors.JWSSignatureVerificationFailed && (await haveChanged?.())
      if (isOtherKey) return verify()
      throw error
    })
  } catch (cause) {
    const wrong = cause instanceof errors.JOSEError && cause.code !== 'ERR_JOSE_GENERIC'
    const unusable = cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid
    if (wrong && !unusable) throw cause
    const fault = wasAnswered(cause) ? cause : undefined
    throw new NoAnswer('The keys of the IDP cannot be had.', { lost: true, fault, cause })
  }
}
