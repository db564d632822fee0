import { describe, expect, it, vi } from 'vitest'
import { createHub } from '../../src/bff/hub.js'
import { silentLog } from '../../src/bff/log.js'
import type { Found, NewsListener } from '../../src/bff/stores/store.js'
import { manualTime } from './manual-time.js'

function start() {
  const time = manualTime()
  const records = new Map<string, Found>()
  const store = {
    down: false,
    async get(key: string) {
      if (store.down) throw new Error('the store is down')
      return records.get(key) ?? null
    },
  }
  const get = vi.spyOn(store, 'get')
  const live = (key: string, version: number): void =>
    void records.set(key, { state: 'live', record: { version } as never })
  const hub = createHub(async () => store, time, silentLog)
  return { time, records, store, get, live, hub }
}

describe('the hub', () => {
  it('calls those who listen to a session, and nobody else, until they stop', () => {
    const { hub } = start()
    const [one, two, other] = [vi.fn(), vi.fn(), vi.fn()]
    const stop = hub.subscribe('k', one)
    hub.subscribe('k', two)
    hub.subscribe('other', other)
    hub.publish('k')
    stop()
    stop()
    hub.publish('k')
    hub.publish('nobody')
    expect([one, two, other].map(({ mock }) => mock.calls.length)).toEqual([1, 2, 0])
  })

  it('sees within a second what other instances wrote, for those sessions alone that somebody listens to', async () => {
    const { hub, time, get, live, records } = start()
    live('k', 1)
    live('unheard', 1)
    const listener = vi.fn()
    const stop = hub.subscribe('k', listener)
    await time.advance(1000)
    // What happened between the look of who subscribes and now cannot be known: once too often is harmless.
    expect(listener).toHaveBeenCalledTimes(1)
    await time.advance(3000)
    expect(listener).toHaveBeenCalledTimes(1)
    live('k', 2)
    await time.advance(1000)
    expect(listener).toHaveBeenCalledTimes(2)
    records.set('k', { state: 'ended', tombstone: { endedBy: 'logout', at: 0, request: '' } })
    await time.advance(1000)
    expect(listener).toHaveBeenCalledTimes(3)
    records.delete('k')
    await time.advance(1000)
    expect(listener).toHaveBeenCalledTimes(4)
    expect(new Set(get.mock.calls.flat())).toEqual(new Set(['k']))
    stop()
    await time.advance(1000)
    expect(time.waiting()).toBe(0)
  })

  it('asks nothing while nobody listens, one thing at a time else, and goes on after a store that failed', async () => {
    const { hub, time, get, store, live } = start()
    await time.advance(5000)
    expect(time.waiting()).toBe(0)
    const listener = vi.fn()
    hub.subscribe('k', listener)
    hub.subscribe('l', () => {})
    expect(time.waiting()).toBe(1)
    store.down = true
    await time.advance(2000)
    store.down = false
    live('k', 1)
    await time.advance(1000)
    expect(listener).toHaveBeenCalledTimes(1)
    const asked = get.mock.calls.length
    hub.close()
    await time.advance(5000)
    expect([get.mock.calls.length, time.waiting()]).toEqual([asked, 0])
  })

  it('hears at once what the store tells, and asks only where something may have been missed', async () => {
    const { time, store, get, live } = start()
    const told: NewsListener[] = []
    const news = { live: true, stop: vi.fn() }
    const telling = {
      get: store.get,
      news(listener: NewsListener) {
        told.push(listener)
        return news
      },
    }
    const hub = createHub(async () => telling, time, silentLog)
    const listener = vi.fn()
    hub.subscribe('k', listener)
    hub.subscribe('l', () => {})
    await time.advance(3000)
    expect([told.length, get.mock.calls.length]).toEqual([1, 0])
    told[0]?.told('k')
    told[0]?.told('unheard')
    expect(listener).toHaveBeenCalledTimes(1)

    // The news were cut off, and come in again; the store fails first.
    live('k', 2)
    store.down = true
    told[0]?.missed()
    await time.advance(0)
    expect(listener).toHaveBeenCalledTimes(1)
    store.down = false
    await time.advance(1000)
    expect(listener).toHaveBeenCalledTimes(2)
    const asked = get.mock.calls.length
    await time.advance(3000)
    expect(get.mock.calls.length).toBe(asked)

    // Without them, it asks as it would of any store.
    news.live = false
    live('k', 3)
    await time.advance(1000)
    expect(listener).toHaveBeenCalledTimes(3)
    hub.close()
    await time.advance(1000)
    expect([news.stop.mock.calls.length, time.waiting()]).toEqual([1, 0])
  })
})
