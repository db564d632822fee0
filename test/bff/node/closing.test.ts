import { Agent, get, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../../src/bff/node/listen.js'
import type { Listening } from '../../../src/bff/node/listen.js'

const anywhere = { host: '127.0.0.1', port: 0, option: 'listen.port' }
let server: Listening
afterEach(() => server.close(0))

describe('a server that is closed', () => {
  it('closes after the answers on the wire, and takes nothing new', async () => {
    const waiting: (() => void)[] = []
    server = await listen((_, response) => void waiting.push(() => response.end('late')), anywhere)
    const { url } = server
    const pending = fetch(url)
    await expect.poll(() => waiting.length).toBe(1)
    const closed = server.close()
    await new Promise<void>((resolve) => get(`${url}/x`).on('error', () => resolve()))
    waiting[0]?.()
    expect(await (await pending).text()).toBe('late')
    // Its connection, kept by the client, is closed too: nobody waits for it to time out.
    await closed
  })

  it('cuts off nobody who asks on a connection that was kept, and says that it is the last time', async () => {
    server = await listen((_, response) => response.end('here'), anywhere)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    let port: number | undefined
    const ask = (): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        request(server.url, { agent, method: 'POST' }, (answer) => {
          port = answer.socket.localPort
          answer.resume().once('end', () => resolve(answer))
        })
          .once('error', reject)
          .end('{}')
      })
    const first = await ask()
    expect(first.headers.connection).toBe('keep-alive')
    const before = port
    const closed = server.close(10_000, 10_000)
    const last = await ask()
    expect(port).toBe(before)
    expect(last.headers.connection).toBe('close')
    // And with the last connection the server is gone: nobody waits for the rest of the time.
    await closed
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('closes connections that bring nothing more, in the end', async () => {
    server = await listen((_, response) => response.end('here'), anywhere)
    await (await fetch(server.url)).text()
    await server.close(10_000, 20)
  })

  it('is closed when what was cut off has heard of it', async () => {
    const heard: string[] = []
    let asked = false
    server = await listen((_, response) => {
      asked = true
      response.once('close', () => heard.push('gone'))
    }, anywhere)
    const pending = fetch(server.url).catch(() => {})
    await expect.poll(() => asked).toBe(true)
    await server.close(20)
    heard.push('closed')
    expect(heard).toEqual(['gone', 'closed'])
    await pending
  })

  it('does not wait longer than it was told', async () => {
    let asked = false
    server = await listen(() => void (asked = true), anywhere)
    const pending = fetch(server.url).catch((error: unknown) => error)
    await expect.poll(() => asked).toBe(true)
    await server.close(20)
    expect(await pending).toBeInstanceOf(TypeError)
  })

  it('tells how many calls it cut off; streams, and what was answered in time, are none', async () => {
    const told: number[] = []
    const cut = (calls: number): void => void told.push(calls)
    let asked = 0
    const start = (): Promise<Listening> =>
      listen(
        ({ url = '' }, response) => {
          asked++
          if (url === '/events') response.setHeader('Content-Type', 'text/event-stream')
          if (url === '/late') response.end('late')
          else response.write('')
        },
        { ...anywhere, cut },
      )
    server = await start()
    const quick = ['/events', '/late'].map((path) => fetch(server.url + path).then((one) => one.text()))
    await expect.poll(() => asked).toBe(2)
    await server.close(5_000)
    await Promise.all(quick)
    expect(told).toEqual([])

    server = await start()
    const cutOff = ['/a', '/b'].map((path) => fetch(server.url + path).then((one) => one.text()))
    const failed = Promise.allSettled(cutOff)
    await expect.poll(() => asked).toBe(4)
    await server.close(20)
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(told).toEqual([2])
  })
})
