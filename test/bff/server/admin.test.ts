import { afterEach, describe, expect, it } from 'vitest'
import { admin } from '../../../src/bff/server/admin.js'
import { run } from '../node/harness.js'
import type { Running } from '../node/harness.js'

let app: Running
afterEach(() => app.close())

const sessions = { list: async () => [], end: async () => 0 }
const idpSessions = {
  list: async () => [],
  revoke: async () => ({ revoked: 0, ended: 0 }),
  endSso: async () => {},
}

describe('the admin listener', () => {
  it('takes a query to its end: a question mark in whose sessions are meant names nobody else', async () => {
    const asked: unknown[] = []
    const heard = {
      async list(filter: unknown) {
        asked.push(filter)
        return []
      },
      async end(filter: unknown) {
        asked.push(filter)
        return 0
      },
    }
    const fetch = async (): Promise<Response> => new Response()
    app = await run(admin({ fetch, sessions: heard, idpSessions }, 'https://app.example.com'))
    await app.call('/sessions?sub=https://idp.test/user?id=7')
    await app.call('/sessions?sub=alice?&sid=1', { method: 'DELETE' })
    await app.call('/sessions?sub=alice?x', { method: 'DELETE' })
    expect(asked).toEqual([
      { sub: 'https://idp.test/user?id=7' },
      { sub: 'alice?', sid: '1' },
      { sub: 'alice?x' },
    ])
  })

  it('hands the probes to the BFF as its own origin, and nothing else', async () => {
    const asked: string[] = []
    const fetch = async ({ method, url }: Request): Promise<Response> => {
      asked.push(`${method} ${url}`)
      return Response.json({ status: 'ok' }, { status: 503 })
    }
    app = await run(admin({ fetch, sessions, idpSessions }, 'https://app.example.com'))
    for (const path of ['/healthz', '/readyz?verbose'])
      expect(await app.call(path, { headers: { Host: 'pod-7.internal' } })).toMatchObject({ status: 503 })
    for (const path of ['/', '/bff/session', '/metrics', '/sessions/x', '/healthz/x']) {
      const answer = await app.call(path)
      expect(answer).toMatchObject({ status: 404, headers: { 'x-tandem': '1', 'cache-control': 'no-store' } })
      expect(answer.body).toContain('The admin listener has')
    }
    expect(asked).toEqual(['GET https://app.example.com/healthz', 'GET https://app.example.com/readyz'])
  })
})
