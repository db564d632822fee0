import { expect, it } from 'vitest'
import { createClientToken } from '../../../src/bff/idp-sessions/client-token.js'
import { json, startSessionsServer } from './sessions-server.js'

const client = { clientId: 'admin', clientSecret: 'test-secret' }

async function world() {
  const server = await startSessionsServer()
  let now = 0
  const edges = { fetch, now: () => now, timeout: 5_000 }
  const token = createClientToken(edges, `${server.url}/cis/oidc/token`, client)
  return { server, token, pass: (ms: number) => void (now += ms) }
}

it('is asked for once by whoever asks at the same time, and kept', async () => {
  const { server, token } = await world()
  expect(await Promise.all([token.get(), token.get(), token.get()])).toEqual([
    'token-1',
    'token-1',
    'token-1',
  ])
  expect(await token.get()).toBe('token-1')
  expect(server.tokens()).toBe(1)
})

it.each([
  ['a minute before it expires', 3600, 3_540_000],
  ['half way where it lasts no longer than that', 60, 30_000],
  ['after four minutes where it does not say', undefined, 240_000],
])('another one is asked for %s', async (_, expires_in, after) => {
  const { server, token, pass } = await world()
  let issued = 0
  server.token = (response) => json(response, 200, { access_token: `t${++issued}`, expires_in })
  await token.get()
  pass(after - 1)
  expect(await token.get()).toBe('t1')
  pass(1)
  expect(await token.get()).toBe('t2')
})

it('one that was refused is dropped, and no newer one', async () => {
  const { token } = await world()
  const first = await token.get()
  token.drop(first)
  expect(await token.get()).toBe('token-2')
  token.drop(first)
  expect(await token.get()).toBe('token-2')
})

it('a failure is told to all who asked, and kept for nobody', async () => {
  const { server, token } = await world()
  const works = server.token
  server.token = (response) => json(response, 200, { token: 'what' })
  const asked = await Promise.allSettled([token.get(), token.get()])
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  server.token = works
  expect(await token.get()).toBe('token-1')
})
