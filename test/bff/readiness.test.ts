import { describe, expect, it } from 'vitest'
import { NoAnswer } from '../../src/bff/idp/failures.js'
import type { LogEntry } from '../../src/bff/log.js'
import { createReadiness } from '../../src/bff/readiness.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { manualTime } from './manual-time.js'

function start(change: { shared?: boolean } = {}) {
  const time = manualTime()
  const told: LogEntry[] = []
  const idp = { answers: false, isAnswering: true, asked: 0, hangs: false }
  const store = {
    answers: true,
    ...memoryStore(),
    sharedBy: change.shared === false ? 'process' : 'network',
  } as const
  const state = { store: true }
  const tell = (entry: LogEntry): void => void told.push(entry)
  const readiness = createReadiness({
    idp: {
      async reach() {
        idp.asked++
        if (idp.hangs) await new Promise(() => {})
        if (!idp.answers) throw new NoAnswer('https://idp.internal:8443 said nothing.', { lost: false })
      },
      get isAnswering() {
        return idp.isAnswering
      },
    },
    store: async () => ({
      ...store,
      ping: async () => {
        if (!state.store) throw new Error('connect ECONNREFUSED 10.0.0.9:6379')
      },
    }),
    edges: { ...time, random: (length) => new Uint8Array(length).fill(255) },
    log: { info: tell, warn: tell, error: tell },
  })
  return { readiness, time, idp, state, told }
}

describe('readiness', () => {
  it('begins with the first look, asks by itself with pauses that grow to 5 s, and stops once there was an answer', async () => {
    const { readiness, time, idp, told } = start()
    expect(idp.asked).toBe(0)
    expect(await readiness.look()).toEqual({ missing: ['idp'], warnings: [] })
    await readiness.look()
    expect(idp.asked).toBe(1)
    const pauses = (): unknown[] =>
      told.filter(({ event }) => event === 'idp_awaited').map(({ again_in }) => again_in)
    await time.advance(30_000)
    expect(pauses()).toEqual([998, 1996, 3992, 5000, 5000, 5000, 5000, 5000])
    expect(JSON.stringify(told)).not.toContain('internal')
    idp.answers = true
    await time.advance(5_000)
    const { asked } = idp
    expect(await readiness.look()).toEqual({ missing: [], warnings: [] })
    expect(told.at(-1)).toMatchObject({ event: 'idp_reached' })
    await time.advance(600_000)
    expect([idp.asked, time.waiting()]).toEqual([asked, 0])
  })

  it('waits two seconds for an IDP that hangs', async () => {
    const { readiness, time, idp } = start()
    idp.hangs = true
    const look = readiness.look()
    await time.advance(2_000)
    expect(await look).toEqual({ missing: ['idp'], warnings: [] })
  })

  it('is lost with the store, and comes back with it; never with the IDP, which is told as a warning', async () => {
    const { readiness, idp, state } = start()
    idp.answers = true
    state.store = false
    expect((await readiness.look()).missing).toEqual(['store'])
    state.store = true
    expect((await readiness.look()).missing).toEqual([])
    idp.answers = idp.isAnswering = false
    expect(await readiness.look()).toEqual({
      missing: [],
      warnings: [expect.stringMatching(/^The identity provider does not answer: sessions go on/)],
    })
    state.store = false
    expect(await readiness.look()).toMatchObject({ missing: ['store'] })
  })

  it('tells once that the store fails, once a minute while it lasts, and when it is over', async () => {
    const { readiness, time, idp, state, told } = start()
    idp.answers = true
    const ofStore = (): LogEntry[] => told.filter(({ event }) => String(event).startsWith('store_'))
    await readiness.look()
    expect(ofStore()).toEqual([])
    state.store = false
    for (let second = 0; second < 70; second += 10) {
      await Promise.all([readiness.look(), readiness.look()])
      await time.advance(10_000)
    }
    const failed = { event: 'store_failed', error: 'Error' }
    expect(ofStore()).toEqual([failed, { ...failed, untold: 11 }])
    state.store = true
    await readiness.look()
    await readiness.look()
    expect(ofStore().slice(2)).toEqual([{ event: 'store_answers', lasted: 70_000 }])
    // The next one is told at once, however soon.
    state.store = false
    await readiness.look()
    expect(ofStore().at(-1)).toEqual(failed)
  })

  it('names both, and warns of sessions in memory', async () => {
    const { readiness, state, time, idp } = start({ shared: false })
    state.store = false
    expect((await readiness.look()).missing).toEqual(['store', 'idp'])
    state.store = idp.answers = true
    await time.advance(1_000)
    expect((await readiness.look()).warnings).toEqual([expect.stringContaining('memory of this process')])
  })

  it('asks no more once it is closed', async () => {
    const { readiness, time, idp } = start()
    await readiness.look()
    readiness.close()
    await time.advance(60_000)
    expect(idp.asked).toBe(1)
    expect(time.waiting()).toBe(0)
  })
})
