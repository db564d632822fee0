/** Whether there can be a session store in a file: told without opening it, and without making it. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { laterVersion, SCHEMA_VERSION } from './sqlite-schema.js'

/** What a SQLite file begins with (https://www.sqlite.org/fileformat.html §1.3). */
const MAGIC = 'SQLite format 3\0'
/** Where `PRAGMA user_version` is in its head, and how long that is, bytes. */
const USER_VERSION = 60
const HEAD = 100

/**
 * Why no store can be opened at `path`, and what to do; `null` where nothing is in the way. Where there is no file yet, its folder must be there;
 * a file must be a SQLite database, of no later version than this one. What SQLite keeps beside it has to be written, too.
 */
export function sqliteFault(path: string): string | null {
  if (path === ':memory:') return null
  const folder = dirname(path)
  try {
    const around = statOf(folder)
    if (around === null) return `there is no folder ${folder}. Make it, or name a file elsewhere.`
    if (!around.isDirectory()) return `${folder} is no folder. Name a file in one.`
    if (!isAllowed(folder, constants.W_OK | constants.X_OK))
      return `this process may not write in ${folder}. Let it, or name a file elsewhere.`
    const there = statOf(path)
    if (there === null) return null
    if (there.isDirectory()) return `${path} is a folder. Name a file in it.`
    if (!there.isFile()) return `${path} is no file. Name one.`
    if (!isAllowed(path, constants.R_OK | constants.W_OK))
      return `this process may not read and write ${path}. Let it, or name another file.`
    return there.size === 0 ? null : contentFault(path)
  } catch (error) {
    return `${error instanceof Error ? error.message : error}. Name a file elsewhere.`
  }
}

function contentFault(path: string): string | null {
  const head = headOf(path)
  if (head.length < HEAD || head.toString('latin1', 0, MAGIC.length) !== MAGIC)
    return `${path} is not a SQLite database. Name another file, or move that one away.`
  // A newer one may still be in the log beside it: then opening tells.
  const version = head.readUInt32BE(USER_VERSION)
  return version > SCHEMA_VERSION ? `${path} ${laterVersion(version)}` : null
}

function headOf(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(HEAD)
    return head.subarray(0, readSync(file, head, 0, HEAD, 0))
  } finally {
    closeSync(file)
  }
}

/** `null`: there is nothing. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null
    throw error
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
