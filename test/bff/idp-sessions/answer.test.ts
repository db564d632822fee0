import { expect, it } from 'vitest'
import { openDoor } from '../../../src/bff/idp-sessions/answer.js'

const CALL = { url: 'https://api.test/', method: 'GET', headers: {} } as const
const NOW = Date.parse('2026-01-01T00:00:00Z')
const ask = (answer: Response): Promise<unknown> =>
  openDoor({ fetch: async () => answer, now: () => NOW, timeout: 1000 })(CALL)

it('the JSON of an answer, and null for an empty one', async () => {
  expect(await ask(Response.json({ a: 1 }))).toEqual({ a: 1 })
  expect(await ask(new Response(null, { status: 204 }))).toBeNull()
})

it.each([
  [400, { error: 'invalid_grant', error_description: 'old' }, 'invalid_grant', 'old'],
  [400, { message: ['one', 'two'], error_code: 400 }, 'invalid_request', 'one; two'],
  [401, { message: 'Invalid token', error_code: 401 }, 'invalid_token', 'Invalid token'],
  [403, { message: 'no', error_code: 403 }, 'access_denied', 'no'],
  [401, { error: 'Unauthorized', message: 'Invalid token' }, 'invalid_token', 'Invalid token'],
  [403, { error: { code: 7 }, message: [7] }, 'access_denied', undefined],
  [404, {}, 'not_found', undefined],
  [409, [], 'invalid_request', undefined],
])('%d %j is a refusal', async (status, body, error, error_description) => {
  await expect(ask(Response.json(body, { status }))).rejects.toMatchObject({
    name: 'OAuthError',
    status,
    error,
    error_description,
  })
})

it.each([
  ['seconds', { 'Retry-After': '5' }, 5_000],
  ['a date', { 'Retry-After': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9_000],
  ['nothing', {}, 60_000],
  ['nonsense', { 'Retry-After': 'soon' }, 60_000],
  ['at most an hour', { 'Retry-After': '86400' }, 3_600_000],
])('429 says how long to wait: %s', async (_, headers, retryAfter) => {
  await expect(ask(new Response('', { status: 429, headers }))).rejects.toMatchObject({ retryAfter })
})

it.each([
  ['a page with 200', new Response('<html>')],
  ['a page with 403', new Response('<html>', { status: 403 })],
  ['a gateway', new Response('', { status: 502 })],
  ['a redirect that was not followed', new Response(null, { status: 304 })],
])('%s is no answer', async (_, answer) => {
  await expect(ask(answer)).rejects.toMatchObject({ name: 'NetworkError', retryable: true })
})

it.each([
  ['429', 429],
  ['503', 503],
])('until then nothing is asked: %s', async (_, status) => {
  let now = NOW
  let asked = 0
  const answers = [
    new Response('', { status, headers: { 'Retry-After': '5' } }),
    Response.json([]),
    Response.json([]),
  ]
  const door = openDoor({
    fetch: async () => answers[asked++] ?? Response.error(),
    now: () => now,
    timeout: 1000,
  })
  await expect(door(CALL)).rejects.toMatchObject({ retryAfter: 5_000 })
  now += 3_500
  await expect(door(CALL)).rejects.toMatchObject({
    retryAfter: 1_500,
    retryable: true,
    message: expect.stringContaining('Try again in 2 s'),
  })
  expect(asked).toBe(1)
  now += 1_500
  expect(await door(CALL)).toEqual([])
  expect(await door(CALL)).toEqual([])
})
