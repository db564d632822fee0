/** A cookie jar that a sibling site has filled, in a real browser: T17 of the threats. */
import { expect, it, onTestFinished } from 'vitest'
import { listen } from '../../src/bff/node/listen.js'
import { launch } from './browser.js'

it('is emptied of what the sibling set, until the user is through; cookies of the app stay', async () => {
  const server = await listen((_, response) => response.end('through'), {
    ...{ host: '127.0.0.1', port: 0, option: 'port' },
  })
  const browser = await launch({ args: ['--host-resolver-rules=MAP *.example.test 127.0.0.1'] })
  onTestFinished(async () => {
    await browser.close()
    await server.close(0)
  })
  const at = (host: string): string => `http://${host}.example.test:${new URL(server.url).port}/bff/login`
  const page = await browser.newPage()
  await page.goto(at('app'))
  await page.evaluate(() => void (document.cookie = 'mine=1; Path=/'))
  await page.goto(at('sibling'))
  await page.evaluate(() => {
    for (let i = 0; i < 100; i++)
      document.cookie = `tossed-${i}=${'x'.repeat(400)}; Domain=example.test; Path=${i % 2 === 0 ? '/' : '/bff'}`
  })
  const statuses: number[] = []
  while (statuses.at(-1) !== 200 && statuses.length < 20) {
    const answered = await page.goto(at('app'))
    statuses.push(answered?.status() ?? 0)
    if (answered?.status() === 431) expect(await page.textContent('body')).toContain('load this page again')
  }
  expect(statuses[0]).toBe(431)
  expect(await page.textContent('body')).toBe('through')
  const names = (await page.context().cookies()).map(({ name }) => name)
  expect(names).toContain('mine')
})
