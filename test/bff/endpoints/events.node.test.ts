import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { serve } from '../../../src/bff/node/serve.js'
import { startOddBench } from '../bench.js'
import type { Browser } from '../bench.js'

/** Opens the stream over a socket, as a proxy in front hands it on; what has come so far is in `text`. */
async function connect(url: string, browser: Browser) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      ...{ host: 'app.test', 'x-forwarded-proto': 'https', 'sec-fetch-site': 'same-origin' },
      ...{
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36',
      },
      cookie: `__Host-Http-session=${browser.cookie('session')}`,
    }
    request(`${url}/bff/events`, { headers, agent: false }, resolve).on('error', reject).end()
  })
  const stream = { answer, text: '', complete: once(answer, 'end') }
  answer.on('data', (chunk: Buffer) => (stream.text += chunk))
  return stream
}

async function served(store = 'memory:') {
  const bench = await startOddBench({}, { bff: (base) => ({ ...base, store }) })
  await bench.browser.login()
  const server = await serve(bench.bff, { port: 0 })
  onTestFinished(() => server.close(0))
  return { ...bench, server }
}

describe('the stream of events over node:http', () => {
  it('sends each event as it happens, and ends with the session', async () => {
    const { browser, server } = await served()
    const stream = await connect(server.url, browser)
    expect(stream.answer.statusCode).toBe(200)
    expect(stream.answer.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
    })
    await vi.waitFor(() => expect(stream.text).toMatch(/^retry: \d+\n\nevent: session\ndata: \{.*\}\n\n$/))
    await browser.post('/bff/refresh')
    await browser.post('/bff/logout', { scope: 'app' })
    await stream.complete
    expect(stream.text).toMatch(/event: ended\ndata: \{"ended_by":"logout","at":\d+\}\n\n$/)
  })

  it('is closed whole, and soon, by a server that stops; its session goes on', async () => {
    const { browser, server } = await served()
    const streams = await Promise.all([connect(server.url, browser), connect(server.url, browser)])
    for (const stream of streams) await vi.waitFor(() => expect(stream.text).toContain('event: session'))
    const started = performance.now()
    await server.close()
    expect(performance.now() - started).toBeLessThan(8000)
    for (const { complete, answer, text } of streams) {
      await complete
      expect(answer.complete).toBe(true)
      expect(text).not.toContain('event: ended')
    }
    expect((await browser.session()).authenticated).toBe(true)
  })

  it('is left without a trace when the client goes', async () => {
    const { browser, server, log } = await served()
    const { answer, text } = await connect(server.url, browser)
    answer.destroy()
    await once(answer, 'close')
    await browser.post('/bff/refresh')
    expect(text).not.toContain('ended')
    expect(log.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('hears within about a second what another process wrote into the same SQLite file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-events-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { browser, server, another, idp } = await served(`sqlite:${join(folder, 'sessions.db')}`)
    const stream = await connect(server.url, browser)
    await vi.waitFor(() => expect(stream.text).toContain('event: session'))
    await another().sessions.end({ sub: idp.traits.user.sub })
    await vi.waitFor(() => expect(stream.text).toContain('"ended_by":"revoked"'), { timeout: 3000 })
    await stream.complete
  })
})
