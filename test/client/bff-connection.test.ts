import { describe, expect, it } from 'vitest'
import { openBff } from '../../src/client/bff-connection.js'
import type { BffConnection } from '../../src/client/bff-connection.js'
import type { Session } from '../../src/session/session.js'
import { createWireBff, foreign, own, problem } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'

const { signal } = new AbortController()
const NO_DEMAND = { demanded: false }

const setUp = (options: Parameters<typeof createWireBff>[0] = {}, mediated = false) => {
  const bff = createWireBff(options)
  return { bff, connection: openBff(bff.page, '/bff', mediated) }
}
const restored = async (connection: BffConnection): Promise<Session> => {
  const answer = await connection.restore(signal)
  if (answer.type !== 'restored') throw new Error('no session')
  return answer.session
}
const csrfOf = (bff: WireBff): string | null | undefined =>
  bff.page.requests.at(-1)?.headers.get('x-csrf-token')

describe('restore', () => {
  it('asks nothing where the hint cookie is absent', async () => {
    const { bff, connection } = setUp()
    expect(await connection.restore(signal)).toEqual({ type: 'absent', returned: false })
    expect(bff.log()).toEqual([])
  })

  it('finds the session with one request, which says for no session', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    expect(await connection.restore(signal)).toMatchObject({
      type: 'restored',
      session: { user: { sub: 'alice' } },
    })
    expect(bff.log()).toEqual(['GET /bff/session'])
    expect(csrfOf(bff)).toBe('1')
  })

  it('asks although the hint is gone where this page has a session: only an answer ends it', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    await connection.restore(signal)
    bff.session = null
    bff.last = { ended_by: 'revoked', at: 1 }
    bff.page.jar.clear()
    expect(await connection.restore(signal)).toMatchObject({ type: 'absent', reason: 'revoked' })
  })

  it('says that a login came back where this tab saw no session before, or another one', async () => {
    const { bff, connection } = setUp()
    expect(await connection.restore(signal)).toMatchObject({ returned: false })
    for (const _ of ['from none', 'from one']) {
      bff.signIn('alice')
      const page = openBff(bff.reload(), '/bff', false)
      expect(await page.restore(signal)).toMatchObject({ returned: true })
      expect(await page.restore(signal)).toMatchObject({ returned: false })
      expect(await openBff(bff.reload(), '/bff', false).restore(signal)).toMatchObject({ returned: false })
    }
  })

  it('does not say so of a session that was there when the tab was opened', async () => {
    const { connection } = setUp({ signedIn: 'alice' })
    expect(await connection.restore(signal)).toMatchObject({ returned: false })
  })

  it('reads a login error out of the address, keeping the rest', async () => {
    const { connection } = setUp({ address: 'https://app.test/a?b=1&login_error=access_denied#c' })
    expect(await connection.restore(signal)).toMatchObject({
      type: 'absent',
      returnTo: '/a?b=1#c',
      returned: true,
      error: { code: 'access_denied' },
    })
  })

  it('tells a login error of a session that lives on: a step-up that failed', async () => {
    const { connection } = setUp({
      address: 'https://app.test/?login_error=access_denied',
      signedIn: 'alice',
    })
    await connection.restore(signal)
    expect(await connection.restore(signal)).toMatchObject({
      type: 'restored',
      returned: true,
      error: { code: 'access_denied' },
    })
  })

  it.each<[string, () => Response]>([
    ['a session without its times', () => own({ authenticated: true, now: 1, session: { ref: 'r' } })],
    ['nothing', () => own(null)],
    ['a list', () => own([])],
    ['text', () => foreign('hello', 200, { 'X-Tandem': '1' })],
  ])('takes %s for no answer', async (_, answer) => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', answer)
    await expect(connection.restore(signal)).rejects.toThrow('unknown form')
  })

  it('works where storage is refused', async () => {
    const bff = createWireBff({ signedIn: 'alice' })
    const refuse = (): never => {
      throw new DOMException('refused', 'SecurityError')
    }
    const storage = { getItem: refuse, setItem: refuse, removeItem: refuse }
    const answer = await openBff({ ...bff.page, storage }, '/bff', false).restore(signal)
    expect(answer).toMatchObject({ type: 'restored', returned: false })
  })
})

