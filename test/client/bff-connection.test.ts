import { describe, expect, it } from 'vitest'
import { openBff } from '../../src/client/bff-connection.js'
import { signal, setUp, csrfOf } from './open-connection.js'
import { createWireBff, foreign, own } from './wire-bff.js'

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
