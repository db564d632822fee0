/** S36, S37 and the opt-in of S40: how cookies are set, and what is refused at start. */
import { createBff, type BffOptions, type CookieOptions } from 'tandem-session/bff'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { cookiesIn, observe, visitEveryDoor } from './observed.js'
import { startWorld } from './world.js'

const cookiesOf = async (cookie: CookieOptions = {}) => {
  const world = await startWorld({
    own: {},
    bff: (base) => ({ ...base, session: { ...base.session, idle: 0, cookie } }),
  })
  const seen = observe(world, world.browser)
  await visitEveryDoor(world, world.browser)
  const cookies = cookiesIn(seen)
  const of = (name: string) => cookies.filter((one) => one.name === name)
  expect(of(cookieNames.session).filter(({ value }) => value !== '')).toHaveLength(3)
  return { cookies, of }
}

/** Creates a BFF; why it cannot be. */
const refusal = (changes: { origin?: string; cookie?: object }): string => {
  const options: BffOptions = {
    origin: changes.origin ?? 'https://app.test',
    idp: { issuer: 'https://idp.test', clientId: 'c', clientSecret: 'test-secret' },
    secrets: ['test-secret-for-the-bff-0123456789abcdef'],
    store: 'memory:',
    ...(changes.cookie && { session: { cookie: changes.cookie } }),
  }
  try {
    const bff = createBff(options)
    onTestFinished(() => bff.close())
    return 'not refused'
  } catch (error) {
    return String(error)
  }
}

const LOCAL = 'http://localhost:3000'

describe('S36 cookies are Secure', () => {
  it('S36 every Set-Cookie has Secure, Path=/ and no Domain, as its __Host- prefix wants', async () => {
    const { cookies } = await cookiesOf()
    expect(cookies.length).toBeGreaterThan(15)
    for (const { name, attributes } of cookies) {
      expect(name).toMatch(/^__Host-/)
      expect([name, attributes.has('secure'), attributes.get('path'), attributes.has('domain')]).toEqual([
        name,
        true,
        '/',
        false,
      ])
    }
  })

  it.each(['http://app.example', 'http://192.168.0.10:3000', 'http://localhost.example'])(
    'S36 %s is refused at start, with what to do',
    (origin) => expect(refusal({ origin })).toMatch(/ConfigurationError.*\borigin\b.*https/is),
  )

  it.each([LOCAL, 'http://127.0.0.1:3000', 'https://app.example'])('S36 %s is not', (origin) =>
    expect(refusal({ origin })).toBe('not refused'),
  )

  it('S36 without Secure only on localhost, by a loud name, and never in production', () => {
    const cookie = { dangerouslyInsecure: true }
    expect(refusal({ origin: LOCAL, cookie })).toBe('not refused')
    expect(refusal({ origin: 'https://app.example', cookie })).toMatch(/dangerouslyInsecure/)
    vi.stubEnv('NODE_ENV', 'production')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(refusal({ origin: LOCAL, cookie })).toMatch(/dangerouslyInsecure.*production/s)
  })
})

describe('S37 SameSite is Strict, or Lax by choice', () => {
  const sameSite = (cookies: { attributes: ReadonlyMap<string, string> }[]): string[] => [
    ...new Set(cookies.map(({ attributes }) => attributes.get('samesite') ?? 'none said')),
  ]

  it('S37 Strict by default; the login has a Lax cookie of its own', async () => {
    const { of, cookies } = await cookiesOf()
    expect(sameSite(of(cookieNames.session))).toEqual(['Strict'])
    expect(sameSite(of(cookieNames.csrf))).toEqual(['Strict'])
    expect(sameSite(of(cookieNames.login))).toEqual(['Lax'])
    expect(sameSite(cookies).toSorted()).toEqual(['Lax', 'Strict'])
  })

  it('S37 Lax where that is configured', async () => {
    const { of, cookies } = await cookiesOf({ sameSite: 'lax' })
    expect(sameSite(of(cookieNames.session))).toEqual(['Lax'])
    expect(sameSite(cookies)).not.toContain('None')
  })

  it('S37 None is refused, unless one opts in where one develops', () => {
    expect(refusal({ cookie: { sameSite: 'none' } })).toMatch(
      /session\.cookie\.sameSite.*dangerouslySameSiteNone/s,
    )
    const cookie = { dangerouslySameSiteNone: true }
    expect(refusal({ cookie })).toMatch(/dangerouslySameSiteNone/)
    expect(refusal({ origin: LOCAL, cookie })).toBe('not refused')
    vi.stubEnv('NODE_ENV', 'production')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(refusal({ origin: LOCAL, cookie })).toMatch(/dangerouslySameSiteNone.*production/s)
  })
})

describe('S40 a cookie outlives the browser only where one opts in', () => {
  it('S40 the option has a loud name, is refused elsewhere and in production', () => {
    const cookie = { dangerouslyPersistent: true }
    expect(refusal({ cookie })).toMatch(/dangerouslyPersistent/)
    expect(refusal({ cookie: { persistent: true } })).toMatch(/persistent/)
    expect(refusal({ origin: LOCAL, cookie })).toBe('not refused')
    vi.stubEnv('NODE_ENV', 'production')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(refusal({ origin: LOCAL, cookie })).toMatch(/dangerouslyPersistent.*production/s)
  })

  it('S40 opted in, it lasts as long as the session may, and the session goes on in the next browser', async () => {
    const { browser, app } = await startWorld({
      mosaic: { appOrigins: [LOCAL] },
      bff: (base) => ({ ...base, origin: LOCAL, session: { cookie: { dangerouslyPersistent: true } } }),
    })
    const { agent } = browser
    agent.handle(LOCAL, app)
    await agent.navigate(`${LOCAL}/bff/login?return_to=/app`, { from: null })
    await agent.login('alice')
    const absolute = Date.now() + 43_200_000
    const { expiresAt } = agent.cookies.get(LOCAL, cookieNames.session) ?? {}
    expect(Math.abs((expiresAt ?? 0) - absolute)).toBeLessThan(10_000)
    agent.cookies.close()
    const answer = await agent.fetch('/bff/session', { headers: { 'x-csrf-token': '1' } })
    expect(await answer.json()).toMatchObject({ authenticated: true })
  })
})
