import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { statements } from '../../../scripts/requirements.mjs'
import { mutations } from './all.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

it.each(mutations)('$statement: the line of $file that is changed is there, once', (mutation) => {
  const { statement, file, text, becomes } = mutation
  expect(Object.keys(statements)).toContain(statement)
  expect(readFileSync(root + file, 'utf8').split(text)).toHaveLength(2)
  expect(becomes).not.toBe(text)
})

it('at least thirty statements are broken', () => {
  expect(new Set(mutations.map(({ statement }) => statement)).size).toBeGreaterThanOrEqual(30)
})
