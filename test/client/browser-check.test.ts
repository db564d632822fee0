import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { frameAsker } from '../../src/client/browser-check.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'

const { settings } = Reflect.get(window, 'happyDOM') as {
  settings: { enableIframePageLoading: boolean; fetch: { interceptor: object | null } }
}
settings.enableIframePageLoading = true
settings.fetch.interceptor = { beforeAsyncRequest: async () => new window.Response('') }

const FRAME = 'https://idp.example/session/check'

let platform: TestPlatform
let locks: string[]
let leading: number

const frames = (): string[] => [...document.querySelectorAll('iframe')].map(({ src }) => src)
const open = () => {
  const tabs = platform.tabs('test')
  const ask = frameAsker(
    platform,
    {
      ...tabs,
      lead(lock, begin) {
        locks.push(lock)
        leading += 1
        const end = begin()
        return () => {
          leading -= 1
          end()
        }
      },
    },
    'the-lock',
  )
  return ask(FRAME, 'client hash.salt', () => {})
}

beforeEach(() => {
  platform = createTestPlatform({ page: window })
  locks = []
  leading = 0
})
afterEach(() => vi.restoreAllMocks())

it('opens the frame in the tab that leads, and takes it away when it is stopped', async () => {
  const stop = open()
  await vi.waitFor(() => expect(frames()).toEqual([FRAME]))
  expect([locks, leading]).toEqual([['the-lock'], 1])
  stop()
  expect([frames(), leading]).toEqual([[], 0])
})

it('opens none where it is stopped before the code for it is there', async () => {
  const stop = open()
  stop()
  const stopLater = open()
  await vi.waitFor(() => expect(frames()).toEqual([FRAME]))
  expect(locks).toEqual(['the-lock'])
  stopLater()
})
