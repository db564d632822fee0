import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { openDoor } from '../../../src/bff/idp-sessions/answer.js'
import { createClientToken } from '../../../src/bff/idp-sessions/client-token.js'
import { json, startSessionsServer } from './sessions-server.js'

const client = { clientId: 'admin', clientSecret: 'test-secret' }

async function world() {
  const server = await startSessionsServer()
  let now = 0
  const edges = { fetch, now: () => now, timeout: 5_000 }
  const token = createClientToken(openDoor(edges), edges.now, `${server.url}/cis/oidc/token`, client)
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
  ['after four minutes where it says nonsense', -1, 240_000],
  ['a minute before it expires, which is a text', '3600', 3_540_000],
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

it.each([
  ['in the words of OAuth', { error: 'invalid_client', error_description: 'who?' }, 'who?'],
  ['in those of the API', { message: 'Unauthorized client', error_code: 401 }, 'Unauthorized client'],
  ['in none', {}, 'it was given no token'],
])('a refusal is about the client: %s', async (_, body, told) => {
  const { server, token } = await world()
  server.token = (response) => json(response, 401, body)
  await expect(token.get()).rejects.toMatchObject({
    name: 'OAuthError',
    error: 'invalid_client',
    error_description: `${told}; check clientId and clientSecret of idp.sessionsApi`,
  })
})

it('the secret is in no error', async () => {
  const { server, token } = await world()
  for (const answer of [401, 500, 429]) {
    server.token = (response) => json(response, answer, { message: 'no' })
    const error: unknown = await token.get().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Error)
    expect(inspect(error, { depth: 9 })).not.toContain(client.clientSecret)
  }
})
