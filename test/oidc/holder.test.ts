// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import {
  CallbackError,
  ConfigurationError,
  NetworkError,
  OAuthError,
  SessionEndedError,
} from '../../src/errors.js'
import type { Found } from '../../src/oidc/answers.js'
import { createHolder, type Holder } from '../../src/oidc/holder.js'
import type { Tokens } from '../../src/oidc/tokens.js'
import type { Session } from '../../src/session/session.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import {
  createScriptedEngine,
  createWorld,
  held,
  tokensOf,
  transaction,
  type ScriptedEngine,
} from './scripted-engine.js'

const settings = {
  authority: 'https://idp.example.com',
  clientId: 'app',
  redirectUri: 'https://app.test/callback',
}

let platform: TestPlatform
let engine: ScriptedEngine
let holder: Holder

const sessionIn = (found: Found): Session => {
  if (found.type !== 'restored') throw new Error(`no session: ${JSON.stringify(found)}`)
  return found.session
}
/** Comes back from a login, and holds its session. */
const signIn = async (): Promise<Session> => {
  engine.transactions.set('s', transaction())
  platform.go('/callback?code=c&state=s')
  const session = sessionIn(await holder.restore(true))
  platform.replaceAddress('/wanted')
  engine.asked.length = 0
  return session
}
const cancelled = (): Promise<Tokens> =>
  Promise.reject(new OAuthError({ error: 'access_denied', error_description: 'cancelled' }))
const network = (): Promise<Tokens> => Promise.reject(new NetworkError('network_failed', 'cut'))

beforeEach(() => {
  platform = createTestPlatform()
  engine = createScriptedEngine()
  holder = createHolder(engine, settings, [], createWorld(platform))
})

describe('restore', () => {
  it('asks once, however many ask it', async () => {
    platform.jar.set('hint', String(Date.now()))
    const [one, two] = await Promise.all([holder.restore(false), holder.restore(false)])
    expect(one).toBe(two)
    expect(engine.asked).toEqual(['silent /'])
  })

  it('says what is wrong with the configuration instead of trying for ever', async () => {
    platform.jar.set('hint', String(Date.now()))
    engine.answers.url = () => Promise.reject(new ConfigurationError('browserClient.authority', 'is another'))
    expect(await holder.restore(false)).toMatchObject({
      type: 'absent',
      error: { code: 'configuration_invalid' },
    })
  })

  it('says that somebody is signed in while the code is being exchanged, and takes it back if it is refused', async () => {
    const exchange = held<Tokens>()
    engine.answers.exchange = () => exchange.promise
    engine.transactions.set('s', transaction())
    platform.go('/callback?code=c&state=s')
    const restoring = holder.restore(true)
    expect(platform.jar.has('hint')).toBe(true)
    exchange.reject(new CallbackError('id_token_invalid', 'no'))
    expect(await restoring).toMatchObject({ type: 'absent', returned: true, returnTo: '/wanted' })
    expect(platform.jar.has('hint')).toBe(false)
  })

  it('leaves the session of another tab alone when a login here fails', async () => {
    const since = String(Date.now())
    platform.jar.set('hint', since)
    engine.answers.exchange = cancelled
    engine.transactions.set('s', transaction())
    platform.go('/callback?code=c&state=s')
    await holder.restore(true)
    expect(platform.jar.get('hint')).toBe(since)
  })

  it('tells an answer that came to nothing the same again', async () => {
    engine.answers.exchange = () => Promise.reject(new OAuthError({ error: 'access_denied' }))
    engine.transactions.set('s', transaction())
    platform.go('/callback?code=c&state=s')
    const first = await holder.restore(true)
    expect(await holder.restore(true)).toBe(first)
    expect(engine.asked).toEqual(['exchange'])
  })
})

