import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { startOddBench } from './bench.js'

describe('what is stored', () => {
  it('is swept from time to time', async () => {
    const store = memoryStore()
    const timers: (() => void)[] = []
    const { browser, clock, bff } = await startOddBench(
      {},
      {
        bff: (base) => ({ ...base, store }),
        edges: {
          timer(callback, ms, background) {
            if (background === true && ms >= 60_000) timers.push(callback)
            else if (background !== true)
              return (
                (timer) => () =>
                  clearTimeout(timer)
              )(setTimeout(callback, ms))
            return () => {}
          },
        },
      },
    )
    await browser.login()
    const { user } = await browser.signedIn()
    clock.advance(1801)
    timers.pop()?.()
    await expect.poll(() => timers.length).toBe(1)
    expect(await store.list({ ref: 'x' }, 0)).toEqual([])
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'app_session_over' } })
    expect(await bff.sessions.list({ sub: user.sub })).toEqual([])
  })
})
