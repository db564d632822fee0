import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { source } from '../support/source.js'

it('every event of the log is in docs/operations.md, and no other', () => {
  const told = new Set<string>()
  for (const { path, text } of source())
    if (path.startsWith('bff/'))
      for (const [, event = ''] of text.matchAll(/\bevent: '([a-z_]+)'/g)) told.add(event)
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const table = page.slice(page.indexOf('| `event` |'))
  const documented = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name),
  )
  documented.shift()
  expect(documented.sort()).toEqual([...told].sort())
})
