import { describe, expect, it, vi } from 'vitest'
import { NetworkError, bffClient, createSessionClient } from '../../src/index.js'
import type { Resource, SessionClient } from '../../src/index.js'
import { MINUTE, createWireBff, foreign, offline, own, problem } from './wire-bff.js'
import type { Answer, WireBff } from './wire-bff.js'

const ORDERS: Resource = { url: 'https://api.test/orders/', via: 'bff', upstream: 'orders' }
const LOCAL: Resource = { url: '/local/' }
const DIRECT: Resource = { url: 'https://direct.test/' }
const STEP_UP = 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="60"'

interface SetUp {
  bff: WireBff
  client: SessionClient
  /** The requests that are none of the session client's own. */
  calls(): { method: string; url: string; headers: Headers; body: string }[]
}

const setUp = (resources: Resource[] = [ORDERS, LOCAL], mediateTokens = false, signedIn?: string): SetUp => {
  const bff = createWireBff({ signedIn: signedIn ?? 'alice' })
  const oauth = mediateTokens
    ? bffClient({ basePath: '/bff', mediateTokens: true })
    : bffClient({ basePath: '/bff' })
  const client = createSessionClient({ oauth, resources }, bff.page)
  bff.always('GET https://direct.test/x', directApi(bff))
  const ownDoor = /\/bff\/(session|refresh|token|logout)$/
  return { bff, client, calls: () => bff.page.requests.filter(({ url }) => !ownDoor.test(url)) }
}
/** An API that takes the token of now and no older one. */
const directApi =
  (bff: WireBff): Answer =>
  ({ headers }) => {
    const good = `Bearer token-of-${bff.session?.user.sub}-${bff.session?.access.expires_at}`
    return headers.get('authorization') === good ? foreign('{"ok":true}') : foreign('{}', 401)
  }
const tokenRequests = (bff: WireBff): number =>
  bff.log().filter((line) => line === 'POST /bff/refresh').length

describe('a call to an address that is not listed', () => {
  it('is passed on untouched, and starts nothing', async () => {
    const { bff, client } = setUp()
    const fetch = vi.spyOn(bff.page, 'fetch').mockResolvedValue(new Response('hi'))
    const init = { method: 'POST', headers: { A: '1' } }
    expect(await (await client.fetch('https://other.test/x', init)).text()).toBe('hi')
    const request = new Request('https://other.test/y')
    await client.fetch(request)
    expect(fetch.mock.calls).toEqual([
      ['https://other.test/x', init],
      [request, undefined],
    ])
    expect(client.getState()).toEqual({ status: 'loading' })
  })
})

describe('a call through the BFF', () => {
  it('goes to the upstream’s door with path, query, method, headers and body as they are', async () => {
    const { client, calls } = setUp()
    const response = await client.fetch('https://api.test/orders/a%2Fb/42?x=%26&y#part', {
      method: 'PUT',
      headers: { 'Content-Type': 'text/plain', Accept: 'x/y' },
      body: 'hello',
    })
    expect(await response.json()).toEqual({ for: 'alice' })
    expect(calls()).toMatchObject([
      { method: 'PUT', url: 'https://app.test/bff/api/orders/a%2Fb/42?x=%26&y', body: 'hello' },
    ])
    const headers = calls()[0]?.headers
    expect(headers?.get('content-type')).toBe('text/plain')
    expect(headers?.get('accept')).toBe('x/y')
    expect(headers?.get('authorization')).toBeNull()
  })

  it('says for which session it is made', async () => {
    const { bff, client, calls } = setUp()
    await client.fetch(new URL('https://api.test/orders/1'))
    expect(calls()[0]?.headers.get('x-csrf-token')).toBe(`${bff.session?.ref}.mac`)
  })

  it('takes a Request with its body', async () => {
    const { bff, client } = setUp()
    let sent: BodyInit | null | undefined
    vi.spyOn(bff.page, 'fetch').mockImplementation(async (url, init) => {
      if (!String(url).includes('/api/')) {
        return own({ authenticated: true, session: bff.session, now: bff.page.clock.now() })
      }
      sent = init?.body
      return foreign('{}')
    })
    await client.fetch(new Request('https://api.test/orders/1', { method: 'POST', body: 'hello' }))
    expect(await (sent as Blob).text()).toBe('hello')
  })

  it.each(['omit', 'include'] as const)(
    'carries the cookie, whatever the app asks for: %s',
    async (credentials) => {
      const { bff, client } = setUp()
      const fetch = vi.spyOn(bff.page, 'fetch')
      await client.fetch('https://api.test/orders/1', { credentials })
      expect(fetch.mock.calls.at(-1)?.[1]?.credentials).toBe('same-origin')
    },
  )

  it('needs no renewal by the page: that is the BFF’s part', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    bff.page.skewBy(4 * MINUTE)
    await client.fetch('https://api.test/orders/1')
    expect(calls()).toHaveLength(1)
  })

  it('takes the longest prefix', async () => {
    const { client, calls } = setUp([{ ...ORDERS, url: 'https://api.test/', upstream: 'all' }, ORDERS])
    await client.fetch('https://api.test/orders/1')
    await client.fetch('https://api.test/other/1')
    expect(calls().map(({ url }) => new URL(url).pathname)).toEqual([
      '/bff/api/orders/1',
      '/bff/api/all/other/1',
    ])
  })

  it('starts the client where it was not', async () => {
    const { bff, client } = setUp()
    await client.fetch('https://api.test/orders/1')
    expect(bff.log()).toEqual(['GET /bff/session', 'GET /bff/api/orders/1'])
  })
})

