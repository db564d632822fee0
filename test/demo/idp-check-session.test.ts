import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { APP_ORIGIN, BFF_CLIENT_ID, startTestIdp, type Idp, type IdpOptions } from '../support/idp.js'
import { createRelyingParty, type RelyingParty } from '../support/relying-party.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

const COOKIE = 'idp_browser_state'

let idp: Idp
let rp: RelyingParty
let agent: UserAgent

const start = async (options: IdpOptions = {}): Promise<void> => {
  idp = await startTestIdp({ checkSession: true, ...options })
  agent = createUserAgent({ now: () => Date.now() })
  if (options.origin === undefined) rp = await createRelyingParty(idp.issuer)
}
afterEach(async () => {
  vi.useRealTimers()
  await idp.close()
})

/** The browser's state, as a script of the provider reads it. */
const browserState = (): string =>
  agent.cookies
    .readable(new URL(idp.origin))
    .split('; ')
    .find((cookie) => cookie.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1) ?? ''

/** `session_state` of the answer that the browser has come back with. */
const sessionState = (): string => agent.page?.url.searchParams.get('session_state') ?? ''

/** What the frame has to find for this answer, by the formula of the specification. */
const matches = (state: string, browser = browserState(), client = BFF_CLIENT_ID): boolean => {
  const [hash, salt] = state.split('.')
  const expected = createHash('sha256').update(`${client} ${APP_ORIGIN} ${browser} ${salt}`)
  return hash === expected.digest('base64url')
}

const firstForm = () => {
  const [form] = agent.page?.forms ?? []
  if (form === undefined) throw new Error('the page has no form')
  return form
}

const metadata = async (): Promise<Record<string, unknown>> =>
  (await fetch(`${idp.origin}/.well-known/openid-configuration`)).json() as Promise<Record<string, unknown>>

describe('where it is switched off', () => {
  it('nothing of it is there', async () => {
    await start({ checkSession: false })
    expect(await metadata()).not.toHaveProperty('check_session_iframe')
    await rp.signIn(agent, 'alice')
    expect(agent.page?.url.searchParams.has('session_state')).toBe(false)
    expect(browserState()).toBe('')
    expect((await fetch(`${idp.origin}/session/check`)).status).toBe(404)
  })

  it('may be switched on while the provider runs', async () => {
    await start({ checkSession: false })
    await rp.signIn(agent, 'alice')
    idp.settings.checkSession = true
    await rp.signIn(agent, 'alice')
    expect(matches(sessionState())).toBe(true)
  })
})

describe('the metadata', () => {
  it('names the frame, which may be opened by the applications and has one script', async () => {
    await start()
    const { check_session_iframe: address } = await metadata()
    expect(address).toBe(`${idp.origin}/session/check`)
    const answer = await fetch(String(address))
    const html = await answer.text()
    const script = /<script>(.*)<\/script>/s.exec(html)?.[1] ?? ''
    const hash = createHash('sha256').update(script).digest('base64')
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toContain(`script-src 'sha256-${hash}'`)
    expect(policy).toMatch(new RegExp(`frame-ancestors ${APP_ORIGIN}$`))
    expect(idp.count('check_session')).toBe(1)
  })

  it('is at the public address where that is another', async () => {
    await start({ origin: 'http://idp.localhost:1234' })
    const answer = await fetch(`http://localhost:${idp.port}/.well-known/openid-configuration`)
    expect(await answer.json()).toMatchObject({
      check_session_iframe: 'http://idp.localhost:1234/session/check',
    })
  })
})

