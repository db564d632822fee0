/** The BFF's rate limit, in a browser: a tab that has to wait goes on by itself, and nobody is signed out. */
import { expect, it } from 'vitest'
import { useApp } from './app.js'
import { at, choose, inState, press, sees } from './user.js'

const app = useApp({
  bff: { rateLimit: { login: { burst: 1, perSecond: 0.4 }, session: { burst: 20, perSecond: 2 } } },
})

it('a login that is one too many is shown a page on its way back, and is complete a moment later', async () => {
  const page = await app.open(at('bff', '/orders/1001'))
  await inState(page, 'unauthenticated')
  await press(page, 'login')
  await choose(page, 'alice')
  await sees(page, 'This page goes on by itself.')
  expect(new URL(page.url()).pathname).toBe('/bff/callback')
  await inState(page, 'authenticated')
  expect(page.url()).toBe(`${app.demo.url}/orders/1001`)
})

it('a page whose session has asked for too much says so, goes on trying, and is not signed out', async () => {
  const page = await app.open(at('bff'))
  await inState(page, 'unauthenticated')
  // What this address may ask for may be used up by the test before: the page goes on by itself.
  await press(page, 'login')
  await choose(page, 'alice')
  await inState(page, 'authenticated')

  const statuses = await page.evaluate(async () => {
    const ask = (): Promise<Response> => fetch('/bff/session', { headers: { 'X-CSRF-Token': '1' } })
    const answers = await Promise.all(Array.from({ length: 40 }, ask))
    return answers.map(({ status }) => status)
  })
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
  const requests: string[] = []
  page.on('request', (request) => void (request.isNavigationRequest() && requests.push(request.url())))
  await page.reload()
  await inState(page, 'loading', 'authenticated')
  await inState(page, 'authenticated')
  expect(requests).toEqual([page.url()])
})
