import { expect, it } from 'vitest'
import { world } from './api-world.js'
import { json } from './sessions-server.js'

it('asks nothing for as long as it is told to wait', async () => {
  const { server, api, pass } = await world()
  server.answer = (_call, response) => json(response, 429, { message: 'slow' }, { 'retry-after': '7' })
  await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({
    code: 'idp_unavailable',
    retryAfter: 7000,
  })
  const asked = server.calls.length
  server.answer = (_call, response) => json(response, 200, [])
  await expect(api.list({ sub: 'bob' })).rejects.toMatchObject({ retryable: true })
  expect(server.calls.length).toBe(asked)
  pass(7001)
  expect(await api.list({ sub: 'bob' })).toEqual([])
})

it('waits, too, where it is the token endpoint that asks to; users who log out do not', async () => {
  const { server, api, pass } = await world()
  const works = server.token
  server.token = (response) => json(response, 429, { message: 'slow' }, { 'retry-after': '7' })
  await expect(api.revoke({ sub: 'alice' })).rejects.toMatchObject({ retryAfter: 7000 })
  server.token = works
  await expect(api.list({ sub: 'bob' })).rejects.toMatchObject({ code: 'idp_unavailable' })
  expect(server.calls).toHaveLength(1)
  server.answer = (_call, response) => json(response, 200, { sessions_count: 1 })
  expect(await api.logout('user-token')).toBe(1)
  server.answer = (_call, response) => json(response, 200, [])
  pass(7001)
  expect(await api.list({ sub: 'bob' })).toEqual([])
})

it('waits a minute where it is not told for how long', async () => {
  const { server, api, pass } = await world()
  server.answer = (_call, response) => response.writeHead(429).end()
  await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({ retryAfter: 60_000 })
  server.answer = (_call, response) => json(response, 200, [])
  pass(59_000)
  await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({ code: 'idp_unavailable' })
  pass(1_500)
  expect(await api.list({ sub: 'alice' })).toEqual([])
})
