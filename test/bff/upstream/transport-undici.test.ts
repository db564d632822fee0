import { describe, expect, it } from 'vitest'
import { forward } from '../../../src/bff/upstream/forward.js'
import { closeConnections, exchange } from '../../../src/bff/upstream/transport-undici.js'
import { callsOver } from './calls.js'

describe('connections kept by undici', () => {
  const on = callsOver(forward)
  const call = (method = 'GET'): Promise<Response> => on.call('42', { method })

  it('one that the upstream closes in the moment of use is opened anew, for calls that only read', async () => {
    await (await call()).text()
    let cut = 1
    const echo = on.api.answer
    on.api.answer = (request, response, received) =>
      cut-- > 0 ? void request.socket.destroy() : echo(request, response, received)
    expect((await call()).status).toBe(200)
    expect(on.api.received).toHaveLength(3)
    cut = 1
    expect((await call('POST')).status).toBe(502)
    expect(on.api.received).toHaveLength(4)
  })

  it('an upstream that always closes them is asked twice, not for ever', async () => {
    on.api.answer = (request) => void request.socket.destroy()
    expect((await call()).status).toBe(502)
    expect(on.api.received).toHaveLength(2)
  })

  it('closed, they are opened anew by the next call', async () => {
    await (await call()).text()
    const closed = new Promise((resolve) => on.api.server.once('connection', resolve))
    await closeConnections([on.upstream])
    expect((await call()).status).toBe(200)
    await closed
  })
})

describe('an exchange', () => {
  const on = callsOver(forward)

  it('that is given up before its connection is there asks nothing, and says so', async () => {
    const request = { upstream: on.upstream, method: 'GET', target: '/v1/', headers: [], answered: () => [] }
    const fault = new Promise((resolve) => {
      const ignore = (): void => {}
      exchange(request, null, { head: ignore, data: ignore, end: ignore, fail: resolve }).abort()
    })
    expect(await fault).toMatchObject({ code: 'aborted' })
    expect(on.api.received).toHaveLength(0)
  })

  it.each([
    ['shorter', 'ab'],
    ['longer', 'abcd'],
  ])("whose body is %s than it says is the client's fault", async (_, body) => {
    on.api.answer = () => {}
    const answer = await on.call('', { method: 'POST', body, headers: { 'Content-Length': '3' } })
    expect(answer.status).toBe(400)
  })
})
