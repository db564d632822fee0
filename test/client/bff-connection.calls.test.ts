import { describe, expect, it } from 'vitest'
import type { BffConnection } from '../../src/client/bff-connection.js'
import type { Session } from '../../src/session/session.js'
import { signal, NO_DEMAND, setUp, restored, csrfOf } from './open-connection.js'
import { own, problem } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'

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
    // Nor does a logout of this page end the other one.
    const bob = bff.session
    await connection.logout({ scope: 'idp', returnTo: '/' }).catch(() => {})
    expect(csrfOf(bff)).toBe(`${alice.ref}.`)
    expect(bff.session).toBe(bob)
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
