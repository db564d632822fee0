/** A page that asks the frame of a provider, for which the test stands. */
import { afterEach, beforeEach, vi } from 'vitest'
import {
  openCheckSession,
  type CheckSession,
  type CheckSessionAnswer,
} from '../../src/browser/check-session.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'

/** Origin of the provider. */
export const IDP = 'https://idp.example'
/** Its `check_session_iframe`. */
export const URL_OF_FRAME = `${IDP}/session/check`
/** What its frame is asked (Session Management 1.0 §3.1). */
export const QUESTION = 'client hash.salt'

/** The page. */
export let platform: TestPlatform
/** Whether somebody looks at it. */
export let visibility: DocumentVisibilityState
/** What the frame was asked. */
export let asked: unknown[][]
/** What was told of its answers. */
export let heard: CheckSessionAnswer[]
/** What the frame shows. */
export let inFrame: { postMessage(...given: unknown[]): void }
/** Ends the asking that {@link open} began. */
export let stop: () => void

/** All frames of the page. */
export const frames = (): HTMLIFrameElement[] => [...document.querySelectorAll('iframe')]
/** Leads at once, as the only tab does. */
export const alone: CheckSession['lead'] = (begin) => begin()

/** Begins to ask. */
export const open = (more: Partial<CheckSession> = {}): void => {
  stop = openCheckSession(window, platform.clock, {
    url: URL_OF_FRAME,
    question: QUESTION,
    lead: alone,
    hear: (answer) => heard.push(answer),
    ...more,
  })
}
/** Nobody looks at the page any more, and it is not told. */
export const hide = (): void => void (visibility = 'hidden')
/** The frame has loaded. */
export const load = (): void => void frames()[0]?.dispatchEvent(new Event('load'))
/** Somebody looks at the page, or nobody does any more. */
export const look = (state: DocumentVisibilityState): void => {
  visibility = state
  document.dispatchEvent(new Event('visibilitychange'))
}
/** How many questions there are since this was last asked. */
export const questions = (): number => asked.splice(0).length
/** Something answers: the frame, where nothing else is said. */
export const answer = (data: unknown, from: { source?: unknown; origin?: string } = {}): void => {
  const source = 'source' in from ? from.source : inFrame
  window.dispatchEvent(Object.assign(new Event('message'), { data, source, origin: from.origin ?? IDP }))
}

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeEach(() => {
    // What is loaded into the frame is an empty page: the test stands for it, and says when.
    const { settings } = Reflect.get(window, 'happyDOM') as {
      settings: { enableIframePageLoading: boolean; fetch: { interceptor: object | null } }
    }
    settings.enableIframePageLoading = true
    settings.fetch.interceptor = { beforeAsyncRequest: async () => new window.Response('') }
    platform = createTestPlatform()
    visibility = 'visible'
    asked = []
    heard = []
    inFrame = { postMessage: (...given) => void asked.push(given) }
    vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility)
    vi.spyOn(HTMLIFrameElement.prototype, 'contentWindow', 'get').mockImplementation(function contentWindow(
      this: HTMLIFrameElement,
    ) {
      return (this.isConnected ? inFrame : null) as Window | null
    })
  })
  afterEach(() => {
    stop()
    vi.restoreAllMocks()
  })
}
