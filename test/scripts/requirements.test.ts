import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { document, lines, proven, statements } from '../../scripts/requirements.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const numbers = Array.from({ length: 43 }, (_, i) => `S${String(i + 1).padStart(2, '0')}`)

const run = (...tests: [title: string, status: string, file?: string][]) =>
  proven(
    tests.map(([title, status, file = 'test/requirements/a.test.ts']) => ({
      name: `/somewhere/${file}`,
      status,
      message: '',
      assertionResults: [{ fullName: title, title, status }],
    })),
    '/somewhere',
  )

describe('what is proven', () => {
  it('is every statement, S01 to S43', () => {
    expect(Object.keys(statements)).toEqual(numbers)
    expect(run().map(({ number }) => number)).toEqual(numbers)
  })

  it('is passed where all of its tests passed, and missing where there is none', () => {
    const all = run(
      ['S01 one', 'passed'],
      ['S01 two', 'passed'],
      ['S02 one', 'passed'],
      ['S02 two', 'failed'],
      ['S03 elsewhere', 'passed', 'test/bff/a.test.ts'],
      ['S042 no such number', 'passed'],
    )
    expect(all.slice(0, 3).map(({ result }) => result)).toEqual(['passed', 'failed', 'missing'])
    expect(lines(all)[0]).toMatch(/^S01 passed {3}2 {2}A session/)
    expect(lines(all).at(-1)).toBe('1 of 43 statements proven')
    expect(document(all)).toContain('[a.test.ts](../test/requirements/a.test.ts): one; two | passed |')
  })
})

describe('docs/requirements.md', () => {
  const text = readFileSync(`${root}docs/requirements.md`, 'utf8')
  const rows = [...text.matchAll(/^\| (S\d\d) \| (.+?) \| (.+) \| (\w+) \|$/gm)]

  it('has all statements, each proven', () => {
    expect(rows.map(([, number]) => number)).toEqual(numbers)
    for (const [, number = '', statement, , result] of rows)
      expect([number, statement, result]).toEqual([number, statements[number], 'passed'])
  })

  const files = readdirSync(`${root}test/requirements`, { recursive: true, encoding: 'utf8' })
  const sources = new Map(
    files
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => [file, readFileSync(`${root}test/requirements/${file}`, 'utf8')]),
  )

  it('names tests that are there', () => {
    for (const [, number = '', , proofs = ''] of rows) {
      const named = [...proofs.matchAll(/\[([^\]]+)\]\(/g)].map(([, file = '']) => file)
      const isProof = named.map((file) => sources.get(file)?.includes(`${number} `))
      expect([number, named.length > 0, isProof]).toEqual([number, true, named.map(() => true)])
    }
  })

  it('names all of them, by the titles they have now', () => {
    let count = 0
    for (const [file, source] of sources)
      // Titles, of tables too; what a table fills in is anything.
      for (const [, title = ''] of source.matchAll(/(?:\bit|\))\(\s*'(S\d\d .+?)',\s/g)) {
        const [, , , proofs = ''] = rows.find(([, number]) => title.startsWith(`${number} `)) ?? []
        expect(proofs).toContain(`[${file}](`)
        for (const words of title.slice(4).split(/%\w|\$\w+/)) expect(proofs).toContain(words)
        count += 1
      }
    expect(count).toBeGreaterThan(120)
  })
})