describe('a call to a route of the app’s own', () => {
  it('carries the CSRF header', async () => {
    const { bff, client, calls } = setUp()
    bff.once('POST /local/x', () => foreign('{}'))
    expect((await client.fetch('/local/x', { method: 'POST', body: 'b' })).status).toBe(200)
    expect(calls()).toMatchObject([{ url: 'https://app.test/local/x', body: 'b' }])
    expect(calls()[0]?.headers.get('x-csrf-token')).toBe(`${bff.session?.ref}.mac`)
  })
})

describe('a call with a mediated token', () => {
  it('carries it, to the listed resource alone', async () => {
    const { bff, client, calls } = setUp([DIRECT, ORDERS], true)
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
    expect(calls()[0]?.headers.get('authorization')).toMatch(/^Bearer token-of-alice-/)
    expect(calls()[0]?.headers.get('x-csrf-token')).toBeNull()
    await client.fetch('https://api.test/orders/1')
    expect(calls()[1]?.headers.get('authorization')).toBeNull()
    expect(bff.log().filter((line) => line === 'GET /bff/token')).toHaveLength(1)
  })

  it('renews access that has expired first, once for 50 calls at a time', async () => {
    const { bff, client } = setUp([DIRECT], true)
    await client.start()
    bff.page.skewBy(10 * MINUTE)
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch('https://direct.test/x')))
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(tokenRequests(bff)).toBe(1)
    expect(bff.log().filter((line) => line === 'GET /bff/token')).toHaveLength(1)
  })

  it('rejects where access could not be renewed, and the session stays', async () => {
    const { bff, client, calls } = setUp([DIRECT], true)
    await client.start()
    bff.page.skewBy(10 * MINUTE)
    bff.always('POST /bff/refresh', offline)
    await expect(client.fetch('https://direct.test/x')).rejects.toBeInstanceOf(NetworkError)
    expect(calls()).toHaveLength(0)
    expect(client.getState().status).toBe('authenticated')
  })
})

