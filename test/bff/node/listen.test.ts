import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../../src/bff/node/listen.js'
import type { Listening } from '../../../src/bff/node/listen.js'

const anywhere = { host: '127.0.0.1', port: 0, option: 'listen.port' }
let server: Listening
afterEach(() => server.close(0))

describe('a server that listens', () => {
  it('says where, in an address that can be opened', async () => {
    server = await listen((_, response) => response.end('here'), { ...anywhere, host: '0.0.0.0' })
    expect(server.url).toMatch(/^http:\/\/localhost:\d+$/)
    expect(await (await fetch(server.url)).text()).toBe('here')
  })

  it('names the option that is in the way, and what to do', async () => {
    server = await listen(() => {}, anywhere)
    const port = Number(new URL(server.url).port)
    await expect(listen(() => {}, { ...anywhere, port })).rejects.toMatchObject({
      option: 'listen.port',
      message: expect.stringMatching(
        /^listen\.port: cannot listen on 127\.0\.0\.1:\d+: another process listens there/,
      ),
    })
    await expect(listen(() => {}, { ...anywhere, host: 'no.such.host.invalid' })).rejects.toThrow(
      /no such address|EAI_AGAIN/,
    )
  })

  it('takes no head above 16 KiB', async () => {
    server = await listen((_, response) => response.end(), anywhere)
    expect((await fetch(server.url, { headers: { 'X-Long': 'x'.repeat(20_000) } })).status).toBe(431)
    expect((await fetch(server.url, { headers: { 'X-Long': 'x'.repeat(8000) } })).status).toBe(200)
  })
})
