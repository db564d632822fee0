import { expect, it, vi } from 'vitest'
import { openOthers } from '../../src/client/others.js'
import { createTestBrowser, createTestPlatform } from '../support/test-platform.js'

const setUp = () => {
  const browser = createTestBrowser()
  const pages = [createTestPlatform({ browser }), createTestPlatform({ browser })] as const
  return { browser, pages, others: pages.map((page) => openOthers(page, 'one')) }
}
const news = { type: 'absent', ref: 'ref-1', reason: 'revoked', endedAt: 5 } as const

it('what one tab posts the others hear, and it does not hear itself', async () => {
  const { pages, others } = setUp()
  const [first, second] = others
  const heard: unknown[] = []
  const own: unknown[] = []
  first?.hear((one) => own.push(one))
  const stop = second?.hear((one) => heard.push(one))
  openOthers(pages[0], 'another').post({ type: 'suspicion' })
  first?.post(news)
  await expect.poll(() => heard).toEqual([news])
  stop?.()
  first?.post(news)
  second?.post({ type: 'suspicion' })
  await vi.waitFor(() => expect(own).toEqual([{ type: 'suspicion' }]))
  expect(heard).toHaveLength(1)
})

it('an end is noted for tabs that sleep: the last one, with its reason, or when it was heard of', () => {
  const { browser, others, pages } = setUp()
  const [first, second] = others
  expect(second?.endOf('ref-1')).toBeUndefined()
  first?.post(news)
  expect(second?.endOf('ref-1')).toEqual({ reason: 'revoked', endedAt: 5 })
  expect(second?.endOf('ref-2')).toBeUndefined()
  expect(second?.endOf(null)).toBeUndefined()
  first?.post({ type: 'absent', ref: 'ref-2', reason: 'logout' })
  expect(second?.endOf('ref-2')).toEqual({ reason: 'logout', endedAt: expect.any(Number) })
  expect(Math.abs((second?.endOf('ref-2')?.endedAt ?? 0) - pages[0].clock.now())).toBeLessThan(2000)
  browser.noted.set('tandem.ended', 'somebody else’s')
  expect(second?.endOf('ref-2')).toBeUndefined()
})