describe('an API’s 401', () => {
  /** The API refuses every token but the one after the next renewal. */
  const refusing = async (): Promise<SetUp> => {
    const all = setUp([DIRECT], true)
    await all.client.fetch('https://direct.test/x')
    if (all.bff.session === null) throw new Error('not signed in')
    const { session } = all.bff
    all.bff.always('GET https://direct.test/x', (call) =>
      all.bff.session?.access.expires_at === session.access.expires_at
        ? foreign('{}', 401)
        : directApi(all.bff)(call),
    )
    all.bff.page.advance(1_000)
    return all
  }

  it('costs one renewal, and the call is sent once more', async () => {
    const { bff, client } = await refusing()
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
    expect(tokenRequests(bff)).toBe(1)
  })

  it('to 50 calls at a time costs one renewal, and none of them fails', async () => {
    const { bff, client } = await refusing()
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch('https://direct.test/x')))
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(tokenRequests(bff)).toBe(1)
  })

  it('to a call whose body flows by is the answer', async () => {
    const { bff, client } = await refusing()
    bff.always('POST https://direct.test/x', () => foreign('{"no":1}', 401))
    const stream = { method: 'POST', body: new ReadableStream(), duplex: 'half' } as RequestInit
    const response = await client.fetch('https://direct.test/x', stream)
    expect(response.status).toBe(401)
    expect(bff.log().filter((line) => line === 'POST https://direct.test/x')).toHaveLength(1)
  })

  it('that stays is the answer, and costs no further renewal', async () => {
    const { bff, client } = setUp([DIRECT], true)
    bff.always('GET https://direct.test/x', () => foreign('{"no":1}', 401))
    await client.start()
    bff.page.advance(1_000)
    for (const _ of [1, 2, 3]) {
      const response = await client.fetch('https://direct.test/x')
      expect(response.status).toBe(401)
      expect(await response.json()).toEqual({ no: 1 })
    }
    expect(tokenRequests(bff)).toBe(1)
  })

  it('costs a renewal again where the token that was accepted is refused later', async () => {
    const { bff, client } = await refusing()
    await client.fetch('https://direct.test/x')
    bff.page.advance(1_000)
    const revoked = bff.session?.access.expires_at
    bff.always('GET https://direct.test/x', (call) =>
      bff.session?.access.expires_at === revoked ? foreign('{}', 401) : directApi(bff)(call),
    )
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
    expect(tokenRequests(bff)).toBe(2)
  })

  it('is answered with a renewal though the new token expires no later', async () => {
    const { bff, client } = setUp([DIRECT], true)
    await client.start()
    const { session } = bff
    let refusals = 1
    bff.always('GET https://direct.test/x', () => foreign('{}', refusals-- > 0 ? 401 : 200))
    bff.always('POST /bff/refresh', () => own({ authenticated: true, session, now: bff.page.clock.now() }))
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
  })

  it('is the answer where access could not be renewed', async () => {
    const { bff, client } = await refusing()
    bff.always('POST /bff/refresh', offline)
    expect((await client.fetch('https://direct.test/x')).status).toBe(401)
    expect(client.getState().status).toBe('authenticated')
  })

  it('behind the BFF costs nothing: the token is the BFF’s part', async () => {
    const { bff, client, calls } = setUp()
    bff.always('GET /bff/api/orders/1', () => foreign('{"code":"login_required","status":401}', 401))
    const response = await client.fetch('https://api.test/orders/1')
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'login_required' })
    expect(client.getState().status).toBe('authenticated')
    expect(calls()).toHaveLength(1)
    expect(tokenRequests(bff)).toBe(0)
  })

  it('behind the BFF that says invalid_token is answered with a renewal', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    bff.page.advance(1_000)
    const challenge = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }
    bff.once('GET /bff/api/orders/1', () => foreign('{}', 401, challenge))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(200)
    expect(calls()).toHaveLength(2)
    expect(tokenRequests(bff)).toBe(1)
  })
})

describe('what an upstream answers is never taken for the BFF’s word', () => {
  it.each([
    [401, 'login_required'],
    [401, 'session_unknown'],
    [401, 'criteria_unmet'],
    [403, 'csrf_failed'],
    [409, 'session_conflict'],
    [400, 'cookie_conflict'],
  ])('%i %s', async (status, code) => {
    const { bff, client, calls } = setUp()
    bff.always('POST /bff/api/orders/1', () =>
      foreign(JSON.stringify({ code, status, ended_by: 'revoked' }), status),
    )
    const response = await client.fetch('https://api.test/orders/1', { method: 'POST', body: 'b' })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code })
    expect(calls()).toHaveLength(1)
    expect(client.getState().status).toBe('authenticated')
  })

  it('even where it says that it is the BFF, on another origin', async () => {
    const { bff, client } = setUp([DIRECT], true)
    bff.always('GET https://direct.test/x', () => problem('login_required', 401, { ended_by: 'revoked' }))
    expect((await client.fetch('https://direct.test/x')).status).toBe(401)
    expect(client.getState().status).toBe('authenticated')
  })
})

