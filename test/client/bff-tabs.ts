/** Several tabs with one session at the BFF, and what each heard. */
import { expect } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { SessionClient, SessionEvents } from '../../src/index.js'
import type { TestPlatform } from '../support/test-platform.js'
import { ORDERS } from './api-calls.js'
import { createWireBff } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'

/** A tab, and what its client told. */
export interface Tab {
  readonly page: TestPlatform
  readonly client: SessionClient
  /** Every event so far, in a few words. */
  readonly heard: string[]
  asked(): string[]
}

/** Every type of event. */
export const types = [
  'authenticated',
  'refreshed',
  'idp-session-ended',
  'expiring',
  'ended',
  'error',
] as const

/** A client in this page. */
export const openIn = (page: TestPlatform): Tab => {
  const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }), resources: [ORDERS] }, page)
  const heard: string[] = []
  for (const type of types)
    client.on(type, (detail: SessionEvents[typeof type]) => {
      const more = 'reason' in detail ? detail.reason : 'session' in detail ? detail.session.user.sub : ''
      heard.push(more ? `${type} ${more}` : type)
    })
  return {
    page,
    client,
    heard,
    asked: () => page.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`),
  }
}

/** Started tabs that have told and asked nothing yet. */
export const setUp = async (
  signedIn?: string,
  count = 3,
): Promise<{ bff: WireBff; tabs: Tab[]; first: Tab }> => {
  const bff = createWireBff(signedIn === undefined ? {} : { signedIn })
  const pages = [bff.page, ...Array.from({ length: count - 1 }, () => bff.tab())]
  const tabs = pages.map(openIn)
  for (const { client } of tabs) await client.start()
  // What they said to each other is heard.
  await new Promise((resolve) => setTimeout(resolve))
  await new Promise((resolve) => setTimeout(resolve))
  for (const { page, heard } of tabs) {
    page.requests.length = 0
    heard.length = 0
  }
  return { bff, tabs, first: tabs[0]! }
}
/** The status of its state. */
export const statusOf = ({ client }: Tab): string => client.getState().status
/** Whom it shows. */
export const userOf = ({ client }: Tab): string | undefined => {
  const state = client.getState()
  return state.status === 'authenticated' ? state.session.user.sub : undefined
}
/** Waits until it is so in all tabs. */
export const all = (tabs: Tab[], look: (tab: Tab) => unknown, what: unknown) =>
  expect.poll(() => tabs.map(look)).toEqual(tabs.map(() => what))
