// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { createHttp, type Answer } from '../../src/oidc/http.js'
import { createTimekeeper } from '../../src/oidc/time.js'
import { createTestPlatform, type TestPlatform, type TestPlatformOptions } from '../support/test-platform.js'

const HOUR = 3_600_000

const keeperOn = (platform: TestPlatform) => createTimekeeper(createHttp(platform), platform, 60_000)
const open = (fetch?: TestPlatformOptions['fetch'], skew = 0) => {
  const platform = createTestPlatform({ skew, ...(fetch && { fetch }) })
  return { platform, keeper: keeperOn(platform) }
}
const answer = (platform: TestPlatform, headers: Record<string, string> = {}): Answer => {
  const now = platform.clock.device()
  return {
    status: 200,
    headers: new Headers(headers),
    text: '',
    json: undefined,
    askedAt: now,
    answeredAt: now,
  }
}
const dated = (more: Record<string, string> = {}, at = Date.now()): Record<string, string> => ({
  date: new Date(at).toUTCString(),
  ...more,
})
const wrongBy = ({ clock }: TestPlatform): number => Math.abs(clock.now() - Date.now())

describe('learn', () => {
  it('believes the date of the answer, and how old a cache says it is', async () => {
    for (const headers of [dated(), dated({ age: '100' }, Date.now() - 100_000)]) {
      const { platform, keeper } = open(undefined, HOUR)
      await keeper.learn(answer(platform, headers), undefined)
      expect(wrongBy(platform)).toBeLessThan(1_500)
    }
  })

  it('believes the ID token, and asks nobody, while that fits the device', async () => {
    const { platform, keeper } = open(undefined, 30_000)
    await keeper.learn(answer(platform), Math.floor(Date.now() / 1000))
    expect(wrongBy(platform)).toBeLessThan(1_500)
    expect(platform.requests).toEqual([])
  })

  it('asks the own server who is right where it does not', async () => {
    const { platform, keeper } = open(async () => new Response('', { headers: dated() }))
    await keeper.learn(answer(platform), Math.floor(Date.now() / 1000) - 3_600)
    expect(wrongBy(platform)).toBeLessThan(1_500)
    expect(platform.requests.map(({ url }) => url)).toEqual(['https://app.test/'])
  })

  it('believes the ID token after all where the own server says nothing', async () => {
    const { platform, keeper } = open(undefined, HOUR)
    await keeper.learn(answer(platform), Math.floor(Date.now() / 1000))
    expect(wrongBy(platform)).toBeLessThan(1_500)
  })

  it('learns nothing from nothing', async () => {
    const { platform, keeper } = open(undefined, HOUR)
    await keeper.learn(answer(platform, { date: 'yesterday' }), undefined)
    expect(Math.round(wrongBy(platform) / 1_000)).toBe(3_600)
  })
})

describe('assure', () => {
  it('asks nobody while the clock is sure', async () => {
    const { platform, keeper } = open()
    await keeper.assure()
    expect(platform.requests).toEqual([])
  })

  it('asks the own server once, past every cache, whoever asks for it', async () => {
    let cache: RequestCache | undefined
    const { platform, keeper } = open(async (_, init) => {
      cache = init?.cache
      return new Response('', { headers: dated() })
    })
    platform.jump(HOUR)
    expect(platform.clock.isSure()).toBe(false)
    await Promise.all([keeper.assure(), keeper.assure()])
    expect(platform.clock.isSure()).toBe(true)
    expect(wrongBy(platform)).toBeLessThan(1_500)
    expect([platform.requests.length, cache]).toEqual([1, 'no-store'])
  })

  it('trusts the device where the server tells no time', async () => {
    const { platform, keeper } = open(async () => new Response(''))
    platform.jump(HOUR)
    await keeper.assure()
    expect(platform.clock.isSure()).toBe(true)
    expect(Math.round(wrongBy(platform) / 1_000)).toBe(3_600)
  })

  it('stays unsure where no answer comes, and asks again', async () => {
    let online = false
    const { platform, keeper } = open(async () => {
      if (!online) throw new TypeError('Failed to fetch')
      return new Response('', { headers: dated() })
    })
    platform.jump(HOUR)
    await expect(keeper.assure()).rejects.toMatchObject({ code: 'network_failed' })
    expect(platform.clock.isSure()).toBe(false)
    online = true
    await keeper.assure()
    expect(platform.clock.isSure()).toBe(true)
  })
})
