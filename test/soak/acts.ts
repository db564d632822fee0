/** What can happen to a browser with many tabs, its servers and its device: one act after the other, by chance that can be had again. */
import type { Fault } from '../../demo/idp/index.js'
import type { Chance } from '../support/seeded.js'
import { DOORS } from './doors.js'
import type { Stage } from './stage.js'

/** One act: resolves when it is over, and everything may be well again. */
export type Act = (stage: Stage, chance: Chance) => Promise<void>

const html = '<!doctype html><title>Gateway</title><h1>Something happened</h1>'

/** Answers that are none. */
const NO_ANSWERS: readonly Fault[] = [
  { kind: 'status', status: 503 },
  { kind: 'status', status: 500, body: { error: 'server_error' } },
  { kind: 'status', status: 502, body: html, contentType: 'text/html' },
  { kind: 'status', status: 200, body: html, contentType: 'text/html' },
  { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
  { kind: 'hang' },
  { kind: 'cut' },
]

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The network is back, as browsers say it: not every time, for not every outage is one of the network. */
const comeBack = async ({ awake }: Stage, chance: Chance): Promise<void> => {
  if (!chance.happens(0.5)) return
  await Promise.all(awake().map(({ page }) => page.evaluate(() => void dispatchEvent(new Event('online')))))
}

/** The provider's token endpoint is in trouble. */
const idpTrouble: Act = async (stage, chance) => {
  const { faults } = stage.demo.idp
  await stage.during('trouble', async () => {
    faults.set('token', chance.pick(NO_ANSWERS))
    await sleep(500 + chance.below(3_000))
    faults.clear('token')
    faults.release()
    await comeBack(stage, chance)
  })
}

/** A door of the BFF is in trouble: it does not answer, or does its work and its answer gets lost on the way. */
const bffTrouble: Act = async (stage, chance) => {
  const { faults } = stage.doors
  await stage.during('trouble', async () => {
    const door = chance.pick(DOORS)
    // What was done once must not be done twice: a call of the app is not lost after its work.
    const lost: readonly Fault[] =
      door === 'events' || door === 'api' ? [] : [{ kind: 'lost-answer' }, { kind: 'half-answer' }]
    faults.set(door, chance.pick([...NO_ANSWERS, ...lost]))
    await sleep(500 + chance.below(3_000))
    faults.clear()
    faults.release()
    await comeBack(stage, chance)
  })
}

/** Some tabs are frozen for a while, as browsers do with those nobody looks at; the others go on. */
const freezeSome: Act = async (stage, chance) => {
  const awake = stage.awake()
  const sleepers = awake.filter((_, index) => index > 0 && chance.happens(0.5))
  await Promise.all(sleepers.map((tab) => tab.setFrozen(true)))
  await sleep(1_000 + chance.below(6_000))
  await Promise.all(sleepers.map((tab) => tab.setFrozen(false)))
}

/** Nobody is awake, over one or more expiries. */
const freezeAll: Act = async (stage, chance) => {
  const sleepers = stage.awake()
  await stage.during('sleep', async () => {
    await Promise.all(sleepers.map((tab) => tab.setFrozen(true)))
    await sleep(4_000 + chance.below(4_000))
    await Promise.all(sleepers.map((tab) => tab.setFrozen(false)))
  })
}

/** The tab that keeps something for all others is closed, frozen or crashes. */
const loseLeader: Act = async (stage, chance) => {
  const leaders = await Promise.all(stage.awake().map(async (tab) => ((await tab.leads()) ? [tab] : [])))
  const leader = leaders.flat()[0] ?? chance.pick(stage.awake())
  if (chance.happens(0.3)) {
    await leader.setFrozen(true)
    await sleep(3_000)
    return leader.setFrozen(false)
  }
  await stage.lose(leader, chance.pick(['close', 'crash']))
  await stage.open()
}

/** Any tab is closed or crashes, and another is opened. */
const loseAny: Act = async (stage, chance) => {
  await stage.lose(chance.pick(stage.awake()), chance.pick(['close', 'crash']))
  await stage.open()
}

/** The device's clock is set, and set right again. */
const setClock: Act = async (stage, chance) => {
  const minutes = chance.pick([-1440, -10, 10, 1440])
  for (const ahead of [minutes, 0]) {
    await stage.setClock(ahead * 60_000)
    await sleep(1_500 + chance.below(2_500))
  }
}

/** All acts by name, as often as they are listed. */
export const ACTS: readonly (readonly [name: string, act: Act, onlyBff?: true])[] = [
  ['trouble at the provider', idpTrouble],
  ['trouble at the provider', idpTrouble],
  ['trouble at the BFF', bffTrouble, true],
  ['trouble at the BFF', bffTrouble, true],
  ['some tabs frozen', freezeSome],
  ['all tabs frozen', freezeAll],
  ['leader lost', loseLeader],
  ['tab lost', loseAny],
  ['clock set', setClock],
]
