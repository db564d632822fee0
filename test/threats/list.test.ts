import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DOCUMENT, ids, tables, testsById, withTables } from './document.js'
import { threats } from './list.js'

describe('the list of threats', () => {
  it('is whole: T1 to T113, X1 to X20 and P1 to P15, each once, in order', () => {
    const row = (letter: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `${letter}${i + 1}`)
    expect(ids).toEqual([...row('T', 113), ...row('X', 20), ...row('P', 15)])
  })

  it('has a test for every row, named by its id; and no test is of a row that is not there', () => {
    const tested = testsById()
    // Over sockets: the properties are tested beside that.
    const overSockets = (id: string): boolean =>
      tested.get(id)?.some((file) => !file.includes('/fuzz/')) === true
    expect(ids.filter((id) => !overSockets(id))).toEqual([])
    expect([...tested.keys()].filter((id) => !ids.includes(id))).toEqual([])
  })

  it('names other tests that are there', () => {
    const others = threats.flatMap(({ also = [] }) => also)
    expect(
      others.filter((file) => !existsSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)))),
    ).toEqual([])
  })

  it('is what docs/security.md says (else: npx tsx test/threats/document.ts)', () => {
    const text = readFileSync(DOCUMENT, 'utf8')
    expect(withTables(text, tables())).toBe(text)
  })
})
