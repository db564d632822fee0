/** Files in a folder, as they are now: whoever deploys while they are served is served what he deployed. */
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Encoding, Place } from './place.js'
import type { Looked } from './read-once.js'

/** A file that is there: where it really is, and how. */
export interface Found extends Looked {
  /** Where the folder really is. */
  readonly root: string
  /** Its name in the folder: tells its type. */
  readonly name: string
}

/**
 * The file at a place: itself, with `.html`, or the `index.html` of a folder; `null` where there is none. Symbolic links are followed inside the
 * folder, which may be one itself; a place that one of them puts outside of it is said to be there, whatever is there. That the folder is gone is told. Rejects where the file system fails.
 */
export async function find(
  folder: string,
  { segments, kind }: Place,
): Promise<Found | 'outside' | 'no folder' | null> {
  if (kind === 'nothing') return null
  const path = join(...segments, '.')
  const index = join(path, 'index.html')
  const candidates =
    segments.length === 0
      ? [index]
      : kind === 'folder'
        ? [index, `${path}.html`]
        : [path, `${path}.html`, index]
  const root = await real(folder)
  if (root === null) return 'no folder'
  for (const candidate of candidates) {
    const found = await fileAt(root, candidate)
    if (found !== null) return found
  }
  return (await leadsOut(root, segments)) ? 'outside' : null
}

/** Whether a folder on the way to what is not there is a link that leads out: nobody is to learn what is beyond it. */
async function leadsOut(root: string, segments: readonly string[]): Promise<boolean> {
  let path = root
  for (const segment of segments) {
    const next = await real(join(path, segment))
    if (next === null) return false
    if (!isWithin(root, next)) return true
    path = next
  }
  return false
}

/** The files beside it that have what is encoded in one of these in them, by their names: the best first. */
export async function findEncoded(
  found: Found,
  encodings: readonly Encoding[],
): Promise<readonly (readonly [Found, Encoding])[]> {
  const beside = await Promise.all(
    encodings.map(
      async (encoding) => [await fileAt(found.root, found.name + encoding[1]), encoding] as const,
    ),
  )
  return beside.flatMap(([one, encoding]) =>
    one === null || one === 'outside' ? [] : [[one, encoding] as const],
  )
}

async function fileAt(root: string, name: string): Promise<Found | 'outside' | null> {
  const path = await real(join(root, name))
  if (path === null) return null
  if (!isWithin(root, path)) return 'outside'
  const status = await stat(path).catch(none)
  return status?.isFile() === true ? { root, path, name, status } : null
}

const isWithin = (root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)

const real = (path: string): Promise<string | null> => realpath(path).catch(none)

/** Nothing is there; anything else is a fault. */
function none(error: NodeJS.ErrnoException): null {
  if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'].includes(error.code ?? '')) return null
  throw error
}
