/** The tables of docs/security.md, made of the list and of where its tests are. `npx tsx test/threats/document.ts` writes them there. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { groups, threats } from './list.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The document. */
export const DOCUMENT = join(root, 'docs', 'security.md')

const BEGIN = '<!-- threats: made by test/threats/document.ts -->'
const END = '<!-- /threats -->'

/** Which files have a test whose title begins with each id. */
export function testsById(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const folders = ['test/threats', 'test/threats/fuzz']
  for (const folder of folders)
    for (const name of readdirSync(join(root, folder)).toSorted()) {
      if (!name.endsWith('.test.ts')) continue
      const file = `${folder}/${name}`
      const text = readFileSync(join(root, file), 'utf8')
      for (const [, id = ''] of text.matchAll(
        /\b(?:it|test)(?:\.each\([^]*?\))?\(\s*['"`]((?:T|X|P)\d+)\b/g,
      )) {
        const files = found.get(id) ?? []
        if (!files.includes(file)) files.push(file)
        found.set(id, files)
      }
    }
  return found
}

/** The tables as they ought to be. */
export function tables(): string {
  const tests = testsById()
  const short = (file: string): string => `[${file.replace(/^test\//, '')}](../${file})`
  const parts = groups.map(({ title, rows }) => {
    const lines = rows.map(({ id, name, defence, also = [] }) => {
      const files = [...new Set([...(tests.get(id) ?? []), ...also])]
      return `| ${id} | ${name} | ${defence} | ${files.map(short).join(', ')} |`
    })
    return [`### ${title}`, '', '| | threat | defence | tests |', '|---|---|---|---|', ...lines].join('\n')
  })
  return parts.join('\n\n')
}

/** The document with these tables. */
export function withTables(text: string, content: string): string {
  const begin = text.indexOf(BEGIN)
  const end = text.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`docs/security.md has no "${BEGIN}" … "${END}"`)
  return `${text.slice(0, begin + BEGIN.length)}\n\n${content}\n\n${text.slice(end)}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8'), tables()))

/** The ids of all rows. */
export const ids: readonly string[] = threats.map(({ id }) => id)