describe('a BFF beside tokens in the page', () => {
  /** A client that holds its session itself, with a session at the BFF that can be opened anew. */
  const beside = () => {
    const bff = createWireBff({ signedIn: 'alice' })
    const inner = bffClient({ basePath: '/bff' })
    const lostBff = vi.fn<(headers: Headers) => void>()
    const oauth = { ...inner, open: (page: typeof bff.page) => ({ ...inner.open(page), lostBff }) }
    return { bff, lostBff, client: createSessionClient({ oauth, resources: [ORDERS] }, bff.page) }
  }

  it('is given the token anew where its session timed out, and the call is sent once more', async () => {
    const { bff, client, lostBff } = beside()
    await client.start()
    bff.once('GET /bff/api/orders/1', () => problem('login_required', 401, { ended_by: 'app_session_over' }))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(200)
    expect(lostBff).toHaveBeenCalledTimes(1)
    expect(client.getState().status).toBe('authenticated')
  })

  it('is tried once, not again and again', async () => {
    const { bff, client, lostBff } = beside()
    bff.always('GET /bff/api/orders/1', () => problem('session_unknown', 401))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(401)
    expect(lostBff).toHaveBeenCalledTimes(1)
    expect(client.getState().status).toBe('authenticated')
  })

  it('ends the session here too where somebody ended it there', async () => {
    const { bff, client, lostBff } = beside()
    bff.always('GET /bff/api/orders/1', () => problem('login_required', 401, { ended_by: 'revoked' }))
    await client.fetch('https://api.test/orders/1')
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'revoked' })
    expect(lostBff).not.toHaveBeenCalled()
  })
})

describe('the BFF’s own refusal', () => {
  it('ends the session, with the reason, and is the answer', async () => {
    const { bff, client } = setUp()
    await client.start()
    const ended = vi.fn<(...heard: unknown[]) => void>()
    client.on('ended', ended)
    bff.session = null
    bff.last = { ended_by: 'idp_session_over', at: 1 }
    const [response] = await Promise.all([1, 2, 3].map((id) => client.fetch(`https://api.test/orders/${id}`)))
    expect(response?.status).toBe(401)
    expect(client.getState()).toEqual({ status: 'unauthenticated', reason: 'idp_session_over', endedAt: 1 })
    expect(ended).toHaveBeenCalledTimes(1)
    expect(ended.mock.calls[0]?.[0]).toMatchObject({ reason: 'idp_session_over', endedAt: 1 })
  })

  it('session_conflict by the same user’s new session: adopted, and the call sent once more', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    const next = bff.signIn('alice')
    const response = await client.fetch('https://api.test/orders/1', { method: 'POST', body: 'b' })
    expect(response.status).toBe(200)
    expect(client.getState()).toMatchObject({ session: { ref: next.ref } })
    expect(calls().map(({ headers, body }) => [headers.get('x-csrf-token'), body])).toEqual([
      [expect.not.stringContaining(next.ref), 'b'],
      [`${next.ref}.mac`, 'b'],
    ])
  })

  it('session_conflict by another user’s session: told as user_changed, and the 409 is the answer', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    const reasons: string[] = []
    client.on('ended', ({ reason }) => reasons.push(reason))
    bff.signIn('bob')
    const response = await client.fetch('https://api.test/orders/1', { method: 'POST', body: 'b' })
    expect(response.status).toBe(409)
    expect(reasons).toEqual(['user_changed'])
    expect(client.getState()).toMatchObject({ session: { user: { sub: 'bob' } } })
    expect(calls()).toHaveLength(1)
  })

  it.each([
    ['csrf_failed', 403],
    ['cookie_conflict', 400],
  ])('%s: the BFF sets its cookies anew, and the call is sent once more', async (code, status) => {
    const { bff, client, calls } = setUp()
    await client.start()
    bff.once('POST /bff/api/orders/1', () => problem(code, status))
    const response = await client.fetch('https://api.test/orders/1', { method: 'POST', body: 'b' })
    expect(response.status).toBe(200)
    expect(calls()).toHaveLength(2)
  })

  it('that stays is the answer', async () => {
    const { bff, client, calls } = setUp()
    bff.always('POST /bff/api/orders/1', () => problem('csrf_failed', 403))
    expect((await client.fetch('https://api.test/orders/1', { method: 'POST' })).status).toBe(403)
    expect(calls()).toHaveLength(2)
  })
})