describe('session_state', () => {
  it('comes with the answer to a login, salted, and fits the browser', async () => {
    await start()
    await rp.signIn(agent, 'alice')
    const first = sessionState()
    expect(first).toMatch(/^[\w-]{43}\.[\w-]{22}$/)
    expect(matches(first)).toBe(true)
    expect(matches(first, browserState(), 'another-client')).toBe(false)

    await rp.signIn(agent, 'alice', { prompt: 'none' })
    expect(sessionState()).not.toBe(first)
    expect([matches(sessionState()), matches(first)]).toEqual([true, true])
  })

  it('comes with an error, too: of a browser without a login', async () => {
    await start()
    await rp.start(agent, { prompt: 'none' })
    expect(agent.page?.url.searchParams.get('error')).toBe('login_required')
    expect(matches(sessionState(), '')).toBe(true)
  })

  it('comes in the fragment where the answer does', async () => {
    await start()
    await rp.start(agent, { response_mode: 'fragment' })
    await agent.login('alice')
    const answer = new URLSearchParams(agent.page?.url.hash.slice(1))
    expect(answer.get('code')).toBeTruthy()
    expect(matches(answer.get('session_state') ?? '')).toBe(true)
  })

  it('is on no way within the provider', async () => {
    await start()
    await rp.start(agent)
    expect(agent.page?.url.pathname).toMatch(/^\/interaction\//)
    expect(agent.page?.url.search).toBe('')
  })
})

describe("the browser's state", () => {
  it('can be read by scripts, and lasts as long as the session', async () => {
    await start({ lifetimes: { session: 600 } })
    await rp.signIn(agent, 'alice')
    const { httpOnly, sameSite, secure, expiresAt } = agent.cookies.get(idp.origin, COOKIE) ?? {}
    expect({ httpOnly, sameSite, secure }).toEqual({ httpOnly: false, sameSite: 'lax', secure: false })
    expect(expiresAt).toBe(agent.cookies.get(idp.origin, 'idp_session')?.expiresAt)

    const state = sessionState()
    expect(matches(state)).toBe(true)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 })
    expect(browserState()).toBe('')
    expect(matches(state)).toBe(false)
  })

  it('is another one after a login, also of the same user', async () => {
    await start()
    await rp.signIn(agent, 'alice')
    const [state, browser] = [sessionState(), browserState()]
    await rp.signIn(agent, 'alice', { prompt: 'login' })
    expect(browserState()).not.toBe(browser)
    expect([matches(state), matches(sessionState())]).toEqual([false, true])
  })

  it('is another one after a switch of users', async () => {
    await start()
    await rp.signIn(agent, 'alice')
    const state = sessionState()
    await rp.start(agent, { prompt: 'login' })
    await agent.login('bob')
    expect(await rp.finish(agent).then((tokens) => tokens.claims()?.sub)).toBe('bob')
    expect([matches(state), matches(sessionState())]).toEqual([false, true])
  })

  it('is gone at once at a logout that an application asks for', async () => {
    await start()
    const { id_token: hint = '' } = await rp.signIn(agent, 'alice')
    const state = sessionState()
    await agent.navigate(
      rp.endSessionUrl({ id_token_hint: hint, post_logout_redirect_uri: `${APP_ORIGIN}/` }),
    )
    expect(browserState()).toBe('')
    expect(matches(state)).toBe(false)
  })

  it("is gone at once at a logout on the provider's own page, and stays where the user stays", async () => {
    await start()
    await rp.signIn(agent, 'alice')
    const state = sessionState()
    await agent.navigate(`${idp.origin}/session/end`)
    await agent.submit(firstForm())
    expect(matches(state)).toBe(true)

    await agent.navigate(`${idp.origin}/session/end`)
    await agent.submit(firstForm(), { logout: 'yes' })
    expect(browserState()).toBe('')
  })

  it('follows at the next visit where an administrator ended the session', async () => {
    await start()
    await rp.signIn(agent, 'alice')
    const state = sessionState()
    await idp.endSession('alice')
    expect(matches(state)).toBe(true)
    await rp.start(agent, { prompt: 'none' })
    expect(agent.page?.url.searchParams.get('error')).toBe('login_required')
    expect(matches(state)).toBe(false)
    expect(matches(sessionState(), '')).toBe(true)
  })
})

it('over https its cookies are for frames of other sites, too', async () => {
  const origin = 'https://idp.test'
  await start({ origin })
  agent.handle(origin, async (request) => {
    const { pathname, search } = new URL(request.url)
    const body = request.method === 'POST' ? await request.text() : null
    const { method, headers } = request
    return fetch(`http://localhost:${idp.port}${pathname}${search}`, {
      method,
      headers,
      body,
      redirect: 'manual',
    })
  })
  const query = new URLSearchParams({
    client_id: BFF_CLIENT_ID,
    redirect_uri: `${APP_ORIGIN}/bff/callback`,
    response_type: 'code',
    scope: 'openid',
    code_challenge: createHash('sha256').update('a verifier').digest('base64url'),
    code_challenge_method: 'S256',
  })
  await agent.navigate(`${origin}/auth?${query}`)
  await agent.login('alice')
  expect(agent.page?.url.origin).toBe(APP_ORIGIN)
  for (const name of [COOKIE, 'idp_session'])
    expect(agent.cookies.get(origin, name)).toMatchObject({ sameSite: 'none', secure: true })
})
