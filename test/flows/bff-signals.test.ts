import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../../src/bff/options.js'
import { ORIGIN, startBench } from '../bff/bench.js'
import type { BffBench, Browser } from '../bff/bench.js'
import type { Idp } from '../support/idp.js'
import { listenTo } from '../support/event-stream.js'
import type { Listening } from '../support/event-stream.js'

/** The real provider, which tells the BFF of logouts as it tells every client: by a call of its own. */
async function start(
  session: BffOptions['session'] = {},
): Promise<BffBench & { idp: Idp; calls: Request[] }> {
  const calls: Request[] = []
  const bench: BffBench & { idp: Idp } = await startBench({
    idp: {
      backchannelLogout: true,
      fetch: async (input, init) => {
        const request = new Request(input as string, init)
        calls.push(request.clone())
        return bench.bff.fetch(request)
      },
    },
    bff: (base) => ({ ...base, session }),
  })
  return { ...bench, calls }
}

const listen = async (browser: Browser): Promise<Listening> => {
  const stream = listenTo(await browser.fetch('/bff/events', { csrf: null }))
  await stream.next('session')
  return stream
}

/** Logs out on a page of the provider, in another tab that knows nothing of the app. */
async function logOutAtTheIdp(browser: Browser, idp: Idp): Promise<void> {
  const { agent } = browser.newTab()
  const page = await agent.navigate(`${idp.origin}/session/end`, { from: null })
  const [form] = page.forms
  if (form === undefined) throw new Error(`no form: ${page.text}`)
  await agent.submit(form, { logout: 'yes' })
  expect(agent.page?.text).toContain('You are signed out')
}

describe('a logout at the IDP', () => {
  it('in another tab ends this browser’s session at once, and everybody who listens hears it; other browsers go on', async () => {
    const { browser, newBrowser, idp, calls } = await start()
    await browser.login('alice')
    const other = newBrowser()
    await other.login('alice')
    const [here, there] = await Promise.all([listen(browser), listen(other)])

    await logOutAtTheIdp(browser, idp)
    // The page of the provider is shown once the BFF has answered: no waiting is needed.
    expect(await browser.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
    await here.ended
    expect(here.of('ended')).toMatchObject([{ ended_by: 'logout' }])
    expect(calls.map(({ url }) => url)).toEqual([`${ORIGIN}/bff/backchannel-logout`])
    expect((await other.session()).authenticated).toBe(true)
    expect(there.told.map(({ name }) => name)).toEqual(['retry', 'session'])
    await there.leave()
  })

  it('by an administrator ends every session of the user', async () => {
    const { browser, newBrowser, idp } = await start()
    const bob = newBrowser()
    await Promise.all([browser.login('alice'), bob.login('bob')])
    const other = newBrowser()
    await other.login('alice')
    const streams = await Promise.all([browser, other].map(listen))
    expect(await idp.endSession('alice')).toBe(2)
    for (const stream of streams) {
      await stream.ended
      expect(stream.of('ended')).toMatchObject([{ ended_by: 'logout' }])
    }
    expect((await bob.session()).authenticated).toBe(true)
    expect((await browser.session()).authenticated).toBe(false)
  })

  it('lets the app rely on what it has, where the policy says so, and tells until when', async () => {
    const { browser, idp, clock } = await start({ whenIdpSessionEnds: { logout: 'rely' } })
    await browser.login('alice')
    const { access } = await browser.signedIn()
    const stream = await listen(browser)
    await idp.endSession('alice')
    expect(await stream.next('idp_session_ended')).toEqual({ ended_by: 'logout', until: access.expires_at })
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    clock.advance(301)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(401)
    await stream.ended
    expect(stream.of('ended')).toMatchObject([{ ended_by: 'logout' }])
    expect(idp.tokenRequests).toHaveLength(1)
  })

  it('that the app began itself comes back as a logout token, which finds nothing left to do', async () => {
    const { browser, idp, calls } = await start()
    await browser.login('alice')
    const { end_session_url: url } = (await (await browser.post('/bff/logout')).json()) as {
      end_session_url: string
    }
    await browser.agent.navigate(url, { from: `${ORIGIN}/` })
    expect(browser.agent.page?.url.href).toBe(`${ORIGIN}/`)
    expect([calls.length, idp.live('Session')]).toEqual([1, 0])
    expect(await browser.login('alice')).toMatchObject({ pathname: '/app' })
    expect((await browser.session()).authenticated).toBe(true)
  })

  it('is told to nobody where the provider tells nobody', async () => {
    const { browser, idp, calls } = await start()
    idp.settings.backchannelLogout = false
    await browser.login('alice')
    await idp.endSession('alice')
    expect(calls).toEqual([])
    expect((await browser.session()).authenticated).toBe(true)
  })
})