describe('a call belongs to a session', () => {
  it('made as alice, it does not leave once bob is signed in', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    client.stop()
    bff.signIn('bob')
    // Starting again, the client learns of bob while the call waits.
    const call = client.fetch('https://api.test/orders/1', { method: 'POST', body: 'as alice' })
    await expect(call).rejects.toMatchObject({ code: 'session_ended', reason: 'user_changed' })
    expect(client.getState()).toMatchObject({ session: { user: { sub: 'bob' } } })
    expect(calls()).toHaveLength(0)
  })

  it('made as alice and waiting for her access, it does not leave with bob’s', async () => {
    const { bff, client, calls } = setUp([DIRECT], true)
    await client.start()
    bff.page.skewBy(10 * MINUTE)
    bff.signIn('bob')
    await expect(client.fetch('https://direct.test/x')).rejects.toMatchObject({ reason: 'user_changed' })
    expect(calls()).toHaveLength(0)
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
    expect(calls()[0]?.headers.get('authorization')).toMatch(/^Bearer token-of-bob-/)
  })

  it('is refused with the reason where there is none', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    await client.logout({ scope: 'app' })
    await expect(client.fetch('https://api.test/orders/1')).rejects.toMatchObject({
      code: 'session_ended',
      reason: 'logout',
    })
    expect(calls()).toHaveLength(0)
    expect(bff.page.left).toEqual([])
  })

  it('is not made once the session is over by its own times', async () => {
    const { bff, client, calls } = setUp()
    bff.signIn('alice', { app: { ends_at: bff.page.clock.now() + MINUTE } })
    await client.start()
    bff.page.skewBy(2 * MINUTE)
    await expect(client.fetch('https://api.test/orders/1')).rejects.toMatchObject({
      reason: 'app_session_over',
    })
    expect(calls()).toHaveLength(0)
  })
})

describe('a step-up challenge', () => {
  it.each<[string, Answer]>([
    ['of an API', () => foreign('{}', 401, { 'WWW-Authenticate': STEP_UP })],
    ['of the BFF', () => problem('criteria_unmet', 401, {}, { 'WWW-Authenticate': STEP_UP })],
  ])('%s leads to a login with what it asks for, and back here', async (_, answer) => {
    const { bff, client } = setUp()
    bff.always('GET /bff/api/orders/1', answer)
    bff.page.go('/deep?x=1')
    void client.fetch('https://api.test/orders/1')
    await expect.poll(() => bff.page.left).toHaveLength(1)
    const { searchParams } = new URL(bff.page.left[0] ?? '')
    expect(Object.fromEntries(searchParams)).toEqual({
      return_to: '/deep?x=1',
      acr_values: 'mfa',
      max_age: '60',
    })
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'login' })
  })

  it('that the session meets by now is answered by the same call once more', async () => {
    const { bff, client, calls } = setUp()
    bff.signIn('alice', { authentication: { acr: 'mfa' } })
    bff.once('GET /bff/api/orders/1', () => foreign('{}', 401, { 'WWW-Authenticate': STEP_UP }))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(200)
    expect(calls()).toHaveLength(2)
  })

  it('that stays although the session meets it is the answer', async () => {
    const { bff, client, calls } = setUp()
    bff.signIn('alice', { authentication: { acr: 'mfa' } })
    bff.always('GET /bff/api/orders/1', () => foreign('{}', 401, { 'WWW-Authenticate': STEP_UP }))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(401)
    expect(calls()).toHaveLength(2)
    expect(bff.page.left).toEqual([])
  })

  it('a resource’s own criteria are met before the call is made', async () => {
    const { bff, client, calls } = setUp([{ ...ORDERS, criteria: { acr: 'mfa' } }])
    void client.fetch('https://api.test/orders/1')
    await expect.poll(() => bff.page.left).toHaveLength(1)
    expect(bff.page.left[0]).toContain('acr_values=mfa')
    expect(calls()).toHaveLength(0)
  })

  it('a role that is missing is an error, not a login', async () => {
    const { bff, client } = setUp([{ ...ORDERS, criteria: { roles: 'admin' } }])
    await expect(client.fetch('https://api.test/orders/1')).rejects.toMatchObject({ code: 'criteria_unmet' })
    expect(bff.page.left).toEqual([])
  })
})
