import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildDemo } from '../../demo/build.mjs'
import { startDemo, type Demo } from '../../demo/start.js'
import { listenTo } from '../support/event-stream.js'
import { createUserAgent } from '../support/user-agent.js'

let demo: Demo

beforeAll(async () => {
  await buildDemo()
  demo = await startDemo()
}, 120_000)

afterAll(() => demo.close())

it('an end by the provider’s administrator reaches the app over the network', async () => {
  const { url, idp } = demo
  const agent = createUserAgent()
  await agent.navigate(`${url}/bff/login?return_to=/`, { from: `${url}/` })
  await agent.login('alice')
  const stream = listenTo(await agent.fetch(`${url}/bff/events`))
  expect(await stream.next('session')).toMatchObject({ session: { user: { sub: 'alice' } } })
  expect(await idp.endSession('alice')).toBe(1)
  expect(await stream.next('ended')).toMatchObject({ ended_by: 'logout' })
  await stream.ended
})
