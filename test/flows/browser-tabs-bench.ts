/** What the tests of many tabs ask of a page, and let happen to it. */
import { expect, vi } from 'vitest'
import type { SessionEvents } from '../../src/index.js'
import { isSettled, tokenOf, type AppPage, type BrowserWorld } from './browser-world.js'

/** ms */
export const MINUTE = 60_000

/** Whether the page shows a user. */
export const isSignedIn = ({ state }: AppPage): boolean => state.status === 'authenticated'
/** Whether it shows that nobody is signed in. */
export const isSignedOut = ({ state }: AppPage): boolean => state.status === 'unauthenticated'
/** What the page was told of this, oldest first. */
export const told = <Type extends keyof SessionEvents>(page: AppPage, type: Type): SessionEvents[Type][] =>
  page.told.filter((one) => one.type === type).map(({ detail }) => detail as SessionEvents[Type])
/** Time passes for everything, ms, and nothing is due by it. */
export const sleep = (ms: number): void => void vi.setSystemTime(Date.now() + ms)
/** Access is about to expire, and all tabs do what is due. */
export const expire = ({ goTo }: BrowserWorld, page: AppPage): void =>
  goTo(page.session.access.expiresAt - MINUTE)
/** Waits until all have the same session and the same token. */
export const rejoin = async ({ until }: BrowserWorld, pages: readonly AppPage[]): Promise<void> => {
  const isSame = ({ session }: AppPage): boolean =>
    JSON.stringify(session) === JSON.stringify(pages[0]?.session)
  await until(pages, (page) => isSettled(page) && isSame(page))
  const tokens = await Promise.all(pages.map(tokenOf))
  expect(new Set(tokens).size).toBe(1)
}
