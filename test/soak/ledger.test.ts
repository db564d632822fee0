/** The ledger can tell right from wrong: or a soak that finds nothing would mean nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openLedger, type Ledger } from './ledger.js'

const LIFE = 3_000

let ledger: Ledger
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  ledger = openLedger()
  ledger.granted('login')
  ledger.calm(true)
})
afterEach(() => {
  vi.useRealTimers()
})
const after = (ms: number): void => void vi.setSystemTime(Date.now() + ms)
const refreshedAfter = (ms: number): void => {
  after(ms)
  ledger.granted('refresh_token')
}

describe('expiries', () => {
  it('one success for each is as it should be', () => {
    for (let times = 0; times < 10; times += 1) refreshedAfter(2_000)
    after(1_000)
    expect(ledger.expiries(LIFE)).toEqual({
      ...{ expiries: 10, successes: 10, lost: 0 },
      ...{ early: [], missed: [], refused: [] },
    })
  })

  it('two for one are one too many', () => {
    refreshedAfter(2_000)
    ledger.act('a storm')
    refreshedAfter(300)
    refreshedAfter(2_000)
    expect(ledger.expiries(LIFE)).toMatchObject({
      ...{ expiries: 2, successes: 3, lost: 0 },
      early: ['refresh_token 300 ms after refresh_token, "a storm"'],
    })
  })

  it('two for one are as many as it takes where the first died with its tab', () => {
    refreshedAfter(2_000)
    ledger.lostTab()
    refreshedAfter(300)
    expect(ledger.expiries(LIFE)).toMatchObject({ expiries: 1, successes: 2, early: [], lost: 1 })
  })

  it('none for one is one missed, where somebody was awake and nothing in the way', () => {
    refreshedAfter(2_000)
    after(9_000)
    expect(ledger.expiries(LIFE)).toMatchObject({ expiries: 2, successes: 1, missed: [expect.any(String)] })
  })

  it('nobody awake, or no server that answers, is no expiry', () => {
    refreshedAfter(2_000)
    ledger.calm(false)
    after(60_000)
    ledger.calm(true)
    refreshedAfter(100)
    expect(ledger.expiries(LIFE)).toMatchObject({ expiries: 2, successes: 2, missed: [], early: [] })
  })

  it('a refusal is told', () => {
    ledger.refused('invalid_grant')
    expect(ledger.expiries(LIFE).refused).toEqual(['invalid_grant'])
  })
})

describe('calls', () => {
  const called = (outcome: number | string): void => ledger.called(outcome, Date.now())

  it('are excused by trouble, during it and shortly after', () => {
    called(200)
    ledger.trouble(true)
    called(401)
    after(2_000)
    ledger.trouble(false)
    after(1_000)
    called('NetworkError')
    expect(ledger.calls()).toEqual({ made: 3, answered: 1, excused: 2, needless401: 0, needless: [] })
  })

  it('are needless failures otherwise', () => {
    ledger.trouble(true)
    after(2_000)
    ledger.trouble(false)
    after(10_000)
    called(401)
    called('NetworkError')
    expect(ledger.calls()).toMatchObject({ excused: 0, needless401: 1, needless: ['401', 'NetworkError'] })
  })
})
