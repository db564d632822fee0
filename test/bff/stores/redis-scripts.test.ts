import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import * as scripts from '../../../src/bff/stores/redis-scripts.js'

it.each(Object.entries(scripts))('%s has one key, so that it stays in one slot', (_, { lua, sha }) => {
  expect(new Set(lua.match(/KEYS\[\d+\]/g))).toEqual(new Set(['KEYS[1]']))
  expect(sha).toBe(createHash('sha1').update(lua).digest('hex'))
})
