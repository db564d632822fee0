import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answerFrame, openFrame } from '../../src/browser/silent-frame.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'

const ANSWER = 'http://localhost:3000/silent.html?code=c&state=s'

// Frames are not loaded in this environment unless it is told to.
const { settings } = Reflect.get(window, 'happyDOM') as { settings: { enableIframePageLoading: boolean } }
settings.enableIframePageLoading = true

let platform: TestPlatform
let listeners: number

const frames = (): HTMLIFrameElement[] => [...document.querySelectorAll('iframe')]
const openHidden = (): Promise<string> => openFrame(window, platform.clock, 'about:blank')
const post = (data: unknown, from: { source?: unknown; origin?: string } = {}): void => {
  const source = 'source' in from ? from.source : frames()[0]?.contentWindow
  const message = new Event('message')
  Object.assign(message, { data, source, origin: from.origin ?? window.location.origin })
  window.dispatchEvent(message)
}
/** Whether it has settled by now. */
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = {}
  return (await Promise.race([promise.catch(() => undefined), Promise.resolve(pending)])) !== pending
}

beforeEach(() => {
  platform = createTestPlatform()
  listeners = 0
  const { addEventListener, removeEventListener } = window
  vi.spyOn(window, 'addEventListener').mockImplementation((...args: unknown[]) => {
    if (args[0] === 'message') listeners += 1
    Reflect.apply(addEventListener, window, args)
  })
  vi.spyOn(window, 'removeEventListener').mockImplementation((...args: unknown[]) => {
    if (args[0] === 'message') listeners -= 1
    Reflect.apply(removeEventListener, window, args)
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  for (const frame of frames()) frame.remove()
})

describe('openFrame', () => {
  it('resolves with the address the frame ended at, and leaves nothing behind', async () => {
    const answer = openHidden()
    expect(frames()).toHaveLength(1)
    expect(frames()[0]?.hidden).toBe(true)
    post({ tandem: ANSWER })
    expect(await answer).toBe(ANSWER)
    expect(frames()).toEqual([])
    expect(listeners).toBe(0)
  })

  it('listens to nobody but the frame, and to the frame only from this origin', async () => {
    const answer = openHidden()
    post({ tandem: ANSWER }, { source: window })
    post({ tandem: ANSWER }, { source: null })
    post({ tandem: ANSWER }, { origin: 'https://elsewhere.example' })
    post({ tandem: ANSWER }, { origin: `${window.location.origin}.elsewhere.example` })
    expect(await isSettled(answer)).toBe(false)
    post({ tandem: ANSWER })
    expect(await answer).toBe(ANSWER)
  })

  it.each([null, undefined, 'text', {}, { tandem: 5 }, { type: 'webpack' }])(
    'passes over what is not its message: %o',
    async (data) => {
      const answer = openHidden()
      post(data)
      expect(await isSettled(answer)).toBe(false)
      post({ tandem: ANSWER })
      await answer
    },
  )

  it('gives up after five seconds, and leaves nothing behind', async () => {
    const failure = openHidden().catch((thrown: unknown) => thrown)
    platform.advance(4_500)
    expect(frames()).toHaveLength(1)
    platform.advance(500)
    expect(await failure).toMatchObject({ name: 'NetworkError', code: 'timeout' })
    expect(frames()).toEqual([])
    expect(listeners).toBe(0)
  })

  it('keeps two frames apart', async () => {
    const [first, second] = [openHidden(), openHidden()]
    const [a, b] = frames()
    post({ tandem: `${ANSWER}&n=2` }, { source: b?.contentWindow })
    expect(await second).toBe(`${ANSWER}&n=2`)
    expect(await isSettled(first)).toBe(false)
    post({ tandem: ANSWER }, { source: a?.contentWindow })
    expect(await first).toBe(ANSWER)
  })
})

describe('answerFrame', () => {
  const pageIn = (parent: object | null): Window => {
    const page = Object.create(null) as Window
    return Object.assign(page, { location: new URL(ANSWER), parent: parent ?? page })
  }

  it('posts the address to the page around it, if that is of its own origin', () => {
    const postMessage = vi.fn<(message: unknown, target: string) => void>()
    expect(answerFrame(pageIn({ postMessage }))).toBe(true)
    expect(postMessage).toHaveBeenCalledExactlyOnceWith({ tandem: ANSWER }, 'http://localhost:3000')
  })

  it('does nothing on a page that is in no frame', () => {
    expect(answerFrame(pageIn(null))).toBe(false)
  })
})
