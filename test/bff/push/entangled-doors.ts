/**
 * Revoke wins, as browsers see it: logins, step-ups, renewals, calls, streams, logouts and ends overtake each other on their way through the doors of two
 * instances. `TANDEM_SEED` runs the same once more, `TANDEM_RUNS` more of them.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STORE_PATIENCE } from '../../../src/bff/stores/bounded.js'
import { createCrowd } from './crowd.js'
import type { Crowd } from './crowd.js'
import { openDoors } from './doors.js'
import type { Doors } from './doors.js'
import { createErrands, turns } from './errands.js'
import { end, run } from './runs.js'
import type { Run } from './runs.js'
import type { Opened } from './two-instances.js'

const SEED = Number(process.env['TANDEM_SEED'] ?? Date.now() % 1_000_000)
/** A third of a thousand: there are three stores. */
const RUNS = Number(process.env['TANDEM_RUNS'] ?? 334)
/** As long as sessions last by themselves, ms. */
const LASTING = 250_000

/** Within so long others hear of an end, s: they ask every second where nobody tells them. And where they asked a store that did not answer in time. */
const SOON = 3
const WITH_HEARTBEAT = 20

/** Everything of a run, one begun after the other, however far the others are; until all is done. */
async function play({ first, deeds, choices }: Run, { start }: Crowd, letGo: (last: boolean) => void) {
  let chosen = 0
  const choose = (): number => choices[chosen++ % choices.length] ?? 0
  await start(first, choose())
  const running: Promise<void>[] = []
  for (const deed of deeds) {
    const work = start(deed, choose())
    work.catch(() => {})
    running.push(work)
    await turns(choose() % 2 === 0 ? choose() % 4 : choose() % 60)
  }
  letGo(true)
  await Promise.all(running)
}

/** Streams of what is over were told so and have ended; the others go on. */
async function hear({ streams, isOver, faults }: Crowd, { pass }: Doors, seconds: number): Promise<void> {
  for (const { held, listening } of streams) {
    let isAtEnd = false
    void listening.ended.then(() => (isAtEnd = true)).catch(() => {})
    await turns(1)
    for (let i = 0; isOver(held) && !isAtEnd && i < 2000; i++) {
      if (i % 20 === 10 && i < 20 * seconds) pass(1_000)
      await (i < 20 ? turns(5) : new Promise((resolve) => setTimeout(resolve, 2)))
    }
    const ends = listening.of('ended').length
    if (isOver(held) && (!isAtEnd || ends !== 1 || listening.told.at(-1)?.name !== 'ended'))
      faults.push('a stream was not told of the end of its session')
    if (!isAtEnd) await listening.leave()
  }
}

/** What two instances over one kind of store must never do. */
export function entangledDoorsOver(store: string, open: () => Promise<Opened>): void {
  describe(`two instances behind sockets, over one store in ${store}`, () => {
    it(`let nobody in with a session once they have said that it is over, and tell its streams (seed ${SEED})`, async () => {
      const doors = await openDoors(await open())
      let runs = 0
      let ended = 0
      try {
        await fc.assert(
          fc.asyncProperty(run, end, fc.nat(13), async (given, last, place) => {
            const errands = createErrands(given.choices[0] ?? 0)
            const crowd = createCrowd(doors, errands, `run-${runs++}`)
            const deeds = given.deeds.toSpliced(place % given.deeds.length, 0, last)
            await play({ ...given, deeds }, crowd, errands.letGo)
            const passed = deeds.reduce((sum, deed) => sum + (deed.type === 'pass' ? deed.ms : 0), 0)
            for (const held of crowd.sessions)
              if (crowd.isOver(held)) await crowd.tryAll(held)
              else if (crowd.isLeftAlone(held) && passed < LASTING) await crowd.tryOne(held)
            await hear(crowd, doors, passed < STORE_PATIENCE ? SOON : WITH_HEARTBEAT)
            ended += crowd.sessions.filter(crowd.isOver).length
            expect(crowd.faults).toEqual([])
          }),
          { numRuns: RUNS, seed: SEED, endOnFailure: true },
        )
        expect(ended).toBeGreaterThan(RUNS / 2)
      } finally {
        await doors.close()
      }
    }, 300_000)
  })
}
