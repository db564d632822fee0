import { expect, it } from 'vitest'
import { askApi, PAUSE } from '../../../src/bff/idp-sessions/answer.js'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const ask = (answer: Response): Promise<unknown> =>
  askApi(
    { fetch: async () => answer, now: () => NOW, timeout: 1000 },
    { url: 'https://api.test/', method: 'GET', headers: {} },
  )

it('the JSON of an answer, and null for an empty one', async () => {
  expect(await ask(Response.json({ a: 1 }))).toEqual({ a: 1 })
  expect(await ask(new Response(null, { status: 204 }))).toBeNull()
})

it.each([
  [400, { error: 'invalid_grant', error_description: 'old' }, 'invalid_grant', 'old'],
  [400, { message: ['one', 'two'], error_code: 400 }, 'invalid_request', 'one; two'],
  [401, { message: 'Invalid token', error_code: 401 }, 'invalid_token', 'Invalid token'],
  [403, { message: 'no', error_code: 403 }, 'access_denied', 'no'],
  [404, {}, 'not_found', undefined],
])('%d %j is a refusal', async (status, body, error, error_description) => {
  await expect(ask(Response.json(body, { status }))).rejects.toMatchObject({
    name: 'OAuthError',
    error,
    error_description,
  })
})

it.each([
  ['seconds', { 'Retry-After': '5' }, 5_000],
  ['a date', { 'Retry-After': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9_000],
  ['nothing', {}, PAUSE],
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
