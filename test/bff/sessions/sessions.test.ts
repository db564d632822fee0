import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { ORIGIN, SECRET, startOddBench } from '../bench.js'

describe('what is stored', () => {
  it('opens with neither the store, nor the secret, nor both without the cookie', async () => {
    const store = memoryStore()
    const { browser, idp, another } = await startOddBench({}, { bff: (base) => ({ ...base, store }) })
    await browser.login()
    const { ref, user } = await browser.signedIn()
    const [record] = await store.list({ ref }, 0)
    const kept = JSON.stringify(record)
    expect(kept).not.toContain(browser.cookie('session'))
    expect(kept).not.toContain(user.sub)
    expect(kept).not.toContain('refresh-')
    expect(kept).not.toContain(idp.issuer)

    // Another secret, same store, right cookie: nobody. The old one in the ring: still signed in.
    const use = (bff: ReturnType<typeof another>) =>
      browser.agent.handle(ORIGIN, (request) => bff.fetch(request))
    use(another({ secrets: ['another-test-secret-0123456789abcdef'] }))
    expect((await browser.fetch('/bff/session', { csrf: '1' })).status).toBe(200)
    use(another({ secrets: ['another-test-secret-0123456789abcdef', SECRET] }))
  })

  it('survives a rotation of secrets, and the administrator still finds it', async () => {
    const store = memoryStore()
    const { browser, another } = await startOddBench({}, { bff: (base) => ({ ...base, store }) })
    await browser.login()
    const { ref, user } = await browser.signedIn()
    const rotated = another({ secrets: ['another-test-secret-0123456789abcdef', SECRET] })
    browser.agent.handle(ORIGIN, (request) => rotated.fetch(request))
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect((await browser.signedIn()).ref).toBe(ref)
    expect(await rotated.sessions.list({ sub: user.sub })).toHaveLength(1)
    await browser.post('/bff/refresh')
    const after = another({ secrets: ['another-test-secret-0123456789abcdef'] })
    browser.agent.handle(ORIGIN, (request) => after.fetch(request))
    expect((await browser.signedIn()).ref).toBe(ref)
  })
})
