/** S38: a new session cookie at every authentication, so that no cookie somebody else chose ever becomes a session. */
import { describe, expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import type { Browser } from '../bff/bench.js'
import { APP_ORIGIN, startWorld, type World } from './world.js'

const plant = ({ agent }: Browser, value: string): void => {
  const line = `${cookieNames.session}=${value}; Path=/; Secure; HttpOnly; SameSite=Strict`
  expect(agent.cookies.set(new URL(APP_ORIGIN), line)).toBeNull()
}

/** What whoever knows a value of the cookie gets with it: statuses of a call, of an own route, and whether a session is told of. */
const opened = async ({ newBrowser }: World, value: string, csrf: string | undefined): Promise<unknown[]> => {
  const other = newBrowser()
  plant(other, value)
  const call = await other.fetch('/bff/api/orders/1', { csrf: csrf ?? null })
  const own = await other.fetch('/own', { csrf: csrf ?? null })
  return [call.status, own.status, (await other.session()).authenticated]
}

const NOTHING = [401, 401, false]

describe('S38 every authentication gets a new session cookie', () => {
  it('S38 a value planted before the login is not the session’s afterwards, and opens nothing', async () => {
    const world = await startWorld({ own: {} })
    const { browser } = world
    const planted = 'planted-planted-planted-planted-planted-123'
    plant(browser, planted)
    await browser.login('alice')
    const { session, csrf } = { session: browser.cookie('session'), csrf: browser.cookie('csrf') }
    expect(session).toMatch(/^[\w-]{43}$/)
    expect(session).not.toBe(planted)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    expect(await opened(world, planted, csrf)).toEqual(NOTHING)
  })

  it('S38 a live session of the attacker’s, planted, does not become the user’s', async () => {
    const world = await startWorld({ own: {} })
    const { browser, newBrowser } = world
    const attacker = newBrowser()
    await attacker.login('bob')
    const planted = attacker.cookie('session') ?? ''
    plant(browser, planted)
    await browser.login('alice')
    expect(browser.cookie('session')).not.toBe(planted)
    expect((await browser.signedIn()).user.sub).toBe('alice')
    expect(await opened(world, planted, browser.cookie('csrf'))).toEqual(NOTHING)
    expect(await opened(world, planted, attacker.cookie('csrf'))).toEqual(NOTHING)
  })

  it.each([
    ['a step-up', '/bff/login?return_to=/app&acr_values=mfa'],
    ['authenticating anew', '/bff/login?return_to=/app&prompt=login'],
    ['a login the IDP answers silently', '/bff/login?return_to=/app&prompt=none'],
  ])('S38 after %s the value is another one, and the one before opens nothing', async (_, login) => {
    const world = await startWorld({ own: {} })
    const { browser } = world
    await browser.login('alice')
    const before = browser.cookie('session') ?? ''
    const csrf = browser.cookie('csrf')
    const { ref } = await browser.signedIn()
    expect(await opened(world, before, csrf)).toEqual([200, 200, true])

    await browser.login('alice', login)
    expect(browser.cookie('session')).not.toBe(before)
    expect(browser.cookie('csrf')).not.toBe(csrf)
    expect((await browser.signedIn()).ref).not.toBe(ref)
    expect(await opened(world, before, csrf)).toEqual(NOTHING)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
  })

  it('S38 a renewal of access is no authentication: the cookie stays', async () => {
    const { browser } = await startWorld()
    await browser.login('alice')
    const before = browser.cookie('session')
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect(browser.cookie('session')).toBe(before)
  })
})
