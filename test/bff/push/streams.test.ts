import { describe, expect, it } from 'vitest'
import { noMetrics } from '../../../src/bff/metrics.js'
import { listenTo } from '../../support/event-stream.js'
import type { Listening } from '../../support/event-stream.js'
import { startOddBench } from '../bench.js'
import type { Browser } from '../bench.js'

const connect = async (browser: Browser, signal?: AbortSignal): Promise<Listening> =>
  listenTo(await browser.fetch('/bff/events', { csrf: null, ...(signal && { signal }) }))

describe('the streams of a session', () => {
  it('are eight at most: the oldest gives way, and comes again later', async () => {
    const { browser, newBrowser } = await startOddBench()
    await browser.login()
    const other = newBrowser()
    await other.login()
    const others = await connect(other)
    const streams: Listening[] = []
    for (let i = 0; i < 9; i++) streams.push(await connect(browser))
    const [oldest, ...rest] = streams
    await oldest?.ended
    expect(oldest?.told.at(-1)).toEqual({ name: 'retry', data: 60_000 })
    await browser.post('/bff/logout', { scope: 'app' })
    for (const stream of rest) expect(await stream.next('ended')).toMatchObject({ ended_by: 'logout' })
    expect(oldest?.of('ended')).toEqual([])
    expect(others.told.map(({ name }) => name)).toEqual(['retry', 'session'])
    await others.leave()
  })

  it('hear of what becomes of it at once, and not when somebody looks the next time', async () => {
    const { browser } = await startOddBench({}, { edges: { timer: () => () => {} } })
    await browser.login()
    const stream = await connect(browser)
    await stream.next('session')
    await browser.post('/bff/logout', { scope: 'app' })
    expect(await stream.next('ended')).toMatchObject({ ended_by: 'logout' })
  })

  it('make room when their clients go', async () => {
    const { browser } = await startOddBench()
    await browser.login()
    const first = await connect(browser)
    for (let i = 0; i < 20; i++) await (await connect(browser)).leave()
    await browser.post('/bff/logout', { scope: 'app' })
    expect(await first.next('ended')).toMatchObject({ ended_by: 'logout' })
  })

  it('leave nothing behind where the client went before they began', async () => {
    let open = 0
    const stream = (change: 1 | -1): void => void (open += change)
    const { browser } = await startOddBench({}, { edges: { metrics: { ...noMetrics, stream } } })
    await browser.login()
    await connect(browser)
    expect(open).toBe(1)
    const gone = AbortSignal.abort()
    await browser.fetch('/bff/events', { csrf: null, signal: gone }).catch(() => undefined)
    expect(open).toBe(1)
  })

  it('end when the BFF closes, without a word about the session; no other is opened', async () => {
    const { browser, bff } = await startOddBench()
    await browser.login()
    const stream = await connect(browser)
    await stream.next('session')
    await bff.close()
    await stream.ended
    expect(stream.told.map(({ name }) => name)).toEqual(['retry', 'session'])
    const answer = await browser.fetch('/bff/events', { csrf: null })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
  })
})
