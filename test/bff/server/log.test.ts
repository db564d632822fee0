import { afterEach, describe, expect, it } from 'vitest'
import { logged, openLog } from '../../../src/bff/server/log.js'
import { adapterOf, run } from '../node/harness.js'
import type { Running } from '../node/harness.js'

let app: Running
afterEach(() => app.close())

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
    app = await run(
      logged(
        adapterOf(upstream, {
          fetch: async () => new Response('x', { status: 403, headers: { 'X-Request-Id': 'r' } }),
        }),
        log,
      ),
    )
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
})
