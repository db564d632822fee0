import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import type { BffOptions } from '../../../src/bff/options.js'
import { listenTo } from '../../support/event-stream.js'
import type { Listening } from '../../support/event-stream.js'
import { startOddBench } from '../bench.js'
import { manualTime } from '../manual-time.js'

/** Signed in and listening, in a time of its own. */
async function listening(session: BffOptions['session'] = {}, lifetime = 300) {
  const time = manualTime()
  const real = memoryStore()
  /** `slow`: before it looks; `late`: before it says what it saw. */
  const fault = { down: false, slow: Promise.resolve(), late: Promise.resolve() }
  const get: typeof real.get = async (key) => {
    if (fault.down) throw new Error('down')
    await fault.slow
    const found = await real.get(key)
    await fault.late
    return found
  }
  const bench = await startOddBench(
    { accessTokenLifetime: lifetime, expiresIn: lifetime },
    { edges: time, bff: (base) => ({ ...base, session, store: { ...real, get } }) },
  )
  await bench.browser.login()
  const stream = listenTo(await bench.browser.fetch('/bff/events', { csrf: null }))
  await stream.next('session')
  return { ...bench, time, stream, fault }
}

const names = ({ told }: Listening): string[] => told.map(({ name }) => name)

describe('a stream on which nothing happens', () => {
  it('says every 15 s that it lives, moves no idle end, and renews nothing', async () => {
    const { time, stream, browser, idp } = await listening({ idle: 3600 })
    const { idle_ends_at: before } = (await browser.signedIn()).app
    await time.advance(14_999)
    expect(names(stream)).toEqual(['retry', 'session'])
    await time.advance(1)
    expect(names(stream)).toEqual(['retry', 'session', ':'])
    await time.advance(30 * 60_000)
    expect(names(stream).filter((name) => name === ':')).toHaveLength(121)
    expect(stream.of('session')).toHaveLength(1)
    expect((await browser.signedIn()).app.idle_ends_at).toBe(before)
    expect(idp.tokenCalls).toHaveLength(1)
    await stream.leave()
    await time.advance(1000)
    expect(stream.told.at(-1)?.name).toBe(':')
  })

  it('tells now and then that the idle end moved, not at every call', async () => {
    const { time, stream, browser } = await listening({ idle: 3600 })
    for (let second = 0; second < 29; second++) {
      await time.advance(1000)
      await browser.fetch('/bff/api/echo/x')
    }
    expect(stream.of('session').length).toBe(2)
    await time.advance(1000)
    expect(stream.of('session').at(-1)).toMatchObject({ session: { app: (await browser.signedIn()).app } })
    expect(names(stream)).not.toContain(':')
    await stream.leave()
  })

  it('tells it at once where the user could be warned of the end that was told', async () => {
    const { time, stream, browser } = await listening({ idle: 600 }, 3000)
    const told = (): unknown => stream.of('session').at(-1)?.['session']
    await time.advance(520_000)
    await browser.post('/bff/refresh', { active: true })
    await time.advance(0)
    // A minute before its end it would be told of: the next heartbeat is early enough.
    expect(stream.of('session')).toHaveLength(1)
    await time.advance(10_000)
    const { app: first } = await browser.signedIn()
    expect(told()).toMatchObject({ app: first })
    await time.advance(530_000)
    await browser.post('/bff/refresh', { active: true })
    await time.advance(0)
    const { app: second } = await browser.signedIn()
    expect(second.idle_ends_at).toBeGreaterThan(first.idle_ends_at ?? 0)
    expect(told()).toMatchObject({ app: second })
    await stream.leave()
  })

  it('goes on while the store does not answer', async () => {
    const { time, stream, fault, bff, idp } = await listening()
    fault.down = true
    await time.advance(20_000)
    expect(names(stream)).toEqual(['retry', 'session', ':'])
    fault.down = false
    await bff.sessions.end({ sub: idp.traits.user.sub })
    await stream.ended
    expect(names(stream).at(-1)).toBe('ended')
  })
})

describe('a store that is slow', () => {
  const slow = (): { readonly promise: Promise<void>; done: () => void } => {
    let done = (): void => {}
    return { promise: new Promise<void>((resolve) => (done = resolve)), done: () => done() }
  }

  it('keeps the stream waiting for what it is to tell, and not for signs of life', async () => {
    const { time, stream, fault, bff, idp } = await listening()
    const { promise, done } = slow()
    fault.slow = promise
    await time.advance(75_000)
    expect(names(stream)).toEqual(['retry', 'session', ':', ':', ':', ':'])
    done()
    await bff.sessions.end({ sub: idp.traits.user.sub })
    await stream.ended
    expect(names(stream).at(-1)).toBe('ended')
  })

  it('hides nothing that happens while it is asked: it is asked once more at once', async () => {
    const { time, stream, fault, bff, idp } = await listening()
    const { promise, done } = slow()
    fault.late = promise
    await time.advance(15_000)
    await bff.sessions.end({ sub: idp.traits.user.sub })
    done()
    // No time passes: nothing but this look can tell.
    await stream.ended
    expect(names(stream).at(-1)).toBe('ended')
  })

  it('hides nothing that happens before a stream begins and after its session was looked up', async () => {
    const { time, fault, bff, idp, browser } = await listening()
    const { promise, done } = slow()
    fault.late = promise
    const connecting = browser.fetch('/bff/events', { csrf: null })
    await time.advance(0)
    await bff.sessions.end({ sub: idp.traits.user.sub })
    done()
    const stream = listenTo(await connecting)
    await stream.ended
    expect(names(stream)).toEqual(['retry', 'session', 'ended'])
  })

  it('leaves nothing behind where the client goes meanwhile', async () => {
    const { time, stream, fault } = await listening({ absolute: 20, idle: 0 })
    const { promise, done } = slow()
    fault.slow = promise
    await time.advance(15_000)
    const before = time.waiting()
    await stream.leave()
    done()
    await time.advance(0)
    // The heartbeat's, that of the end, and that of the wait for the store.
    expect(time.waiting()).toBe(before - 3)
    await time.advance(1000)
    expect(names(stream)).toEqual(['retry', 'session'])
  })
})

describe('what time alone brings is told when it is due', () => {
  it('the idle end', async () => {
    const { time, stream, browser } = await listening({ idle: 100 })
    const { app } = await browser.signedIn()
    await time.advance(99_900)
    expect(names(stream)).not.toContain('ended')
    await time.advance(200)
    await stream.ended
    expect(stream.of('ended')).toEqual([{ ended_by: 'app_session_over', at: app.idle_ends_at }])
  })

  it('the absolute end', async () => {
    const { time, stream, browser } = await listening({ absolute: 50, idle: 0 })
    const { ends_at: at } = (await browser.signedIn()).app
    await time.advance(50_100)
    await stream.ended
    expect(stream.of('ended')).toEqual([{ ended_by: 'app_session_over', at }])
  })

  it('the expiry of the IDP session, and of the access the app relied on then', async () => {
    const { time, stream, browser } = await listening({ idpLifetime: 100 })
    const { access } = await browser.signedIn()
    await time.advance(100_100)
    expect(await stream.next('idp_session_ended')).toEqual({ ended_by: 'expired', until: access.expires_at })
    await time.advance(200_000)
    await stream.ended
    expect(stream.of('ended')).toMatchObject([{ ended_by: 'idp_session_over' }])
    expect(stream.of('idp_session_ended')).toHaveLength(1)
  })
})
