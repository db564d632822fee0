/** Tabs with one session whose access is refreshed, for the tests of `refreshing.ts`. */
import { beforeEach } from 'vitest'
import { NetworkError, OAuthError } from '../../src/errors.js'
import { readMark, writeMark } from '../../src/oidc/mark.js'
import { createTabs, type HolderTab } from './holder-tabs.js'

/** The tabs of this test. */
export let tabs: ReturnType<typeof createTabs>
/** Other tabs than every test begins with. */
export const useTabs = (options: Parameters<typeof createTabs>[0]): void => void (tabs = createTabs(options))

/** The provider refuses. */
export const refuse =
  (error = 'invalid_grant') =>
  () =>
    Promise.reject(new OAuthError({ error }))
/** No answer comes. */
export const lose = () => Promise.reject(new NetworkError('network_failed', 'cut'))
/** What these tabs asked the provider, one after the other. */
export const asked = (...those: HolderTab[]): string[] => those.flatMap(({ engine }) => engine.asked)

/** So many tabs with the session of the first. */
export const signedIn = async (count: number): Promise<HolderTab[]> => {
  const all = [tabs.open()]
  await all[0]!.signIn()
  while (all.length < count) {
    const tab = tabs.open()
    await tab.find()
    all.push(tab)
  }
  return all
}
/** Two of them. */
export const two = async (): Promise<[HolderTab, HolderTab]> => (await signedIn(2)) as [HolderTab, HolderTab]
/** What one tab does is heard in the others. */
export const heard = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
/** Somebody refreshed, wrote that down, and is gone with what they got. */
export const loseGrant = ({ platform, hint }: HolderTab): void => {
  const mark = readMark(hint())!
  platform.jar.set('hint', writeMark({ ...mark, generation: mark.generation + 1 }))
}

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeEach(() => {
    tabs = createTabs()
  })
}
