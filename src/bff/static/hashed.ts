/**
 * Names that a bundler gave to files after their content (`index-BfT3xQ2a.js`, `main.3f2a1b9c.css`, `chunk-VF5C5P4E.js.map`): only those may be kept for
 * ever. A mistake would keep what changes for a year, and costs more than a 304 where a hash is not recognised.
 */
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Found } from './find.js'
import { readOnce } from './read-once.js'

/**
 * Whether the name itself tells it. Of scripts and style sheets eight characters with capitals, small letters and digits are a hash, and so is any
 * hexadecimal number; of all else only what no word, version, date or size is: `SemiBold`, `Chapter1`, `Guide-V3`, `01feb2024`, `1920x1080`.
 */
export function isHashed(path: string): boolean {
  const { name, isCode } = codeAt(path)
  const last = /[.-]([A-Za-z\d]{8,64})\.\w+$/.exec(name)?.[1] ?? ''
  if (/^[\da-f]+$/.test(last)) return isCode ? /[a-f]/.test(last) : turnsIn(last) > 2 && !DATE.test(last)
  const eight = eightOf(name)
  if (isCode && /^[A-Z2-7]{8}$/.test(eight)) return /\d[A-Z]/.test(eight)
  if (isCode && turnsIn(last) > 4) return true
  // Base64url, with all its characters.
  if (!/[A-Z]/.test(eight) || !/[a-z]/.test(eight) || !/\d/.test(eight)) return false
  const doubts = Number(!isCode) + Number(/[-_]/.test(eight))
  return turnsIn(eight) >= (ENOUGH[doubts] ?? 0)
}

/**
 * Whether it is a script or a style sheet whose hash has no digit, among nothing but others with one: in the folder that a bundler wrote
 * (`index-BxKqWzab.js` of Vite). `app-settings.js` is none.
 */
export function hashedAmongOthers(): (found: Found, path: string) => Promise<boolean> {
  const isBundled = readOnce(async ({ path }) => isOfBundler(await readdir(path)), { most: 1000 })
  return async (found, path) => {
    const { name, isCode } = codeAt(path)
    if (!isCode || !/[A-Z]/.test(eightOf(name))) return false
    const folder = join(found.root, dirname(found.name))
    return isBundled({ path: folder, status: await stat(folder) })
  }
}

/** Whether all scripts and style sheets among these names end in what may be a hash, and one does in what is. */
export function isOfBundler(names: readonly string[]): boolean {
  const code = names.map(codeAt).filter(({ isCode }) => isCode)
  return code.every(({ name }) => eightOf(name) !== '') && code.some(({ name }) => isHashed(name))
}

/** How mixed a hash must be, by how much speaks against it. */
const ENOUGH = [0, 5, 6]

const DATE = /^\d{1,2}(?:feb|dec)\d{2,4}$/

/** The name at the end of a path, without what is added to a name, and whether it is of what bundlers write. */
function codeAt(path: string): { readonly name: string; readonly isCode: boolean } {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/(?:\.map)?(?:\.(?:br|gz))?$/, '')
  return { name, isCode: /\.(?:m?js|css|wasm)$/.test(name) }
}

const eightOf = (name: string): string => /[.-]([\w-]{8})\.\w+$/.exec(name)?.[1] ?? ''

/** How many words, numbers and capitals in a row it is put together of: random ones have many. */
const turnsIn = (text: string): number => text.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g)?.length ?? 0
