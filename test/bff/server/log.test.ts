import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { doorNames } from '../../../src/bff/door-names.js'
import { logged, openLog } from '../../../src/bff/server/log.js'
import { ORIGIN } from '../bench.js'
import { adapterOf, run } from '../node/harness.js'
import type { Running } from '../node/harness.js'
import { folderOf, html } from '../static/folder.js'
import { over } from '../wired.js'
import { startListener } from './listener.js'

let app: Running | undefined
afterEach(() => app?.close())

describe('the log', () => {
  it('has a line for each answer: what was asked, how it ended, no header and no query', async () => {
    const lines: string[] = []
    const log = openLog({ write: (line) => void lines.push(line) })
    const upstream = {
      name: 'o',
      url: new URL('http://127.0.0.1:9/'),
      token: 'none',
      timeout: 1,
      methods: null,
      require: {},
    } as const
    const node = adapterOf(upstream, {
      fetch: async () => new Response('x', { status: 403, headers: { 'X-Request-Id': 'r' } }),
    })
    app = await run(logged(node, log, doorNames({ upstreams: ['o'] })))
    await app.call('/bff/callback?code=hunter1&state=hunter2', {
      method: 'POST',
      body: 'hunter3',
      headers: {
        Cookie: 'a=hunter4',
        Authorization: 'hunter5',
        Referer: 'https://x.example/?hunter6',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        tracestate: 'a=hunter7',
      },
    })
    await expect.poll(() => lines.length).toBe(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      name: 'tandem-bff',
      level: 30,
      request: 'r',
      trace: '0af7651916cd43dd8448eb211c80319c',
      method: 'POST',
      path: '/bff/callback',
      status: 403,
      ms: expect.any(Number),
      msg: 'request',
    })
    expect(lines.join('')).not.toContain('hunter')
  })

  it('says of a call that was cut off before its answer that it was, and no status', async () => {
    const lines: string[] = []
    const log = openLog({ write: (line) => void lines.push(line) })
    const node = logged(
      (_, response) => void (response as ServerResponse).destroy(),
      log,
      doorNames({ upstreams: [] }),
    )
    app = await run((request, response) => node(request, response))
    await expect(app.call('/bff/login')).rejects.toThrow()
    await expect.poll(() => lines.length).toBe(1)
    const line: unknown = JSON.parse(lines[0] ?? '')
    expect(line).toMatchObject({ path: '/bff/login', aborted: true })
    expect(line).not.toHaveProperty('status')
  })

  it('has a path as far as it is no user’s: the door, the upstream, a file that is there', async () => {
    const folder = await folderOf({ 'index.html': '<p>app</p>', 'assets/app.js': '1', 'help.html': 'help' })
    const { browser, lines, requests, url } = await startListener({ folder })
    await browser.login()
    const before = requests().length
    const asked = [
      ['/bff/api/echo/reset/test-token-1?t=test-token-2', '/bff/api/echo', 200],
      ['/bff/api/test-token-3/x', '/bff/api', 404],
      ['/bff/session/test-token-4', '/bff', 404],
      ['/reset/test-token-5', '/index.html', 200],
      ['/assets/app.js?v=test-token-6', '/assets/app.js', 200],
      ['/help', '/help.html', 200],
      ['/assets/test-token-7.js', undefined, 404],
    ] as const
    for (const [path, , status] of asked)
      expect((await browser.fetch(path, { headers: html })).status).toBe(status)
    // A page elsewhere makes it ask.
    await fetch(`${url}/bff/api/echo/test-token-8`, { headers: { 'Sec-Fetch-Site': 'cross-site' } })
    await expect.poll(() => requests().length - before).toBe(asked.length + 1)
    const told = requests().slice(before)
    expect(told.slice(0, -1).map(({ path, status }) => [path, status])).toEqual(
      asked.map(([, path, status]) => [path, status]),
    )
    expect(JSON.stringify(lines())).not.toContain('test-token')
  })
})

it('a request that no page of the app made, or that came by another host, is told of by its door alone', async () => {
  const { events, url } = await startListener()
  const ask = (address: string, headers: Record<string, string>): Promise<Response> =>
    over(url, new Request(address, { headers }), {})
  await ask(`${ORIGIN}/bff/api/echo/test-token-1?test-token-2`, { 'Sec-Fetch-Site': 'cross-site' })
  expect(events('csrf_failed')).toMatchObject([{ path: '/bff/api/echo' }])
  await ask('https://other.test/bff/login?return_to=/test-token-3', {
    'Sec-Fetch-Site': 'same-origin',
    'Sec-Fetch-Mode': 'navigate',
    Referer: `${ORIGIN}/test-token-4`,
  })
  await ask('https://other.test/bff/api/echo/test-token-5', {
    'Sec-Fetch-Site': 'same-origin',
    Referer: `${ORIGIN}/x`,
  })
  expect(events('wrong_host').map((line) => line['url'])).toEqual(['http://other.test', 'http://other.test'])
  expect(JSON.stringify([events('csrf_failed'), events('wrong_host')])).not.toContain('test-token')
})
