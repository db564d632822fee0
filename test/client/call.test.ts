// The platform's own Request: that of the page's stand-in knows no keepalive.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { takeApart } from '../../src/client/call.js'

describe('a call taken apart', () => {
  it('of an address and its init keeps everything but the headers', async () => {
    const { signal } = new AbortController()
    const call = await takeApart('/x', { method: 'PUT', body: 'b', signal, headers: { A: '1' } })
    expect(call.init).toEqual({ method: 'PUT', body: 'b', signal })
    expect([...call.headers]).toEqual([['a', '1']])
    expect(call.replayable).toBe(true)
  })

  it('of an address alone is a plain one', async () => {
    const call = await takeApart(new URL('https://api.test/'))
    expect(call).toMatchObject({ init: {}, replayable: true })
  })

  it.each<[string, BodyInit]>([
    ['text', 'b'],
    ['a form', new URLSearchParams({ a: '1' })],
    ['a blob', new Blob(['b'])],
    ['bytes', new Uint8Array([1])],
    ['form data', new FormData()],
  ])('can be sent once more with %s', async (_, body) => {
    expect(await takeApart('/x', { method: 'POST', body })).toMatchObject({
      init: { body },
      replayable: true,
    })
  })

  it('cannot be sent once more with a stream', async () => {
    const body = new ReadableStream()
    expect(await takeApart('/x', { method: 'POST', body })).toMatchObject({
      init: { body },
      replayable: false,
    })
  })

  it('of a Request keeps its body, so that it can be sent elsewhere and twice', async () => {
    const request = new Request('https://api.test/', {
      method: 'POST',
      body: 'hello',
      headers: { 'Content-Type': 'text/x' },
      redirect: 'manual',
      keepalive: true,
    })
    const { init, headers, replayable } = await takeApart(request)
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual', keepalive: true })
    expect(headers.get('content-type')).toBe('text/x')
    expect(replayable).toBe(true)
    expect(await (init.body as Blob).text()).toBe('hello')
    expect(await (init.body as Blob).text()).toBe('hello')
  })

  it('of a Request and an init is as fetch would take them', async () => {
    const request = new Request('https://api.test/', { method: 'POST', body: 'a', headers: { A: '1' } })
    const { init, headers } = await takeApart(request, { method: 'PUT', headers: { B: '2' } })
    expect(init.method).toBe('PUT')
    expect(headers.get('a')).toBeNull()
    expect(headers.get('b')).toBe('2')
  })

  it('of a Request without a body has none', async () => {
    expect((await takeApart(new Request('https://api.test/'))).init).not.toHaveProperty('body')
  })
})
