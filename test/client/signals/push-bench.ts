/** Pages that hear of their session from the scripted door of the event stream. */
import { expect } from 'vitest'
import type { News } from '../../../src/client/oauth-client.js'
import { createPush, type Push } from '../../../src/client/signals/push.js'
import { sessionFromWire, type AuthenticatedAnswer } from '../../../src/protocol.js'
import type { Session } from '../../../src/session/session.js'
import {
  createTestBrowser,
  createTestPlatform,
  type TestBrowser,
  type TestPlatform,
} from '../../support/test-platform.js'
import { createStreamDoor, sessionEvent, type StreamDoor } from './stream-door.js'

/** How long after a session was adopted its stream is asked for, ms. */
export const PAUSE = 1000

/** A page, and what it heard. */
export interface Tab {
  readonly page: TestPlatform
  readonly push: Push
  readonly news: News[]
}

/** A browser before the door. */
export interface Bench {
  readonly browser: TestBrowser
  readonly door: StreamDoor
  open(onNews?: (news: News, push: Push) => void): Tab
}

export const bench = (skew = 0): Bench => {
  const browser = createTestBrowser({ skew })
  const door = createStreamDoor()
  return {
    browser,
    door,
    open(onNews = () => {}) {
      const page = createTestPlatform({ browser, fetch: door.fetch })
      const news: News[] = []
      const push: Push = createPush({
        platform: page,
        basePath: '/bff',
        onNews: (one) => {
          news.push(one)
          onNews(one, push)
        },
      })
      return { page, push, news }
    },
  }
}

/** The session in an event. */
export const at = (event: AuthenticatedAnswer): Session => sessionFromWire(event.session)
export const alice = (): AuthenticatedAnswer => sessionEvent('alice', Date.now())
export const bob = (): AuthenticatedAnswer => sessionEvent('bob', Date.now())

/** A tab whose stream has begun. */
export const listening = async (told = alice(), { door, open, browser }: Bench = bench()) => {
  const tab = open()
  tab.push.adopted(at(told))
  browser.advance(PAUSE)
  const call = (await door.called(1)).begin().tell('session', told)
  await expect.poll(() => tab.news.length).toBe(1)
  return { ...tab, door, browser, call, ref: told.session.ref }
}
