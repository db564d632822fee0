import { describe, expect, it } from 'vitest'
import { answerFor, visit } from '../arrival.js'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'
import type { Browser } from '../bench.js'

const arrive = async (browser: Browser, url: URL): Promise<string> => {
  const page = await browser.agent.navigate(url, { from: 'http://localhost' })
  return page.url.href.slice(ORIGIN.length)
}

describe('an answer at the redirect URI', () => {
  it('opened again, from Back or a bookmark, leads to the app and to no second token request', async () => {
    const { browser, idp } = await startOddBench()
    const answer = await answerFor(browser)
    expect(await arrive(browser, answer)).toBe('/app')
    const { ref } = await browser.signedIn()
    expect(await arrive(browser, answer)).toBe('/')
    expect((await browser.signedIn()).ref).toBe(ref)
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('of an authentication that is older than the configured max_age signs nobody in', async () => {
    const { browser, clock, idp } = await startOddBench(
      {},
      { bff: (base) => ({ ...base, idp: { ...base.idp, authorizationParams: { max_age: '60' } } }) },
    )
    const now = Math.floor(clock.now() / 1000)
    idp.traits.authTime = now - 3600
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=id_token_invalid`)
    idp.traits.authTime = now
    expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
  })

  it('opened the next morning leads to the app, saying that it is stale', async () => {
    const { browser, clock, idp } = await startOddBench()
    const answer = await answerFor(browser)
    clock.advance(12 * 3600)
    expect(await arrive(browser, answer)).toBe('/?login_error=stale_callback')
    expect(idp.tokenCalls).toEqual([])
  })

  it('is a problem for whatever is not a visit', async () => {
    const { bff } = await startOddBench()
    const script = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    const url = `${ORIGIN}/bff/callback?code=x&state=y`
    for (const headers of [script, { accept: '*/*' }, {}] as Record<string, string>[]) {
      const answer = await bff.fetch(new Request(url, { headers }))
      expect(answer.status).toBe(400)
      expect(await problemOf(answer)).toMatchObject({ code: 'stale_callback' })
    }
  })

  it('is not taken in by another browser (login CSRF), which stays who it was', async () => {
    const { browser, newBrowser, idp } = await startOddBench()
    const victim = newBrowser()
    expect(await arrive(victim, await answerFor(browser))).toBe('/?login_error=stale_callback')
    expect(await victim.session()).toEqual({ authenticated: false })
    expect(idp.tokenCalls).toEqual([])
  })

  it('is not taken for that of another login which is on its way, and takes nothing from it', async () => {
    const { browser, newBrowser, idp } = await startOddBench()
    const victim = newBrowser()
    const own = await answerFor(victim)
    expect(await arrive(victim, await answerFor(browser))).toBe('/?login_error=stale_callback')
    expect(idp.tokenCalls).toEqual([])
    expect(await arrive(victim, own)).toBe('/app')
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('comes with POST too (form_post), from a site whose POST brings no cookie along', async () => {
    const { browser, idp } = await startOddBench()
    const answer = await answerFor(browser)
    const page = await browser.agent.navigate(`${ORIGIN}/bff/callback`, {
      method: 'POST',
      body: answer.searchParams,
      from: 'http://localhost',
    })
    expect(page.url.href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBeTruthy()
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('is carried on from such a POST without what no answer has, however long that is', async () => {
    const { browser, bff } = await startOddBench()
    const { searchParams: body } = await answerFor(browser)
    const carried = async (extra: string): Promise<string> => {
      body.set('extra', extra)
      const url = `${ORIGIN}/bff/callback`
      const answer = await bff.fetch(new Request(url, { method: 'POST', body, redirect: 'manual' }))
      return answer.headers.get('location') ?? ''
    }
    const [without, long] = [await carried(''), await carried('x'.repeat(30_000))]
    expect(long).toMatch(/^\/bff\/callback\?form=1\./)
    expect(long).toHaveLength(without.length)
  })

  it('is read from the body where the cookie came along', async () => {
    const { browser, bff } = await startOddBench()
    const answer = await answerFor(browser)
    const url = new URL(`${ORIGIN}/bff/callback`)
    const taken = await bff.fetch(visit(browser, url, { method: 'POST', body: answer.searchParams }))
    expect([taken.status, taken.headers.get('location')]).toEqual([303, '/app'])
  })

  it.each(['iframe', 'frame', 'embed', 'object'])(
    'is not loaded into a %s, nor is a login',
    async (frame) => {
      const { browser, bff, idp } = await startOddBench()
      const answer = await answerFor(browser)
      for (const url of [answer, new URL(`${ORIGIN}/bff/login`)]) {
        const refused = await bff.fetch(visit(browser, url, { headers: { 'sec-fetch-dest': frame } }))
        expect([refused.status, (await problemOf(refused))['code']]).toEqual([403, 'csrf_failed'])
      }
      expect(idp.tokenCalls).toEqual([])
    },
  )
})
