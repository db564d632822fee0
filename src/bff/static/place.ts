/** What a request asks for in a folder of files: by its path alone, nothing is looked up. */
import type { IncomingHttpHeaders } from 'node:http'
import Negotiator from 'negotiator'
import { isHashed } from './hashed.js'

/** A path in the folder. */
export interface Place {
  /** Decoded, one after the other; none of them leads out of the folder, or to what is hidden in it. */
  readonly segments: readonly string[]
  /** What can be there; `nothing`: no file has such a path, but the app may have a page for it. */
  readonly kind: 'file' | 'folder' | 'nothing'
}

/**
 * The place that a request target names, or `null` where that is refused: what is no path; whatever decodes, in this spelling or another one, to a name
 * that begins with a dot (but `.well-known` at the top), or has a control character; and what a decoder in front would take for one of the
 * BFF's doors below `basePath`, or for a probe.
 */
export function placeOf(target: string, basePath: string): Place | null {
  const path = target.split('?', 1)[0] ?? ''
  if (!path.startsWith('/') || path.startsWith('//')) return null
  const encoded = path.slice(1).split('/')
  const isFolder = encoded.at(-1) === ''
  if (isFolder) encoded.pop()
  const segments = encoded.map(decoded)
  const names = segments.flatMap((segment) => segment.split(/[\\/]/))
  if (names.some((name, index) => isRefused(name, index))) return null
  const plain = `/${names.join('/')}/`
  if (plain.startsWith(`${basePath}/`) || probes.has(plain)) return null
  const isNothing = names.length > segments.length || segments.some((segment) => /^$|%/.test(segment))
  return { segments, kind: isNothing ? 'nothing' : isFolder ? 'folder' : 'file' }
}

const probes = new Set(['/healthz/', '/readyz/'])

const isRefused = (name: string, index: number): boolean =>
  CONTROL.test(name) || (name.startsWith('.') && !(index === 0 && name === '.well-known'))

// eslint-disable-next-line no-control-regex -- these are what no name may have
const CONTROL = /[\x00-\x1f\x7f]/

/** Where it cannot be decoded it stays as it is. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Its path, decoded. */
export const pathOf = ({ segments, kind }: Place): string =>
  `/${segments.join('/')}${kind === 'folder' && segments.length > 0 ? '/' : ''}`

/** Whether nothing but a file can be meant, so that the app's page is no answer where it is missing: a script of a build that is gone, say. */
export const isAsset = (path: string, immutable: readonly string[]): boolean =>
  isHashed(path) ||
  /^\/\.well-known(?:\/|$)|^\/assets\/.*\.\w+$/.test(path) ||
  immutable.some((prefix) => path.startsWith(prefix))

/** Whether the request says that it takes HTML: a tab's does; a script's, an image's or a call's does not. */
export const acceptsHtml = (headers: IncomingHttpHeaders): boolean =>
  headers['accept'] !== undefined &&
  new Negotiator({ headers })
    .mediaTypes()
    .some((type) => /^(?:text\/html|application\/xhtml\+xml)$/i.test(type))

/** Encodings the request takes of those that files may be there in beside themselves: the best first. */
export function encodingsFor(headers: IncomingHttpHeaders): readonly Encoding[] {
  const accepted = new Negotiator({ headers }).encodings(encodings.map(([name]) => name))
  return encodings.filter(([name]) => accepted.includes(name))
}

/** An encoding, and what is added to a file's name for it. */
export type Encoding = readonly [name: 'br' | 'gzip', extension: string]

const encodings: readonly Encoding[] = [
  ['br', '.br'],
  ['gzip', '.gz'],
]