describe('a login that fails while somebody is signed in', () => {
  beforeEach(() => {
    platform.jar.set('hint', String(Date.now()))
    engine.answers.exchange = cancelled
    engine.transactions.set('s', transaction())
    platform.go('/callback?code=c&state=s')
  })

  it.each([
    ['the IDP', cancelled, { name: 'OAuthError', code: 'access_denied', error_description: 'cancelled' }],
    [
      'a check',
      () => Promise.reject(new CallbackError('id_token_invalid', 'too old')),
      { name: 'CallbackError', code: 'id_token_invalid', message: 'too old' },
    ],
  ])('by %s: the IDP is asked, and the session found with the error', async (_, exchange, error) => {
    engine.answers.exchange = exchange
    const left = await holder.restore(true)
    expect(left).toMatchObject({ type: 'leaving', returnTo: '/wanted', returned: true, error })
    expect(engine.asked).toEqual(['exchange', 'silent /wanted'])

    // The page is back, and a new one: it knows what was noted.
    const { failed } = engine.begun.at(-1) ?? {}
    engine.answers.exchange = undefined
    engine.transactions.set('t', transaction({ kind: 'silent', failed: structuredClone(failed) }))
    platform.go('/callback?code=d&state=t')
    const back = await createHolder(engine, settings, [], createWorld(platform)).restore(true)
    expect(back).toMatchObject({ type: 'restored', returnTo: '/wanted', session: { user: { sub: 'alice' } } })
    expect(back.error).toMatchObject(error)
    // The login came back once, and was counted then.
    expect(back).not.toHaveProperty('returned')
  })

  it('and is not signed in any more: that, and the error', async () => {
    await holder.restore(true)
    const { failed } = engine.begun.at(-1) ?? {}
    engine.answers.exchange = () => Promise.reject(new OAuthError({ error: 'login_required' }))
    engine.transactions.set('t', transaction({ kind: 'silent', failed }))
    platform.go('/callback?error=login_required&state=t')
    expect(await createHolder(engine, settings, [], createWorld(platform)).restore(true)).toMatchObject({
      type: 'absent',
      returnTo: '/wanted',
      error: { code: 'access_denied' },
    })
    expect(platform.jar.has('hint')).toBe(false)
  })

  it('is told once the IDP answers, where it does not answer at first', async () => {
    engine.answers.url = () => Promise.reject(new NetworkError('network_failed', 'cut'))
    await expect(holder.restore(true)).rejects.toBeInstanceOf(NetworkError)
    engine.answers.url = undefined
    expect(await holder.restore(true)).toMatchObject({
      type: 'leaving',
      returnTo: '/wanted',
      returned: true,
      error: { code: 'access_denied' },
    })
  })

  it('asks nobody where the IDP has said that nobody is signed in', async () => {
    engine.answers.exchange = () => Promise.reject(new OAuthError({ error: 'login_required' }))
    expect(await holder.restore(true)).toMatchObject({ type: 'absent', error: { code: 'login_required' } })
    expect(engine.asked).toEqual(['exchange'])
    expect(platform.jar.has('hint')).toBe(false)
  })
})

describe('renew', () => {
  it('lets a refresh land that was given up, and does not send another', async () => {
    const session = await signIn()
    const refresh = held<Tokens>()
    engine.answers.refresh = () => refresh.promise
    void holder.renew(session, false)
    const again = holder.renew(session, false)
    refresh.resolve(tokensOf())
    expect(await again).toMatchObject({ type: 'restored', session: { ref: session.ref } })
    expect(engine.asked).toEqual(['refresh'])
  })

  it('drops and revokes what lands after the session was forgotten', async () => {
    const session = await signIn()
    const refresh = held<Tokens>()
    engine.answers.refresh = () => refresh.promise
    const renewing = holder.renew(session, false)
    await expect.poll(() => engine.asked).toEqual(['refresh'])
    holder.forget()
    const late = tokensOf()
    refresh.resolve(late)
    expect(await renewing).toMatchObject({ type: 'absent', reason: 'idp_session_over' })
    expect(engine.asked).toEqual(['refresh', `revoke ${late.refreshToken}`])
    expect(() => holder.accessToken(session)).toThrow(SessionEndedError)
    expect(platform.jar.has('hint')).toBe(false)
  })

  it('remembers a lost answer until one comes', async () => {
    const session = await signIn()
    engine.answers.refresh = network
    await expect(holder.renew(session, false)).rejects.toBeInstanceOf(NetworkError)
    engine.answers.refresh = () => Promise.reject(new OAuthError({ error: 'invalid_grant' }))
    expect(await holder.renew(session, false)).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
  })

  it('does not count an answer about the client as lost', async () => {
    const session = await signIn()
    const cause = new OAuthError({ error: 'invalid_client' })
    engine.answers.refresh = () => Promise.reject(new NetworkError('idp_unavailable', 'no', { cause }))
    await expect(holder.renew(session, false)).rejects.toBeInstanceOf(NetworkError)
    engine.answers.refresh = () => Promise.reject(new OAuthError({ error: 'invalid_grant' }))
    expect(await holder.renew(session, false)).toEqual({ type: 'idp-ended', endedBy: 'expired' })
  })
})

describe('accessToken', () => {
  it('is that of the newest renewal, for the session it belongs to', async () => {
    const session = await signIn()
    const before = holder.accessToken(session)
    await holder.renew(session, false)
    expect(holder.accessToken(session)).not.toBe(before)
    expect(() => holder.accessToken({ ...session, ref: 'another' })).toThrow(SessionEndedError)
  })
})
