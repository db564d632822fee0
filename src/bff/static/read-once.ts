/** What is known of files by reading them, remembered for as long as they are the same. */
import type { Stats } from 'node:fs'

/** A file, or a folder, as it was when it was looked at. */
export interface Looked {
  readonly path: string
  readonly status: Stats
}

/** How many are remembered at most. */
const MOST = 10_000

/** The clock of a file system may tick so coarsely: what has changed later than that before it was looked at may change unseen. ms */
const GRAIN = 2_000

/** Tells one state of a file from another one, as far as the file system does. */
export const identityOf = ({ size, mtimeMs, ctimeMs, ino }: Stats): string =>
  [size, mtimeMs, ctimeMs, ino].join('-')

/**
 * The same function, which reads each file once for as long as that is the same; a failure is not remembered, nor is what has only just been
 * written. Of `most` files at once; `now`: ms since the epoch.
 */
export function readOnce<Read>(
  read: (file: Looked) => Promise<Read>,
  { most = MOST, now = Date.now }: { readonly most?: number; readonly now?: () => number } = {},
): (file: Looked) => Promise<Read> {
  const known = new Map<string, { readonly identity: string; readonly content: Promise<Read> }>()
  return (file) => {
    const identity = identityOf(file.status)
    const before = known.get(file.path)
    if (before?.identity === identity) return before.content
    const content = read(file)
    // A clock that was put back is no reason to read again and again.
    if (Math.abs(now() - file.status.ctimeMs) < GRAIN) return content
    known.delete(file.path)
    const [oldest] = known.keys()
    if (known.size >= most && oldest !== undefined) known.delete(oldest)
    const entry = { identity, content }
    known.set(file.path, entry)
    content.catch(() => known.get(file.path) === entry && known.delete(file.path))
    return content
  }
}
