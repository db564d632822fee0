import { expect, it } from 'vitest'
import { bounded } from '../../../src/bff/idp/bounded.js'
import { endless } from '../../support/endless.js'

it('an answer that is short on the wire and long without end is given up, and its connection is closed', async () => {
  const { url, over } = await endless()
  const answer = await bounded(fetch)(url)
  expect(answer.url).toBe(`${url}/`)
  await expect(answer.text()).rejects.toMatchObject({ code: 'ANSWER_TOO_LONG' })
  await over
})

it('a status that no Response has is handed on', async () => {
  const odd = Object.defineProperty(new Response('{}'), 'status', { value: 999 })
  expect(await bounded(async () => odd)('https://idp.test')).toBe(odd)
})

it('what is no longer than may be passes as it is, and so does an answer without content', async () => {
  const answers = [
    new Response('12345678', { status: 201, statusText: 'Made', headers: { 'X-A': '1' } }),
    new Response(null, { status: 204 }),
    new Response('123456789'),
  ]
  const short = bounded(async () => answers.shift() ?? Response.error(), 8)
  const { status, statusText, headers, ...rest } = await short('https://idp.test').then(async (answer) => ({
    ...{ status: answer.status, statusText: answer.statusText, headers: answer.headers },
    text: await answer.text(),
  }))
  expect([status, statusText, headers.get('x-a'), rest.text]).toEqual([201, 'Made', '1', '12345678'])
  expect((await short('https://idp.test')).status).toBe(204)
  await expect((await short('https://idp.test')).text()).rejects.toThrow('longer than 8 bytes')
})
