import { describe, expect, it } from 'vitest'
import { NetworkError, bffClient, createSessionClient } from '../../src/index.js'
import type { Criteria, SessionState } from '../../src/index.js'
import { missing } from '../../src/client/questions.js'
import { setUp, sessionAnswer } from './started-client.js'
import { MINUTE, createWireBff, offline } from './wire-bff.js'

describe('require()', () => {
  it('resolves with a session that meets the criteria, and asks nothing', async () => {
    const { bff, client } = await setUp({ authentication: { acr: 'mfa' } })
    expect(await client.require({ acr: 'mfa', maxAge: 60 })).toMatchObject({ user: { sub: 'alice' } })
    expect(bff.log()).toHaveLength(1)
  })

  it('starts the client where it was not', async () => {
    const bff = createWireBff({ signedIn: 'alice' })
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
    expect(await client.require({})).toMatchObject({ user: { sub: 'alice' } })
  })

  it('sends a stranger to log in, and back to the current address', async () => {
    const bff = createWireBff({ address: 'https://app.test/a?b=1#c' })
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
    void client.require({})
    await expect.poll(() => bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Fa%3Fb%3D1%23c'])
  })

  it('extends access that has expired, silently, once for all who wait', async () => {
    const { bff, client } = await setUp()
    bff.page.skewBy(10 * MINUTE)
    const sessions = await Promise.all(Array.from({ length: 50 }, () => client.require({})))
    expect(new Set(sessions).size).toBe(1)
    expect(bff.log()).toEqual(['GET /bff/session', 'POST /bff/refresh'])
    expect(bff.page.left).toEqual([])
  })

  it('steps up with what is asked for', async () => {
    const { bff, client } = await setUp()
    void client.require({ acr: ['mfa', 'hwk'], maxAge: 300 })
    await expect.poll(() => bff.page.left).toHaveLength(1)
    const { searchParams } = new URL(bff.page.left[0] ?? '')
    expect(searchParams.get('acr_values')).toBe('mfa hwk')
    expect(searchParams.get('max_age')).toBe('300')
  })

  it.each([
    [{ amr: 'otp' }, { max_age: '0' }],
    [{ amr: ['otp'], maxAge: 300 }, { max_age: '0' }],
    [
      { amr: 'otp', acr: 'mfa', maxAge: 300 },
      { max_age: '300', acr_values: 'mfa' },
    ],
  ])(
    'methods are asked for by authenticating anew, where nothing else asks for them: %o',
    async (criteria, asked) => {
      const { bff, client } = await setUp()
      void client.require(criteria)
      await expect.poll(() => bff.page.left).toHaveLength(1)
      const { searchParams } = new URL(bff.page.left[0] ?? '')
      searchParams.delete('return_to')
      expect(Object.fromEntries(searchParams)).toEqual(asked)
    },
  )

  it.each([{ roles: 'admin' }, { roles: ['admin'], acr: 'mfa' }, { user: 'bob' }])(
    'a role, or being somebody else, cannot be had by signing in: %o is criteria_unmet',
    async (criteria) => {
      const { bff, client } = await setUp()
      await expect(client.require(criteria)).rejects.toMatchObject({ code: 'criteria_unmet' })
      expect(bff.page.left).toEqual([])
    },
  )

  it.each([{ scope: 'orders:write' }, { scope: ['openid', 'orders:write'], acr: 'mfa' }])(
    'a scope that the BFF does not ask for cannot be had by signing in there: %o is criteria_unmet, with what to do',
    async (criteria) => {
      const { bff, client } = await setUp()
      const refused = client.require(criteria)
      await expect(refused).rejects.toMatchObject({ name: 'SessionError', code: 'criteria_unmet' })
      await expect(refused).rejects.toThrow('idp.scope')
      expect(bff.page.left).toEqual([])
    },
  )

  it('refuses criteria that are misspelt: they would let everybody in', async () => {
    const { bff, client } = await setUp()
    const criteria = { acrs: 'mfa' } as Criteria
    const refused = { name: 'ConfigurationError', option: 'criteria.acrs' }
    await expect(client.require(criteria)).rejects.toMatchObject(refused)
    await expect(client.login({ criteria })).rejects.toMatchObject(refused)
    expect(bff.page.left).toEqual([])
    expect(client.getState()).toMatchObject({ status: 'authenticated' })
  })

  it('a scope that is there does not keep a step-up from being asked for', async () => {
    const { bff, client } = await setUp()
    void client.require({ scope: 'openid', acr: 'mfa' })
    await expect.poll(() => bff.page.left).toHaveLength(1)
  })

  it('resolves where the page comes back from the back-forward cache signed in', async () => {
    const { bff, client } = await setUp()
    bff.session = null
    await client.checkSession()
    const waiting = client.require({})
    await expect.poll(() => bff.page.left).toHaveLength(1)
    bff.signIn('bob')
    bff.page.wake('restored')
    expect(await waiting).toMatchObject({ user: { sub: 'bob' } })
  })

  it('sends nobody away a second time who comes Back without having authenticated', async () => {
    const { bff, client } = await setUp()
    const waiting = client.require({ acr: 'mfa' })
    await expect.poll(() => bff.page.left).toHaveLength(1)
    bff.page.wake('restored')
    await expect(waiting).rejects.toMatchObject({ code: 'gesture_required' })
    expect(client.getState().status).toBe('authenticated')
    bff.page.gesture = false
    await expect(client.require({ acr: 'mfa' })).rejects.toMatchObject({ code: 'gesture_required' })
    expect(bff.page.left).toHaveLength(1)
    bff.page.gesture = true
    void client.require({ acr: 'mfa' })
    await expect.poll(() => bff.page.left).toHaveLength(2)
  })

  it('rejects with what login() throws', async () => {
    const bff = createWireBff({ address: 'https://app.test/?login_error=access_denied' })
    bff.page.gesture = false
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
    await expect(client.require({})).rejects.toMatchObject({ code: 'gesture_required' })
  })

  it('rejects with a NetworkError where access could not be extended: the user stays signed in', async () => {
    const { bff, client } = await setUp()
    bff.page.skewBy(10 * MINUTE)
    bff.always('POST /bff/refresh', offline)
    await expect(client.require({})).rejects.toBeInstanceOf(NetworkError)
    expect(client.getState().status).toBe('authenticated')
    expect(bff.page.left).toEqual([])
  })

  it('does not extend for ever where what is extended has expired already', async () => {
    const { bff, client } = await setUp()
    bff.page.skewBy(10 * MINUTE)
    bff.always('POST /bff/refresh', () => sessionAnswer(bff))
    await expect(client.require({})).rejects.toMatchObject({ code: 'timeout' })
    expect(bff.log().filter((line) => line === 'POST /bff/refresh')).toHaveLength(1)
  })

  it('sends the user to log in once the IDP session is over and access has expired', async () => {
    const { bff, client } = await setUp({ idp: { status: 'ended', ended_by: 'expired' } })
    expect(await client.require({})).toMatchObject({ idp: { status: 'ended' } })
    bff.page.skewBy(10 * MINUTE)
    void client.require({})
    await expect.poll(() => bff.page.left).toHaveLength(1)
    expect(bff.log()).not.toContain('POST /bff/refresh')
  })
})

describe('an idle end that the BFF keeps', () => {
  const idle = async () => {
    const all = await setUp({ app: { idle_ends_at: Date.now() + 2 * MINUTE } })
    all.bff.page.skewBy(3 * MINUTE)
    return all
  }

  it('is asked for, not assumed: another tab may have moved it', async () => {
    const { bff, client } = await idle()
    if (bff.session === null) return expect.unreachable()
    bff.session = { ...bff.session, app: { ...bff.session.app, idle_ends_at: bff.page.clock.now() + MINUTE } }
    expect(await client.require({})).toMatchObject({ user: { sub: 'alice' } })
    expect(bff.log()).toHaveLength(2)
  })

  it('leads to a login where the BFF says that it has come', async () => {
    const { bff, client } = await idle()
    bff.session = null
    bff.last = { ended_by: 'app_session_over', at: 1 }
    void client.require({})
    await expect.poll(() => bff.page.left).toHaveLength(1)
  })

  it('is a NetworkError where the BFF says nothing, once per call', async () => {
    const { bff, client } = await idle()
    bff.always('GET /bff/session', offline)
    await expect(client.require({})).rejects.toBeInstanceOf(NetworkError)
    expect(bff.log()).toHaveLength(2)
    expect(client.getState().status).toBe('authenticated')
    expect(bff.page.left).toEqual([])
  })
})

describe('the error for a call without a session', () => {
  const error = new NetworkError('timeout', 'x')
  it.each<[SessionState, object]>([
    [
      { status: 'unauthenticated', reason: 'revoked' },
      { code: 'session_ended', reason: 'revoked' },
    ],
    [{ status: 'unauthenticated' }, { code: 'session_ended', reason: 'unknown' }],
    [
      { status: 'redirecting', to: 'login' },
      { code: 'session_ended', reason: 'unknown' },
    ],
    [{ status: 'loading', error }, error],
    [{ status: 'loading' }, { name: 'NetworkError', code: 'timeout' }],
  ])('%o', (state, expected) => expect(missing(state)).toMatchObject(expected))
})
