/** Tabs that look for their session, for the tests of `finding.ts`. */
import { beforeEach } from 'vitest'
import type { Tokens } from '../../src/oidc/tokens.js'
import { createTabs, type HolderTab } from './holder-tabs.js'
import { transaction } from './scripted-engine.js'

/** The tabs of this test. */
export let tabs: ReturnType<typeof createTabs>
/** Other tabs than every test begins with. */
export const useTabs = (options: Parameters<typeof createTabs>[0]): void => void (tabs = createTabs(options))

/** What one tab does is heard in the others. */
export const heard = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
/** The page is left to ask, and comes back with `kind`'s answer. */
export const comeBack = (tab: HolderTab, exchange?: () => Promise<Tokens>): Promise<unknown> => {
  const { engine, platform } = tab
  const { hint } = engine.begun.at(-1) ?? {}
  engine.transactions.set('b', transaction({ kind: 'silent', returnTo: '/wanted', ...(hint && { hint }) }))
  engine.answers.exchange = exchange
  platform.go('/callback?code=c&state=b')
  return tab.holder.restore(true)
}

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeEach(() => {
    tabs = createTabs()
  })
}
