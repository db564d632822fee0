/**
 * Entity tags of files (RFC 9110 §8.8.3), after what is in them: builds that set all times to one, so that they can be repeated, give an
 * `index.html` of another build the same size and time.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Found } from './find.js'

/** Longer files are told by their size and times, bytes. */
const LONGEST = 64 * 1024 * 1024
/** Files whose tags are remembered. */
const MOST = 10_000

/** Gives each file its tag; `fingerprint` goes into all of them. A file is read once. */
export function entityTags(fingerprint: string): (found: Found) => Promise<string> {
  const known = new Map<string, { readonly identity: string; readonly tag: Promise<string> }>()
  return (found) => {
    const { size, mtimeMs, ctimeMs, ino } = found.status
    const identity = [size, mtimeMs, ctimeMs, ino].join('-')
    const before = known.get(found.path)
    if (before?.identity === identity) return before.tag
    const tag =
      size > LONGEST ? Promise.resolve(quoted(identity, fingerprint)) : read(found.path, fingerprint)
    if (known.size >= MOST) known.clear()
    known.set(found.path, { identity, tag })
    // What failed is tried again.
    tag.catch(() => known.delete(found.path))
    return tag
  }
}

/** The tag of this content. */
export const quoted = (content: string | Buffer, fingerprint: string): string =>
  `"${createHash('sha256').update(fingerprint).update(content).digest('base64url').slice(0, 27)}"`

async function read(path: string, fingerprint: string): Promise<string> {
  const hash = createHash('sha256').update(fingerprint)
  await pipeline(createReadStream(path), hash)
  return `"${hash.digest('base64url').slice(0, 27)}"`
}
