// @vitest-environment node
import { beforeEach, expect, it } from 'vitest'
import { openTransactions, type Transactions } from '../../src/oidc/transactions.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'

let platform: TestPlatform
let transactions: Transactions
const entry = (returnTo: string): string => JSON.stringify({ id: 's', data: { kind: 'login', returnTo } })

beforeEach(() => {
  platform = createTestPlatform()
  transactions = openTransactions(platform.storage)
})

it('finds a transaction by its state, and leaves it', async () => {
  await transactions.set('s', entry('/a'))
  expect(transactions.find('s')).toEqual({ kind: 'login', returnTo: '/a' })
  expect(transactions.find('s')).not.toBeNull()
  expect(transactions.find('t')).toBeNull()
})

it('gives one away once', async () => {
  await transactions.set('s', entry('/a'))
  expect(await transactions.remove('s')).toBe(entry('/a'))
  expect(await transactions.remove('s')).toBeNull()
  expect(platform.items.size).toBe(0)
})

it('survives the page', async () => {
  await transactions.set('s', entry('/a'))
  expect(openTransactions(platform.reload().storage).find('s')).not.toBeNull()
})

it('keeps the newest five', async () => {
  for (let i = 0; i < 20; i += 1) await transactions.set(`s${i}`, entry(`/${i}`))
  expect(await transactions.getAllKeys()).toEqual(['s15', 's16', 's17', 's18', 's19'])
})

it.each(['{', 'null', '5', '[1]', '{"a":1}'])('begins anew where the storage holds %s', async (garbage) => {
  platform.items.set('tandem.logins', garbage)
  expect(transactions.find('s')).toBeNull()
  await transactions.set('s', entry('/a'))
  expect(transactions.find('s')).not.toBeNull()
})
