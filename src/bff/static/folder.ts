/** What a folder of files must have for what it is to be served as: looked at once, before anything is served. */
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { join, resolve } from 'node:path'
import { optionName } from '../validate-checks.js'
import type { Fault, Path } from '../validate-checks.js'
import type { StaticOptions } from './options.js'

/**
 * What is wrong with the folder: it is not there or none, it cannot be read, or has no `index.html` where that is needed: with a nonce, which must stand in it, and
 * where there is no other page. `path`: where the option is; `base`: where relative paths begin. What is missing of the option is wrong by itself, and not told here.
 */
export function folderFaults(
  given: string | Partial<StaticOptions> | undefined,
  path: Path,
  base = '.',
): Fault[] {
  const { folder: named, nonce }: Partial<StaticOptions> =
    typeof given === 'string' ? { folder: given } : (given ?? {})
  if (named === undefined) return []
  const folder = resolve(base, named)
  const fault = (message: string, ...more: string[]): Fault[] => [
    { option: optionName([...path, ...more]), message },
  ]
  const missing = (what: string): string => `there is no ${what}. Build the app, name the folder that has one`
  try {
    const there = statOf(folder)
    if (there === null) return fault(`there is no folder ${folder}. Create it, or leave the option out.`)
    if (!there.isDirectory())
      return fault(`there is no folder ${folder}: that is a file. Name the folder it is in.`)
    const page = join(folder, 'index.html')
    if (statOf(page)?.isFile() !== true) {
      if (nonce !== undefined)
        return fault(`${missing(page)}, or leave the option out: the nonce stands nowhere.`, 'nonce')
      const isPage = (name: string): boolean => /\.html$/i.test(name)
      return readdirSync(folder).some(isPage) ? [] : fault(`${missing(page)}, or leave the option out.`)
    }
    accessSync(page, constants.R_OK)
    if (nonce === undefined || readFileSync(page, 'utf8').includes(nonce)) return []
    return fault(
      `stands nowhere in ${page}. Write it where a nonce is due, e.g. <script nonce="${nonce}">, or leave the option out.`,
      'nonce',
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return fault(`${folder} cannot be read: ${why}. Let this process read it, or name another folder.`)
  }
}

/** `null`: there is nothing. */
function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null
}
