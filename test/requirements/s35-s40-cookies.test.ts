/** S35 and S40: HttpOnly, and cookies that end with the browser; every `Set-Cookie` of every door. */
import { describe, expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { cookiesIn, observe, visitEveryDoor, type Observed } from './observed.js'
import { APP_ORIGIN, startWorld, type World } from './world.js'

const SECRET = [cookieNames.session, cookieNames.login] as string[]

const visited = async (options: Parameters<typeof startWorld>[0] = {}): Promise<[World, Observed[]]> => {
  const world = await startWorld({
    own: {},
    ...options,
    bff: (base, api) => {
      const changed = options.bff?.(base, api) ?? base
      return { ...changed, session: { ...changed.session, idle: 0 } }
    },
  })
  const seen = observe(world, world.browser)
  await visitEveryDoor(world, world.browser)
  return [world, seen]
}

/** Every token that Mosaic issues from now on. */
const tapTokens = ({ mosaic }: World): Set<string> => {
  const issued = new Set<string>()
  mosaic.idp.provider.on('grant.success', ({ body }) => {
    for (const kind of ['access_token', 'refresh_token', 'id_token']) {
      const token: unknown = Reflect.get(Object(body), kind)
      if (typeof token === 'string') issued.add(token)
    }
  })
  return issued
}

describe('S35 the session cookie is HttpOnly', () => {
  it('S35 every Set-Cookie of a cookie with a secret has the flag, those that delete it too', async () => {
    const [, seen] = await visited()
    const cookies = cookiesIn(seen)
    const secret = cookies.filter(({ name }) => SECRET.includes(name))
    const set = (name: string): number => secret.filter((one) => one.name === name && one.value !== '').length
    expect(set(cookieNames.session), 'set at each of three logins').toBe(3)
    expect(set(cookieNames.login)).toBeGreaterThanOrEqual(3)
    expect(secret.some(({ value }) => value === '')).toBe(true)
    expect(secret.filter(({ attributes }) => !attributes.has('httponly'))).toEqual([])
    // The others are for scripts to read, and are no credentials.
    const readable = new Set(cookies.map(({ name }) => name).filter((name) => !SECRET.includes(name)))
    expect([...readable].toSorted()).toEqual([cookieNames.csrf, cookieNames.hint])
  })

  it('S35 scripts see neither the cookie nor a token: not in document.cookie, a body, a header or an address', async () => {
    const world = await startWorld({ own: {} })
    const { browser } = world
    const tokens = tapTokens(world)
    const seen = observe(world, browser)
    await browser.login('alice')
    const session = browser.cookie('session') ?? ''
    const readable = browser.agent.cookies.readable(new URL(APP_ORIGIN))
    expect(readable).toContain(cookieNames.csrf)
    expect(readable).not.toContain(cookieNames.session)
    await browser.signedIn()
    await browser.fetch('/own')
    await browser.post('/bff/refresh')
    await browser.fetch('/bff/api/nowhere/1')
    const script = [
      readable,
      ...seen.map(({ headers, body }) => {
        const visible = [...headers].filter(([name]) => name !== 'set-cookie')
        return JSON.stringify(visible) + body
      }),
      ...(browser.agent.page?.visited ?? []).filter(({ origin }) => origin === APP_ORIGIN).map(String),
    ].join('\n')
    expect(tokens.size, 'two answers of the token endpoint').toBeGreaterThanOrEqual(5)
    expect(session).toMatch(/^[\w-]{43}$/)
    for (const secret of [session, ...tokens]) expect(script).not.toContain(secret)
    expect(script).not.toMatch(/eyJ[\w-]{8,}\./)
  })

  it('S35 the readable cookies open nothing', async () => {
    const { browser, newBrowser } = await startWorld()
    await browser.login('alice')
    const csrf = browser.cookie('csrf') ?? ''
    const thief = newBrowser()
    for (const name of [cookieNames.csrf, cookieNames.hint]) {
      const value = browser.agent.cookies.get(APP_ORIGIN, name)?.value ?? ''
      thief.agent.cookies.set(new URL(APP_ORIGIN), `${name}=${value}; Path=/; Secure`)
    }
    expect((await thief.fetch('/bff/api/orders/1', { csrf })).status).toBe(401)
    expect(await thief.session()).toEqual({ authenticated: false })
  })
})

describe('S40 cookies do not outlive the browser', () => {
  it('S40 no Set-Cookie of a session has an expiry, but the one that deletes it', async () => {
    const [, seen] = await visited()
    const ofSession = cookiesIn(seen).filter(({ name }) => name !== cookieNames.login)
    const lasting = ofSession.filter(
      ({ attributes }) => attributes.has('max-age') || attributes.has('expires'),
    )
    expect(ofSession.length - lasting.length).toBeGreaterThanOrEqual(9)
    for (const { value, attributes } of lasting) {
      expect(value).toBe('')
      expect(attributes.get('max-age')).toBe('0')
    }
    expect(lasting.map(({ name }) => name)).toContain(cookieNames.session)
    // A login on its way is no session: it is over in ten minutes.
    const ofLogin = cookiesIn(seen).filter(({ name, value }) => name === cookieNames.login && value !== '')
    expect(ofLogin.length).toBeGreaterThan(0)
    for (const { attributes } of ofLogin) expect(Number(attributes.get('max-age'))).toBeLessThanOrEqual(600)
  })

  it('S40 once the browser is closed the session’s cookies are gone, and it is signed out', async () => {
    const { browser, mosaic } = await startWorld()
    await browser.login('alice')
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    browser.agent.cookies.close()
    for (const name of ['session', 'csrf', 'hint'] as const) expect(browser.cookie(name)).toBeUndefined()
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect(await browser.session()).toEqual({ authenticated: false })
    // The IDP's own cookie may be another one: that is its own affair.
    expect(mosaic.sessions('alice')).toHaveLength(1)
  })
})
