/**
 * Entity tags of files (RFC 9110 §8.8.3), after what is in them: builds that set all times to one, so that they can be repeated, give an
 * `index.html` of another build the same size and time.
 */
import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { identityOf, readOnce } from './read-once.js'
import type { Looked } from './read-once.js'

/** Longer files are told by their size and times, bytes. */
const LONGEST = 64 * 1024 * 1024

/**
 * Gives each file its tag; `fingerprint` goes into all of them. A file is read once. With `decode` it is the tag of what is encoded in it, and rejects
 * where nothing is.
 */
export function entityTags(fingerprint: string, decode?: () => Transform): (file: Looked) => Promise<string> {
  return readOnce(async ({ path, status }) => {
    const hash = createHash('sha256').update(fingerprint)
    if (status.size > LONGEST) hash.update(identityOf(status))
    else if (decode === undefined) await pipeline(createReadStream(path), hash)
    else await pipeline(createReadStream(path), decode(), hash)
    return textOf(hash)
  })
}

/** The same tag, of what was read. */
export const tagOfBytes = (fingerprint: string, bytes: Buffer): string =>
  textOf(createHash('sha256').update(fingerprint).update(bytes))

const textOf = (hash: Hash): string => `"${hash.digest('base64url').slice(0, 27)}"`
