/** How a soak ends: with an answer that is lost for good, and with a logout. Both reach every tab, and say why. */
import type { Stage } from './stage.js'
import { POLLING } from './tab.js'

const LIMIT = 20_000

const until = async (isSo: () => Promise<boolean>): Promise<boolean> => {
  for (const limit = Date.now() + LIMIT; Date.now() < limit;) {
    if (await isSo()) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}

/** Resolves with what was wrong, in sentences. */
export const coda = async (stage: Stage, log: (line: string) => void): Promise<string[]> => {
  const { tabs, mode, demo } = stage
  const wrong: string[] = []
  const all = async (isSo: (index: number) => Promise<boolean>): Promise<boolean> =>
    (await Promise.all(tabs.map((_, index) => isSo(index)))).every(Boolean)
  const isIn = async (index: number, ...statuses: string[]): Promise<boolean> =>
    statuses.includes((await tabs[index]?.look())?.status ?? '')
  const lastEnd = async (index: number): Promise<string | undefined> =>
    (await tabs[index]?.tally())?.ended.at(-1)

  // The provider rotates, the answer is lost, and the old refresh token is worth nothing any more.
  demo.idp.faults.next('token', { kind: 'lost-answer' })
  if (mode === 'bff') {
    const isOver = async (index: number): Promise<boolean> =>
      (await isIn(index, 'unauthenticated')) && (await lastEnd(index)) === 'refresh_lost'
    if (!(await until(() => all(isOver))))
      wrong.push('a lost answer was not told to every tab as refresh_lost')
    // The provider still knows the user: one login, without a page, is one for all tabs.
    await tabs[0]?.page.evaluate(() => void soak.client.login())
    await tabs[0]?.page.waitForFunction(
      () => typeof soak === 'object' && soak.look().status === 'authenticated',
      undefined,
      POLLING,
    )
  } else {
    // A frame brings the next tokens: nobody notices.
    await new Promise((resolve) => setTimeout(resolve, 5_000))
  }
  // A tab that is still on its way to the newest session has not the one that is logged out.
  const isOneSession = async (): Promise<boolean> => {
    const looks = await Promise.all(tabs.map((tab) => tab.look()))
    return (
      looks.every(({ status }) => status === 'authenticated') &&
      new Set(looks.map(({ ref }) => ref)).size === 1
    )
  }
  if (!(await until(isOneSession))) wrong.push('after a lost answer not every tab was signed in again')
  log(`${mode}: an answer was lost`)

  await tabs[1]?.page.evaluate(() => soak.client.logout({ scope: 'app' }))
  const isOut = async (index: number): Promise<boolean> =>
    (await isIn(index, 'unauthenticated')) && (await lastEnd(index)) === 'logout'
  if (!(await until(() => all(isOut)))) {
    const ends = await Promise.all(tabs.map((_, index) => lastEnd(index)))
    wrong.push(`a logout was not told to every tab as one: ${ends.join(', ')}`)
  }
  log(`${mode}: logged out`)
  return wrong
}
