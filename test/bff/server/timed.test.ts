import { afterEach, describe, expect, it } from 'vitest'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { doorNames } from '../../../src/bff/door-names.js'
import { writeHead } from '../../../src/bff/node/outgoing.js'
import { timed } from '../../../src/bff/server/timed.js'
import { run } from '../node/harness.js'
import type { Running } from '../node/harness.js'

let app: Running | undefined
afterEach(() => app?.close())

describe('answers are counted', () => {
  it('by door or configured upstream and class of status, and by nothing a user wrote; timed where an upstream gave them', async () => {
    const counts: string[] = []
    const calls: [string, string, number][] = []
    const node = timed(
      (request, response) => {
        const { url = '' } = request as IncomingMessage
        const answer = response as ServerResponse
        if (url.endsWith('/refused')) return void answer.writeHead(401).end()
        if (url.includes('/api/')) writeHead(answer, 502, [], 'request-1')
        if (!url.endsWith('/cut')) return void answer.end()
        answer.flushHeaders()
        answer.destroy()
      },
      {
        request: (door, status) => void counts.push(`${door} ${status}`),
        proxied: (...call) => void calls.push(call),
        unreadable: (status) => void counts.push(`unreadable ${status}`),
      },
      doorNames({ basePath: '/door', upstreams: ['orders'] }),
    )
    app = await run((request, response) => node(request, response))
    const paths = [
      '/door/login?return_to=/x',
      '/healthz',
      '/door/api/orders/7',
      '/door/api/orders/refused',
      '/door/api/alice/7',
      '/alice',
      '/bff/login',
    ]
    for (const path of paths) await app.call(path)
    await app.call('/door/api/orders/cut').catch(() => {})
    await expect
      .poll(() => counts)
      .toEqual([
        'login 2xx',
        'healthz 2xx',
        'api/orders 5xx',
        'api/orders 4xx',
        'other 5xx',
        'other 2xx',
        'other 2xx',
        'api/orders aborted',
      ])
    node.unreadable?.(431, 'HPE_HEADER_OVERFLOW')
    expect(counts.at(-1)).toBe('unreadable 431')
    expect(calls.map(([upstream, status]) => `${upstream} ${status}`)).toEqual([
      'orders 5xx',
      'orders aborted',
    ])
    for (const [, , seconds] of calls) expect(seconds).toBeGreaterThanOrEqual(0)
  })
})