describe('loginUrl', () => {
  it('carries what the contract knows, and no more', async () => {
    const { connection } = setUp()
    const url = await connection.loginUrl(
      {
        returnTo: '/a?b=c#d',
        prompt: 'login',
        loginHint: 'alice@example.com',
        uiLocales: ['de', 'en'],
        criteria: {
          maxAge: 300,
          acr: ['mfa', 'urn:x'],
          audience: ['https://a', 'https://b'],
          roles: 'admin',
        },
      },
      signal,
    )
    const { pathname, searchParams } = new URL(url, 'https://app.test')
    expect(pathname).toBe('/bff/login')
    expect([...searchParams]).toEqual([
      ['return_to', '/a?b=c#d'],
      ['prompt', 'login'],
      ['login_hint', 'alice@example.com'],
      ['max_age', '300'],
      ['acr_values', 'mfa urn:x'],
      ['ui_locales', 'de en'],
      ['resource', 'https://a'],
      ['resource', 'https://b'],
    ])
  })

  it('leaves out what is not asked for', async () => {
    expect(await setUp().connection.loginUrl({ returnTo: '/' }, signal)).toBe('/bff/login?return_to=%2F')
  })

  it('keeps a max_age of 0', async () => {
    const url = await setUp().connection.loginUrl({ returnTo: '/', criteria: { maxAge: 0 } }, signal)
    expect(url).toBe('/bff/login?return_to=%2F&max_age=0')
  })

  it('leads back to / where the BFF would refuse the address as too long', async () => {
    const { connection } = setUp()
    const url = async (length: number): Promise<string> =>
      connection.loginUrl({ returnTo: `/${'a'.repeat(length - 1)}` }, signal)
    expect(await url(2048)).toContain('aaa')
    expect(await url(2049)).toBe('/bff/login?return_to=%2F')
  })
})

describe('renew', () => {
  it('says for which access it asks, so that one of several tabs renews', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    const session = await restored(connection)
    const answer = await connection.renew(session, NO_DEMAND, signal)
    expect(answer).toMatchObject({ type: 'restored', session: { ref: session.ref } })
    expect(JSON.parse(bff.page.requests.at(-1)?.body ?? '')).toEqual({
      if_expires_at: session.access.expiresAt,
    })
    expect(csrfOf(bff)).toBe(`${session.ref}.mac`)
  })

  it('that is demanded says nothing of it', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    await connection.renew(await restored(connection), { demanded: true }, signal)
    expect(bff.page.requests.at(-1)?.body).toBe('{}')
  })

  it.each(['logout', 'idp_session_over', 'revoked'])('a 401 ends the session: %s', async (reason) => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    const session = await restored(connection)
    bff.session = null
    bff.last = { ended_by: reason, at: 1 }
    expect(await connection.renew(session, NO_DEMAND, signal)).toEqual({ type: 'absent', reason, endedAt: 1 })
  })

  it('a conflict asks whose session it is now', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    const session = await restored(connection)
    bff.signIn('bob')
    const answer = await connection.renew(session, NO_DEMAND, signal)
    expect(answer).toMatchObject({ type: 'restored', session: { user: { sub: 'bob' } } })
    expect(bff.log().slice(1)).toEqual(['POST /bff/refresh', 'GET /bff/session'])
  })

  it('a conflict with a session that is gone ends this one', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    const session = await restored(connection)
    bff.once('POST /bff/refresh', () => problem('session_conflict', 409))
    bff.session = null
    bff.last = { ended_by: 'logout', at: 1 }
    expect(await connection.renew(session, NO_DEMAND, signal)).toEqual({
      type: 'absent',
      reason: 'logout',
      endedAt: 1,
    })
  })

  it('a missing CSRF cookie is set again, and then it goes on', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', () => {
      // Answered by a BFF whose cookie did not arrive.
      bff.page.jar.delete('__Host-csrf')
      return own({ authenticated: true, session: bff.session, now: bff.page.clock.now() })
    })
    const session = await restored(connection)
    expect(await connection.renew(session, NO_DEMAND, signal)).toMatchObject({ type: 'restored' })
    expect(bff.log().slice(1)).toEqual(['POST /bff/refresh', 'GET /bff/session', 'POST /bff/refresh'])
    expect(csrfOf(bff)).toBe(`${session.ref}.mac`)
  })

  it.each<[string, () => Response]>([
    ['the IDP does not answer', () => problem('idp_unavailable', 503)],
    ['the request is refused for another reason', () => problem('invalid_request', 400)],
  ])('is no answer where %s', async (_, answer) => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    const session = await restored(connection)
    bff.once('POST /bff/refresh', answer)
    await expect(connection.renew(session, NO_DEMAND, signal)).rejects.toThrow()
  })
})

