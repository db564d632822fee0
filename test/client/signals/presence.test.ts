import { expect, it } from 'vitest'
import { createPresence } from '../../../src/client/signals/presence.js'
import type { Session } from '../../../src/session/session.js'
import { createTestPlatform } from '../../support/test-platform.js'
import { aSession, MINUTE } from '../../session/sessions.js'

const setUp = (idle: number | null = 20 * MINUTE) => {
  const page = createTestPlatform()
  const told: Session[] = []
  let answer = (): Promise<void> => Promise.resolve()
  const presence = createPresence(page, (session) => {
    told.push(session)
    return answer()
  })
  const idling = (left: number | null = idle, ref = 'ref-1'): Session =>
    aSession({ ref, app: left === null ? {} : { idleEndsAt: page.clock.now() + left } })
  presence.adopted(idling())
  const after = (ms: number): number => {
    page.advance(ms)
    page.act()
    return told.length
  }
  return { page, presence, idling, told, after, answers: (next: typeof answer) => (answer = next) }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

it('tells once a minute has passed since the end was moved, and not again before it was moved', async () => {
  const { after, presence, idling } = setUp()
  expect(after(30_000)).toBe(0)
  expect(after(31_000)).toBe(1)
  // No answer yet.
  expect(after(1000)).toBe(1)
  await settled()
  presence.adopted(idling())
  expect(after(30_000)).toBe(1)
  expect(after(31_000)).toBe(2)
})

it('of a short idle time a quarter passes at most', () => {
  const { after } = setUp(40_000)
  expect(after(5_000)).toBe(0)
  expect(after(6_000)).toBe(1)
})

it('tells nothing without a user, an idle end, a session, or after it', async () => {
  const { page, told } = setUp()
  page.advance(10 * MINUTE)
  expect(told).toEqual([])
  expect(setUp(null).after(10 * MINUTE)).toBe(0)
  expect(setUp().after(21 * MINUTE)).toBe(0)
  const { presence, after } = setUp()
  presence.forget()
  expect(after(2 * MINUTE)).toBe(0)
})

it('another tab that told it is enough; another session begins anew', () => {
  const { page, presence, idling, after } = setUp()
  page.advance(50_000)
  presence.adopted(idling())
  expect(after(20_000)).toBe(0)
  presence.adopted(idling(2 * MINUTE, 'ref-2'))
  expect(after(20_000)).toBe(0)
  expect(after(11_000)).toBe(1)
})

it('where no answer came the next movement tells it again; stopped, it tells nothing', async () => {
  const { page, presence, after, answers } = setUp()
  answers(() => Promise.reject(new Error('offline')))
  expect(after(61_000)).toBe(1)
  await settled()
  expect(after(1_000)).toBe(2)
  presence.stop()
  await settled()
  expect(after(61_000)).toBe(2)
  expect(page.watching).toBe(0)
})
