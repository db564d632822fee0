import { expect, it } from 'vitest'
import { bounded } from '../../../src/bff/stores/bounded.js'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { isSettling } from '../../../src/bff/stores/settling.js'

it('a store that settles by itself needs nobody who watches; one that is made of its parts does', () => {
  const store = memoryStore()
  const made = { ...store }
  const edges = { timer: () => () => {} }
  expect([isSettling(store), isSettling(made)]).toEqual([true, false])
  expect(bounded(store, edges)).toBe(store)
  expect(bounded(made, edges)).not.toBe(made)
})
