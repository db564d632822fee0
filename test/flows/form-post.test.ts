/** Answers by POST (OAuth 2.0 Form Post Response Mode) with the real provider, which is another site than the app. */
import { describe, expect, it } from 'vitest'
import { answerFor } from '../bff/arrival.js'
import type { Browser } from '../bff/bench.js'
import { cookieNames } from '../../src/protocol.js'
import { ORIGIN, startProtected } from './protected-world.js'

const start = () => startProtected({ idp: { responseMode: 'form_post' } })

/** Signs in, and gives back the form that the provider's page would send: a page without scripts waits for its button. */
async function formOf(browser: Browser, user = 'alice') {
  await answerFor(browser)
  return finish(browser, user)
}

async function finish(browser: Browser, user = 'alice') {
  const { agent } = browser
  const login = agent.page?.forms.find(({ action }) => action.endsWith('/account'))
  if (login === undefined) throw new Error('nobody is asked to sign in')
  const page = await agent.submit(login, { username: user }, { scripts: false })
  const [form] = page.forms
  if (form === undefined) throw new Error('there is no form')
  return { form, page, fields: new URLSearchParams(form.fields.map(([name, value]) => [name, value])) }
}

/** A page of another site sends a form to the door: where the tab ends, and what was in between. */
async function post(browser: Browser, body: URLSearchParams, from = 'https://evil.example/') {
  const seen: URL[] = []
  const page = await browser.agent.navigate(`${ORIGIN}/bff/callback`, {
    from,
    method: 'POST',
    body,
    stopAt: (url) => {
      seen.push(url)
      return false
    },
  })
  return { at: page.url.href.slice(ORIGIN.length), seen }
}

describe('an answer by POST', () => {
  it('signs in, though the login cookie does not come along from another site, and no code is in an address', async () => {
    const { browser, idp } = await start()
    const { fields, page } = await formOf(browser)
    expect(page.url.origin).toBe(idp.origin)
    const code = fields.get('code') ?? ''
    expect(code.length).toBeGreaterThan(20)
    const { at, seen } = await post(browser, fields, idp.origin)
    expect(at).toBe('/app')
    expect(seen.map(({ pathname }) => pathname)).toEqual(['/bff/callback', '/bff/callback', '/app'])
    for (const url of seen) expect(url.href).not.toContain(code)
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('signs in where no script runs: neither side needs one', async () => {
    const { browser } = await start()
    const { form } = await formOf(browser)
    const page = await browser.agent.submit(form, {}, { scripts: false })
    expect(page.url.href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('is taken in at once where the cookie does come along: the provider is of the app’s own site', async () => {
    const { browser } = await start()
    const { fields } = await formOf(browser)
    const { at, seen } = await post(browser, fields, 'https://login.app.test/')
    expect([at, seen.length]).toEqual(['/app', 2])
  })

  it('with an error says which', async () => {
    const { browser } = await start()
    const page = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app&prompt=none`, {
      from: `${ORIGIN}/`,
    })
    expect(page.url.href).toBe(`${ORIGIN}/app?login_error=login_required`)
  })

  it('comes to two tabs at once', async () => {
    const { browser } = await start()
    const other = browser.newTab()
    await answerFor(browser)
    await answerFor(other)
    const [one, two] = [await finish(browser), await finish(other)]
    expect((await post(browser, one.fields)).at).toBe('/app')
    expect((await post(other, two.fields)).at).toBe('/app')
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })
})

describe('an answer by POST that is not this browser’s', () => {
  it('signs nobody in, and leaves whoever is signed in as they are (login CSRF)', async () => {
    const { browser, newBrowser, idp } = await start()
    await browser.login()
    const { ref } = await browser.signedIn()
    const { fields } = await formOf(newBrowser(), 'bob')
    const stranger = newBrowser()
    expect((await post(browser, fields)).at).toBe('/')
    expect((await post(stranger, fields)).at).toBe('/?login_error=stale_callback')
    expect((await browser.signedIn()).ref).toBe(ref)
    expect(await stranger.session()).toEqual({ authenticated: false })
    expect(idp.tokenRequests).toHaveLength(1)
  })

  it('is not believed for what it is sealed in: that is no proof of anything', async () => {
    const { browser, newBrowser, idp } = await start()
    const { fields } = await formOf(browser)
    const { seen } = await post(newBrowser(), fields)
    const carried = seen[1]?.search ?? ''
    expect(carried).toMatch(/^\?form=/)
    const go = async (one: Browser, query: string) =>
      (await one.agent.navigate(`${ORIGIN}/bff/callback${query}`, { from: null })).url.href.slice(
        ORIGIN.length,
      )
    expect(await go(newBrowser(), carried)).toBe('/?login_error=stale_callback')
    for (const query of [
      `${carried.slice(0, -2)}xx`,
      '?form=',
      '?form=x',
      `?form=x&${fields}`,
      `?form=${browser.agent.cookies.get(ORIGIN, cookieNames.login)?.value}`,
    ])
      expect(await go(browser, query)).toBe('/?login_error=stale_callback')
    expect(idp.tokenRequests).toEqual([])
    expect(await go(browser, carried)).toBe('/app')
  })

  it('is not carried on where it is longer than an answer', async () => {
    const { browser } = await start()
    const { fields } = await formOf(browser)
    fields.set('code', 'x'.repeat(20_000))
    const { at, seen } = await post(browser, fields)
    expect([at, seen.length]).toEqual(['/?login_error=stale_callback', 2])
  })
})
