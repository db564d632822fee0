import { describe, expect, it } from 'vitest'
import { readMembers, readText } from '../../src/bff/body.js'

const request = (body: BodyInit | null): Request =>
  new Request('https://app.test/', { method: 'POST', body, duplex: 'half' } as RequestInit)

describe('readMembers', () => {
  it.each([
    [null, {}],
    ['', {}],
    [' \n', {}],
    ['{"a":1}', { a: 1 }],
  ])('reads %j', async (body, members) => expect(await readMembers(request(body))).toEqual(members))

  it.each(['[]', 'null', '1', '"x"', '{', '{"a":1}}'])('refuses %j', async (body) =>
    expect(await readMembers(request(body))).toMatchObject({ status: 400 }),
  )
})

describe('readText', () => {
  it('puts characters together that came in pieces', async () => {
    const bytes = new TextEncoder().encode('aü€')
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
        controller.close()
      },
    })
    expect(await readText(request(stream))).toBe('aü€')
  })

  it('stops reading what is too long', async () => {
    let sent = 0
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 10_000
        controller.enqueue(new Uint8Array(10_000))
      },
      cancel() {
        cancelled = true
      },
    })
    expect(await readText(request(endless))).toMatchObject({ status: 413 })
    expect(cancelled).toBe(true)
    expect(sent).toBeLessThan(200_000)
  })

  it('refuses what broke off', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('ECONNRESET'))
      },
    })
    expect(await readText(request(broken))).toMatchObject({ status: 400 })
  })
})
