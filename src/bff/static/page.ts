/**
 * Pages, whole: what is sent of one, and all that is said of it, is of the same bytes, read from one open file. However often it is replaced meanwhile,
 * no page has the hashes or the tag of another one.
 */
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip } from 'node:zlib'
import { tagOfBytes } from './entity-tag.js'
import { findEncoded } from './find.js'
import type { Found } from './find.js'
import { inlineIn } from './inline.js'
import type { Inline } from './inline.js'
import type { Encoding } from './place.js'

/** A page that is longer is not held, nor searched, bytes. */
const LONGEST = 1024 * 1024
/** Of how many what was worked out is remembered. It is remembered by the content, and stays right. */
const MOST = 1_000

/** A page, read. */
export interface Page {
  /** What is sent of it. */
  readonly bytes: Buffer
  /** Its entity tag. */
  readonly tag: string
  /** How it is encoded; `undefined`: not at all. */
  readonly encoding: Encoding | undefined
  /** What stands in it. */
  readonly inline: Inline
}

/**
 * Reads pages, in the best of the encodings that is there beside it and is that page, byte for byte; `null`: too long to be held (1 MiB). `fingerprint`
 * goes into all tags. Rejects where it cannot be read.
 */
export function pages(
  fingerprint: string,
): (found: Found, encodings: readonly Encoding[]) => Promise<Page | null> {
  const inlineOf = remembered<Inline>()
  /** What is in something encoded, by both tags. */
  const isSame = remembered<Promise<boolean>>()

  return async (found, encodings) => {
    const bytes = await held(found.path)
    if (bytes === null) return null
    const tag = tagOfBytes(fingerprint, bytes)
    const inline = inlineOf(tag, () => inlineIn(bytes.toString()))
    for (const [{ path }, encoding] of await findEncoded(found, encodings)) {
      const shorter = await held(path).catch(() => null)
      if (shorter === null) continue
      const tagOfIt = tagOfBytes(fingerprint, shorter)
      if (await isSame(tag + encoding[0] + tagOfIt, () => isEncoded(bytes, shorter, encoding)))
        return { bytes: shorter, tag: tagOfIt, encoding, inline }
    }
    return { bytes, tag, encoding: undefined, inline }
  }
}

/** All that one open file has in it, whatever takes its name meanwhile; `null`: too much. */
async function held(path: string): Promise<Buffer | null> {
  const file = await open(path)
  try {
    return (await file.stat()).size > LONGEST ? null : await file.readFile()
  } finally {
    await file.close()
  }
}

const decode = { br: promisify(brotliDecompress), gzip: promisify(gunzip) }

/** What cannot be decoded, or is longer, is another one. */
const isEncoded = async (bytes: Buffer, encoded: Buffer, [encoding]: Encoding): Promise<boolean> =>
  decode[encoding](encoded, { maxOutputLength: Math.max(bytes.length, 1) }).then(
    (decoded) => bytes.equals(decoded),
    () => false,
  )

function remembered<Value>(): (key: string, make: () => Value) => Value {
  const known = new Map<string, Value>()
  return (key, make) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const [oldest] = known.keys()
    if (known.size >= MOST && oldest !== undefined) known.delete(oldest)
    const value = make()
    known.set(key, value)
    return value
  }
}
