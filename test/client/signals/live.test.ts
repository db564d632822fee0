import { expect, it } from 'vitest'
import { createLive } from '../../../src/client/signals/live.js'
import type { News } from '../../../src/client/oauth-client.js'
import { aSession, MINUTE } from '../../session/sessions.js'
import { createWireBff } from '../wire-bff.js'
import { createTestPlatform } from '../../support/test-platform.js'

it('hears the stream and tells of the user while there is a session, and neither without', async () => {
  const paths: string[] = []
  const page = createTestPlatform({
    fetch: (input, init) => {
      paths.push(new URL(String(input)).pathname)
      return new Promise((_, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new Error('closed'))),
      )
    },
  })
  const acts: string[] = []
  const news: News[] = []
  const live = createLive({
    platform: page,
    basePath: '/bff',
    act: async ({ ref }) => void acts.push(ref),
    onNews: (one) => news.push(one),
  })
  await new Promise((resolve) => setImmediate(resolve))
  page.advance(5000)
  page.act()
  expect({ paths, acts }).toEqual({ paths: [], acts: [] })

  live.adopted(aSession({ app: { idleEndsAt: page.clock.now() + 10 * MINUTE } }))
  await expect
    .poll(() => {
      page.advance(1000)
      return paths
    })
    .toEqual(['/bff/events'])
  page.advance(2 * MINUTE)
  page.act()
  expect(acts).toEqual(['ref-alice-1'])

  live.stop()
  expect(page.watching).toBe(0)
  await expect.poll(() => page.browser.held()).toEqual([])
  expect(page.timers).toBe(0)
  expect(news).toEqual([])
})

it('is loaded by the connection when there is a session, not before', async () => {
  const bff = createWireBff()
  const { openBff } = await import('../../../src/client/bff-connection.js')
  const connection = openBff(bff.page, '/bff', false)
  const stop = connection.watch?.(() => {})
  expect(bff.page.watching).toBe(0)
  bff.signIn('alice')
  await connection.restore(new AbortController().signal)
  await expect.poll(() => bff.page.watching).toBe(1)
  stop?.()
  expect(bff.page.watching).toBe(0)
})
