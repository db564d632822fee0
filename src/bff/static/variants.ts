/** A file as it is, and encoded beforehand beside itself (RFC 9110 §8.4): `app.js.br`, `app.js.gz`. */
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { entityTags } from './entity-tag.js'
import { findEncoded } from './find.js'
import type { Found } from './find.js'
import type { Encoding } from './place.js'

/** What there is of files. */
export interface Variants {
  /** The entity tag of one of them. */
  tagOf(file: Found): Promise<string>
  /**
   * What is beside the file and encoded in one of these, the best first; `null`: nothing. It is what the file is, byte for byte, and not left over from
   * another build: the file's name says so where that is after its content, else both are read, once. Times tell nothing: builds and copies set them.
   */
  encodedOf(
    file: Found,
    encodings: readonly Encoding[],
    isImmutable: boolean,
  ): Promise<readonly [Found, Encoding] | null>
}

/** Looks at files; `fingerprint` goes into all tags. */
export function variants(fingerprint: string): Variants {
  const tagOf = entityTags(fingerprint)
  const decodedTagOf = {
    br: entityTags(fingerprint, createBrotliDecompress),
    gzip: entityTags(fingerprint, createGunzip),
  }
  return {
    tagOf,
    async encodedOf(file, encodings, isImmutable) {
      for (const [beside, encoding] of await findEncoded(file, encodings)) {
        if (isImmutable) return [beside, encoding]
        // What cannot be decoded is none.
        const decoded = await decodedTagOf[encoding[0]](beside).catch(() => null)
        if (decoded === (await tagOf(file))) return [beside, encoding]
      }
      return null
    },
  }
}