describe('the CSRF value', () => {
  const prepared = async (connection: BffConnection, session: Session): Promise<string | null> => {
    const headers = new Headers()
    const call = { url: new URL('https://app.test/api/'), rest: '', headers }
    await connection.prepare(call, { url: '/api/' }, session)
    return headers.get('x-csrf-token')
  }

  it('is taken when a session is adopted, and not read again', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    const alice = await restored(connection)
    bff.signIn('bob')
    expect(await prepared(connection, alice)).toBe(`${alice.ref}.mac`)
  })

  it('of a call made for a session that is no longer adopted is one the BFF refuses', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    const alice = await restored(connection)
    bff.signIn('bob')
    const bob = await restored(connection)
    expect(await prepared(connection, alice)).toBe(`${alice.ref}.`)
    expect(await prepared(connection, bob)).toBe(`${bob.ref}.mac`)
  })

  it('is never that of a cookie of another session', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', () => {
      const answer = own({ authenticated: true, session: bff.session, now: 1 })
      // Another tab signs in as bob while the answer is on its way.
      bff.signIn('bob')
      return answer
    })
    const alice = await restored(connection)
    expect(await prepared(connection, alice)).toBe(`${alice.ref}.`)
  })

  it('is dropped with the session', async () => {
    const { connection } = setUp({ signedIn: 'alice' })
    const alice = await restored(connection)
    connection.forget()
    expect(await prepared(connection, alice)).toBe(`${alice.ref}.`)
  })
})

describe('where a call goes', () => {
  const call = (url: string, rest: string) => ({ url: new URL(url), rest, headers: new Headers() })

  it('through the BFF to the upstream, with path and query as they are', async () => {
    const { connection } = setUp({ signedIn: 'alice' })
    const session = await restored(connection)
    const outgoing = call('https://api.test/a', 'a%2Fb/c%20d?x=%26&y')
    const resource = { url: 'https://api.test/', via: 'bff', upstream: 'orders' } as const
    expect((await connection.prepare(outgoing, resource, session)).href).toBe(
      'https://app.test/bff/api/orders/a%2Fb/c%20d?x=%26&y',
    )
    expect(outgoing.headers.get('authorization')).toBeNull()
  })

  it('to an API with the token, where that is mediated', async () => {
    const { connection } = setUp({ signedIn: 'alice' }, true)
    const session = await restored(connection)
    const outgoing = call('https://api.test/a', 'a')
    expect((await connection.prepare(outgoing, { url: 'https://api.test/' }, session)).href).toBe(
      'https://api.test/a',
    )
    expect(outgoing.headers.get('authorization')).toMatch(/^Bearer token-of-alice-/)
    expect(outgoing.headers.get('x-csrf-token')).toBeNull()
  })
})

describe('logout', () => {
  it('is sent so that it survives the page, for this session', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    const session = await restored(connection)
    expect(await connection.logout({ scope: 'idp', returnTo: '/bye' })).toBe('https://idp.test/end?hint=1')
    const request = bff.page.requests.at(-1)
    expect(request?.keepalive).toBe(true)
    expect(csrfOf(bff)).toBe(`${session.ref}.mac`)
    expect(JSON.parse(request?.body ?? '')).toEqual({ scope: 'idp', return_to: '/bye' })
  })

  it('works before a session was adopted, by the cookie', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    await connection.logout({ scope: 'app', returnTo: '/' })
    expect(bff.session).toBeNull()
  })

  it.each<[string, (bff: WireBff) => void]>([
    ['is over already', (bff) => (bff.session = null)],
    ['is another one by now, which is not ours to end', (bff) => bff.signIn('bob')],
  ])('of a session that %s is done', async (_, happens) => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    await connection.restore(signal)
    happens(bff)
    const { session } = bff
    expect(await connection.logout({ scope: 'idp', returnTo: '/' })).toBeNull()
    expect(bff.session).toBe(session)
  })

  it('that is refused is not taken for done', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    await connection.restore(signal)
    bff.once('POST /bff/logout', () => problem('csrf_failed', 403))
    await expect(connection.logout({ scope: 'idp', returnTo: '/' })).rejects.toMatchObject({
      code: 'csrf_failed',
    })
  })

  it('that failed can be tried again, for the same session, although it was forgotten', async () => {
    const { bff, connection } = setUp({ signedIn: 'alice' })
    await connection.restore(signal)
    bff.once('POST /bff/logout', () => Promise.reject(new TypeError('Failed to fetch')))
    const failed = connection.logout({ scope: 'idp', returnTo: '/' })
    connection.forget()
    await expect(failed).rejects.toThrow('Failed to fetch')
    bff.page.jar.delete('__Host-csrf')
    await connection.logout({ scope: 'idp', returnTo: '/' })
    expect(bff.session).toBeNull()
  })
})
