// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { NetworkError } from '../../src/errors.js'
import { createHttp } from '../../src/oidc/http.js'
import { createTestPlatform, type TestPlatformOptions } from '../support/test-platform.js'

const URL_ = 'https://idp.example.com/token'
const page = (fetch: TestPlatformOptions['fetch']) => createTestPlatform(fetch ? { fetch } : {})

describe('createHttp', () => {
  it('gets', async () => {
    const platform = page(async () => new Response('{"a":1}', { headers: { date: 'x' } }))
    const answer = await createHttp(platform)(URL_, 1_000)
    expect(answer).toMatchObject({ status: 200, text: '{"a":1}', json: { a: 1 } })
    expect(answer.headers.get('date')).toBe('x')
    expect(platform.requests).toMatchObject([{ method: 'GET', url: URL_, keepalive: false }])
  })

  it('posts a form, leaving out what has no value', async () => {
    const platform = page(async () => new Response('', { status: 400 }))
    const answer = await createHttp(platform)(URL_, 1_000, { a: 'x y', b: undefined }, { keepalive: true })
    expect(answer).toMatchObject({ status: 400, text: '', json: undefined })
    expect(platform.requests).toMatchObject([{ method: 'POST', body: 'a=x+y', keepalive: true }])
  })

  it('does not follow a redirect with what it posts', async () => {
    const seen: (RequestRedirect | undefined)[] = []
    const http = createHttp(
      page(async (_, init) => {
        seen.push(init?.redirect)
        return new Response('')
      }),
    )
    await http(URL_, 1_000)
    await http(URL_, 1_000, {})
    expect(seen).toEqual([undefined, 'error'])
  })

  it('notes when it asked and was answered', async () => {
    const platform = page(async () => {
      platform.skewBy(500)
      return new Response('')
    })
    const { askedAt, answeredAt } = await createHttp(platform)(URL_, 1_000)
    expect(answeredAt - askedAt).toBeGreaterThanOrEqual(500)
  })

  it('fails where nobody is reached', async () => {
    const error: unknown = await createHttp(page(undefined))(URL_, 1_000).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({
      code: 'network_failed',
      message: expect.stringContaining('idp.example.com'),
    })
  })

  it('fails where no answer comes in time, and gives the request up', async () => {
    let given: AbortSignal | null | undefined
    const platform = page(
      (_, init) =>
        new Promise((_resolve, reject) => {
          given = init?.signal
          given?.addEventListener('abort', () => reject(given?.reason))
        }),
    )
    const failure = createHttp(platform)(URL_, 60_000).catch((thrown: unknown) => thrown)
    platform.advance(59_000)
    expect(given?.aborted).toBe(false)
    platform.advance(1_000)
    expect(await failure).toMatchObject({ name: 'NetworkError', code: 'timeout' })
    expect(given?.aborted).toBe(true)
  })
})
