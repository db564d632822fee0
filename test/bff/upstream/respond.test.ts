import { describe, expect, it, vi } from 'vitest'
import { forward } from '../../../src/bff/upstream/forward.js'
import type { UpstreamRequest } from '../../../src/bff/upstream/prepare.js'
import { respond } from '../../../src/bff/upstream/respond.js'
import { callsOver } from './calls.js'

describe('an answer over undici as a Response', () => {
  const on = callsOver(forward)
  const request = (method = 'GET'): UpstreamRequest => ({
    upstream: on.upstream,
    method,
    target: '/v1/42',
    headers: [],
    answered: (status) => ['x-status', String(status)],
  })
  const signal = (): AbortSignal => new AbortController().signal

  it('has the headers the rules gave it', async () => {
    const answer = await respond(request(), null, signal())
    expect([...answer.headers]).toEqual([['x-status', '200']])
    expect(await answer.json()).toMatchObject({ url: '/v1/42' })
  })

  it('does not take early hints for the answer', async () => {
    on.api.answer = (_, response) =>
      response.writeEarlyHints({ link: '</x>; rel=preload' }, () => response.end('late'))
    const answer = await respond(request(), null, signal())
    expect([answer.status, await answer.text()]).toEqual([200, 'late'])
  })

  it('lets go of the upstream when its reader does', async () => {
    on.api.answer = (_, response) => response.writeHead(200).write('first')
    const answer = await respond(request(), null, signal())
    await answer.body?.cancel()
    await vi.waitFor(() => expect(on.api.received[0]?.abandoned()).toBe(true))
  })

  it('is never asked for where the client is gone already', async () => {
    await expect(respond(request(), null, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
    expect(on.api.received).toHaveLength(0)
  })

  it('fails as a whole where the body that is sent fails', async () => {
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('lost')) })
    await expect(respond(request('POST'), body, signal())).rejects.toMatchObject({ code: 'upstream_failed' })
  })
})
