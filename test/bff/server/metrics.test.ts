import { afterEach, describe, expect, it } from 'vitest'
import { admin } from '../../../src/bff/server/admin.js'
import { openMetrics } from '../../../src/bff/server/metrics.js'
import { run } from '../node/harness.js'
import type { Running } from '../node/harness.js'

let app: Running | undefined
afterEach(() => app?.close())

const bff = {
  fetch: async () => Response.json({ status: 'ok' }),
  sessions: { list: async () => [], end: async () => 0 },
  idpSessions: {
    list: async () => [],
    revoke: async () => ({ revoked: 0, ended: 0 }),
    endSso: async () => {},
  },
}

describe('the metrics', () => {
  it('are counts in the text format, beside those of the process', async () => {
    const metrics = openMetrics()
    metrics.request('login', '3xx')
    metrics.request('login', '3xx')
    metrics.proxied('orders', '2xx', 0.02)
    metrics.tokenRequest('no_answer', 7)
    metrics.refresh('refused')
    metrics.login('succeeded')
    metrics.sessionEnded('logout')
    metrics.storeError('get')
    metrics.rateLimited('session')
    metrics.upstreamFailed('orders', 'upstream_timeout')
    metrics.stream(1)
    metrics.stream(1)
    metrics.stream(-1)
    metrics.unreadable(431)
    const lines = (await metrics.text()).split('\n')
    for (const line of [
      'tandem_requests_total{door="login",status="3xx"} 2',
      'tandem_proxy_duration_seconds_bucket{le="0.01",upstream="orders",status="2xx"} 0',
      'tandem_proxy_duration_seconds_bucket{le="0.025",upstream="orders",status="2xx"} 1',
      'tandem_token_request_duration_seconds_sum{result="no_answer"} 7',
      'tandem_refreshes_total{result="refused"} 1',
      'tandem_logins_total{result="succeeded"} 1',
      'tandem_sessions_ended_total{reason="logout"} 1',
      'tandem_store_errors_total{operation="get"} 1',
      'tandem_rate_limited_total{limit="session"} 1',
      'tandem_upstream_failures_total{upstream="orders",code="upstream_timeout"} 1',
      'tandem_event_streams 1',
      'tandem_unreadable_requests_total{status="431"} 1',
    ])
      expect(lines).toContain(line)
    expect(lines.some((line) => line.startsWith('process_resident_memory_bytes '))).toBe(true)
    expect(await openMetrics().text()).not.toContain('door="login"')
  })

  it('are at the admin listener, for whoever is no page of a browser', async () => {
    app = await run(admin(bff, 'https://app.example.com', openMetrics()))
    expect(await app.call('/metrics')).toMatchObject({
      status: 200,
      headers: {
        'content-type': expect.stringMatching(/^text\/plain; version=/),
        'cache-control': 'no-store',
      },
      body: expect.stringContaining('# TYPE tandem_event_streams gauge'),
    })
    expect(await app.call('/metrics', { method: 'POST' })).toMatchObject({ status: 405 })
    const page = { headers: { Origin: 'https://evil.example' } }
    expect(await app.call('/metrics', page)).toMatchObject({ status: 403 })
  })
})
