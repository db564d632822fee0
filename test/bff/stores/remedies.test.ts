import { expect, it } from 'vitest'
import { storeRemedy } from '../../../src/bff/stores/remedies.js'

const failed = (code: string): Error => Object.assign(new Error('SET tandem:secret'), { code })

it.each([
  ['SQLITE_FULL', /disk is full.*Make room/],
  ['SQLITE_READONLY_DBMOVED', /read-only/],
  ['SQLITE_IOERR_WRITE', /disk/],
  ['STORE_FILE_GONE', /removed or replaced.*restart/],
  ['OOM', /memory is full/],
  ['READONLY', /replica.*primary/],
])('%s says what to do', (code, what) => {
  expect(storeRemedy(failed(code))).toMatch(what)
  expect(storeRemedy(failed(code))).not.toContain('secret')
})

it.each([failed('ECONNREFUSED'), failed('constructor'), new Error('x'), 'x', undefined])(
  'of others it says that nothing answers',
  (error) => expect(storeRemedy(error)).toBe('The session store does not answer.'),
)
