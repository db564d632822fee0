import { describe, expect, it } from 'vitest'
import { createBreaker } from '../../../src/bff/idp/breaker.js'
import { NoAnswer, OtherUser, Refused } from '../../../src/bff/idp/failures.js'
import { noMetrics } from '../../../src/bff/metrics.js'
import type { LogEntry } from '../../../src/bff/log.js'

const outage = (retryAfter?: number): NoAnswer =>
  new NoAnswer('It answered 503.', { lost: true, isOutage: true, retryAfter })

function start() {
  const clock = { time: 1_000_000 }
  const told: LogEntry[] = []
  const up: boolean[] = []
  const log = {
    info: (entry: LogEntry) => told.push(entry),
    warn: (entry: LogEntry) => told.push(entry),
    error() {},
  }
  const breaker = createBreaker(
    {
      now: () => clock.time,
      random: (length) => new Uint8Array(length).fill(128),
      metrics: { ...noMetrics, idpAnswers: (answers) => void up.push(answers) },
    },
    log,
  )
  const fail = (error: Error = outage()): Promise<unknown> =>
    breaker.guard(() => Promise.reject(error)).catch((caught: unknown) => caught)
  const failTimes = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await fail()
  }
  return { breaker, clock, told, up, fail, failTimes }
}

describe('a breaker', () => {
  it('leaves alone what has failed five times in a row, for a time that grows to 15 s', async () => {
    const { breaker, clock, fail, failTimes, told, up } = start()
    await failTimes(4)
    expect([breaker.rest(), breaker.isClosed]).toEqual([0, true])
    const pauses: number[] = []
    for (let i = 0; i < 8; i++) {
      await fail()
      pauses.push(breaker.rest())
      clock.time += breaker.rest()
    }
    expect(pauses).toEqual([750, 1500, 3000, 6000, 12_000, 15_000, 15_000, 15_000])
    expect(told).toHaveLength(8)
    expect(told[0]).toEqual({ event: 'idp_failing', tries: 1, pause: 750 })
    expect(up.at(-1)).toBe(false)
  })

  it('lets some of those ask all the same that space their tries themselves, unless the IDP said how long', async () => {
    const { breaker, clock, fail, failTimes } = start()
    await failTimes(7)
    expect(breaker.rest()).toBe(3000)
    const paced = (): number =>
      Array.from({ length: 30 }, () => breaker.rest(true)).filter((rest) => rest === 0).length
    expect(paced()).toBe(10)
    expect(breaker.rest(true)).toBeGreaterThan(0)
    clock.time += 2_000
    expect(paced()).toBe(2)
    await fail(outage(20_000))
    expect([breaker.rest(), breaker.rest(true)]).toEqual([20_000, 20_000])
  })

  it('lets one ask when the time has come, and all once that was answered', async () => {
    const { breaker, clock, failTimes, told } = start()
    await failTimes(5)
    clock.time += 750
    let answer = (): void => {}
    const first = breaker.guard(() => new Promise<void>((resolve) => (answer = resolve)))
    expect(breaker.rest()).toBe(1000)
    await expect(breaker.guard(async () => 'second')).rejects.toMatchObject({ retryAfter: 1000 })
    answer()
    await first
    expect([breaker.rest(), breaker.isClosed]).toEqual([0, true])
    expect(await breaker.guard(async () => 'third')).toBe('third')
    expect(told.at(-1)).toEqual({ event: 'idp_answers' })
    await failTimes(4)
    expect(breaker.rest()).toBe(0)
  })

  it.each([
    ['a refusal', new Refused('invalid_grant')],
    ['a wish to wait', new NoAnswer('429', { lost: false, isLimited: true, retryAfter: 60_000 })],
    ['a client that is misconfigured', new NoAnswer('401', { lost: false, error: 'invalid_client' })],
    ['another user', new OtherUser(null)],
  ])('takes %s for the answer that it is', async (_, answer) => {
    const { breaker, clock, fail, failTimes } = start()
    for (let i = 0; i < 20; i++) expect(await fail(answer)).toBe(answer)
    expect(breaker.rest()).toBe(0)
    await failTimes(5)
    clock.time += 750
    expect(await fail(answer)).toBe(answer)
    expect(breaker.isClosed).toBe(true)
  })

  it('waits for as long as it is asked to', async () => {
    const { breaker, fail, failTimes } = start()
    await failTimes(4)
    await fail(outage(40_000))
    expect(breaker.rest()).toBe(40_000)
  })

  it('counts what was asked before it opened no more: a thousand that hang are one outage', async () => {
    const { breaker, failTimes } = start()
    const cuts: (() => void)[] = []
    const hanging = Array.from({ length: 1000 }, () =>
      breaker.guard(() => new Promise((_, reject) => cuts.push(() => reject(outage())))).catch(() => {}),
    )
    await failTimes(5)
    for (const cut of cuts) cut()
    await Promise.all(hanging)
    expect(breaker.rest()).toBe(750)
  })

  it('does not wait for an hour where the clock is put back by one', async () => {
    const { breaker, clock, failTimes } = start()
    await failTimes(5)
    clock.time -= 3_600_000
    expect(breaker.rest()).toBe(0)
  })

  it('lets through what is to be asked in any case, and hears of it', async () => {
    const { breaker, failTimes } = start()
    await failTimes(5)
    expect(await breaker.watch(async () => 'tokens')).toBe('tokens')
    expect(breaker.rest()).toBe(0)
  })

  it('counts no outage of what a visitor brought', async () => {
    const { breaker, failTimes } = start()
    const stumble = async (): Promise<never> => {
      throw new NoAnswer('500', { lost: true, isOutage: true })
    }
    await failTimes(4)
    for (let i = 0; i < 10; i++) await expect(breaker.watch(stumble)).rejects.toBeInstanceOf(NoAnswer)
    expect([breaker.isClosed, breaker.rest()]).toEqual([true, 0])
    await failTimes(1)
    expect(breaker.isClosed).toBe(false)
  })
})
