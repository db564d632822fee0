/** The device's clock is set under way, or the device slept: what time it is is asked before anything is over. */
import { expect, it } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import { createWireBff, MINUTE, offline } from './wire-bff.js'

const setUp = async () => {
  const bff = createWireBff({ signedIn: 'alice' })
  const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
  const ended: string[] = []
  client.on('ended', ({ reason }) => ended.push(reason))
  await client.start()
  // The server's clock is nobody's to set: it goes on evenly.
  const server = (): number => bff.page.browser.even()
  bff.always('GET /bff/session', () => {
    const headers = { 'Content-Type': 'application/json', 'X-Tandem': '1' }
    return new Response(JSON.stringify({ authenticated: true, session: bff.session, now: server() }), {
      headers,
    })
  })
  return { bff, client, ended, server }
}
const DAY = 24 * 60 * MINUTE

it.each([DAY, -DAY, 10 * MINUTE, -10 * MINUTE])(
  'by %i ms: one question, and the session stays',
  async (jump) => {
    const { bff, client, ended, server } = await setUp()
    bff.page.jump(jump)
    bff.page.advance(10)
    await expect.poll(() => bff.page.clock.isSure()).toBe(true)
    bff.page.advance(3 * MINUTE)
    expect(bff.log()).toEqual(['GET /bff/session', 'GET /bff/session'])
    expect(Math.abs(bff.page.clock.now() - server())).toBeLessThan(1000)
    expect(client.getState().status).toBe('authenticated')
    expect(ended).toEqual([])
  },
)

it('where nobody can be asked nothing ends, and a call waits for nothing', async () => {
  const { bff, client, ended } = await setUp()
  bff.always('GET /bff/session', offline)
  bff.page.jump(DAY)
  bff.page.advance(1000)
  await expect.poll(() => bff.log().length).toBeGreaterThan(1)
  bff.page.wake('online')
  expect(client.getState().status).toBe('authenticated')
  expect(ended).toEqual([])
})
