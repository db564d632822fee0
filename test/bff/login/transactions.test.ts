import { describe, expect, it } from 'vitest'
import { createCookies } from '../../../src/bff/cookies.js'
import { createDpopKey } from '../../../src/bff/dpop/key.js'
import { systemEdges } from '../../../src/bff/edges.js'
import { createTransactions, isLooping, none, secretsOf } from '../../../src/bff/login/transactions.js'
import type { Transaction } from '../../../src/bff/login/transactions.js'
import { createSealing } from '../../../src/bff/sealing.js'

const SECRET = 'test-secret-of-transactions-0123456789'
let now = 1_700_000_000_000
const edges = { ...systemEdges, now: () => now }
const cookies = createCookies({ sameSite: 'Strict', maxAge: null, isSecure: true })
const transactions = createTransactions(createSealing([SECRET], edges), cookies, edges)

const valueOf = (setCookie: string): string => /^__Host-Http-login=([^;]*)/.exec(setCookie)?.[1] ?? ''
const start = (returnTo = '/'): Transaction =>
  transactions.start({ returnTo, from: null, maxAge: null, resource: null })
const kept = async (...all: Transaction[]) =>
  transactions.read(valueOf(await transactions.write({ transactions: all, returns: [] })))

describe('the login cookie', () => {
  it('gives back what was put in', async () => {
    const one = transactions.start({ returnTo: '/a?b#c', from: 'key', maxAge: 0, resource: 'urn:x' })
    const two = start('/two')
    const state = { transactions: [one, two], returns: [now - 1] }
    const cookie = await transactions.write(state)
    expect(cookie).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/)
    expect(cookie).not.toContain(one.state)
    expect(await transactions.read(valueOf(cookie))).toEqual(state)
  })

  it('keeps the keys that tokens are to be bound to, of four logins', async () => {
    const keys = await Promise.all([1, 2, 3, 4].map(() => createDpopKey()))
    const login = { returnTo: '/'.padEnd(200, 'x'), from: 'k'.repeat(43), maxAge: 31_536_000 }
    const all = keys.map((dpopKey) => transactions.start({ ...login, resource: 'urn:x', dpopKey }))
    expect((await kept(...all)).transactions).toEqual(all)
    const cookie = await transactions.write({ transactions: all, returns: [] })
    for (const { d } of keys) expect(cookie).not.toContain(d)
    expect((await kept(start())).transactions[0]).not.toHaveProperty('dpopKey')
  })

  it('keeps the newest four, for ten minutes each', async () => {
    const all = ['/1', '/2', '/3', '/4', '/5'].map(start)
    expect((await kept(...all)).transactions).toEqual(all.slice(0, 4))
    const cookie = valueOf(await transactions.write({ transactions: all, returns: [] }))
    now += 600_000
    expect((await transactions.read(cookie)).transactions).toEqual([])
  })

  it('keeps fewer where they are long: always what a browser takes, and always the newest', async () => {
    const long = (letter: string) => start(`/${letter.repeat(2047)}`)
    const [newest, older] = [long('a'), long('b')]
    expect((await kept(newest, older)).transactions).toEqual([newest])
    const half = ['/a', '/b', '/c'].map((path) => start(path.padEnd(800, 'x')))
    expect((await kept(...half)).transactions.length).toBeGreaterThanOrEqual(2)
  })

  it('is taken away where there is nothing to keep', async () =>
    expect(await transactions.write(none)).toContain('Max-Age=0'))

  it.each([undefined, '', 'x', '1.AAAA', 'x'.repeat(5000)])(
    'that is none (%j) holds nothing',
    async (cookie) => expect(await transactions.read(cookie)).toEqual(none),
  )

  it('is no answer that was carried on in an address, and that is no login cookie', async () => {
    const cookie = valueOf(await transactions.write({ transactions: [start()], returns: [] }))
    expect([...(await transactions.carried(cookie))]).toEqual([])
    const form = (await transactions.carry(new URLSearchParams({ code: 'c', state: 's' }))) ?? ''
    expect([...(await transactions.carried(form))]).toEqual([
      ['code', 'c'],
      ['state', 's'],
    ])
    expect(await transactions.read(form)).toEqual(none)
    expect(form).not.toContain('code')
    expect(await transactions.carry(new URLSearchParams({ code: 'c'.repeat(6000) }))).toBeNull()
  })

  it('changed or sealed by somebody else holds nothing', async () => {
    const cookie = valueOf(await transactions.write({ transactions: [start()], returns: [] }))
    const changed = `${cookie.slice(0, -2)}${cookie.endsWith('AA') ? 'BB' : 'AA'}`
    expect(await transactions.read(changed)).toEqual(none)
    const other = createTransactions(
      createSealing(['another-test-secret-0123456789abcdef'], edges),
      cookies,
      edges,
    )
    expect(await other.read(cookie)).toEqual(none)
  })
})

describe('the secrets of a login', () => {
  it('are its own, long, and the same whenever they are asked for', async () => {
    const [one, other] = [start(), start()]
    const [first, again, another] = [await secretsOf(one), await secretsOf(one), await secretsOf(other)]
    expect(again).toEqual(first)
    const all = [
      first.nonce,
      first.verifier,
      another.nonce,
      another.verifier,
      one.state,
      other.state,
      one.seed,
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(first.verifier).toMatch(/^[\w-]{43}$/)
  })
})

describe('a loop of logins', () => {
  it('is three that came back within a minute', async () => {
    const returns = async (...ages: number[]) => {
      const cookie = await transactions.write({ transactions: [], returns: ages.map((age) => now - age) })
      return isLooping(await transactions.read(valueOf(cookie)))
    }
    expect(await returns(2000, 1000)).toBe(false)
    expect(await returns(50_000, 2000, 1000)).toBe(true)
    expect(await returns(60_001, 2000, 1000)).toBe(false)
    expect(await returns(5000, 4000, 3000, 2000)).toBe(true)
  })
})
