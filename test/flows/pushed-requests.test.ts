/** Pushed authorization requests (RFC 9126) with the real provider. */
import { describe, expect, it } from 'vitest'
import { problemOf } from '../bff/bench.js'
import type { Browser } from '../bff/bench.js'
import { ORIGIN, startProtected } from './protected-world.js'

const offered = { pushedAuthorizationRequests: { enabled: true } }
const required = { pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true } }

/** Where a login goes: the address at the provider. */
async function addressOf(browser: Browser): Promise<URL> {
  const page = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, {
    from: `${ORIGIN}/`,
    stopAt: (url) => url.origin !== ORIGIN,
  })
  return page.url
}

describe('an authorization request', () => {
  it.each([
    ['offered', offered, undefined, true],
    ['offered, and turned off', offered, false, false],
    ['required', required, undefined, true],
    ['required, and turned off all the same', required, false, true],
    ['not offered', {}, undefined, false],
  ])('where pushing is %s: %s', async (_, features, pushedAuthorization, pushed) => {
    const { browser, idp } = await startProtected({
      features,
      ...(pushedAuthorization !== undefined && { idp: { pushedAuthorization } }),
    })
    const { searchParams } = await addressOf(browser)
    if (pushed) {
      // Nothing of the request is in the address.
      expect([...searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    } else expect(searchParams.get('code_challenge_method')).toBe('S256')
    expect(idp.count('pushed_authorization_request')).toBe(pushed ? 1 : 0)
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('has what was pushed and nothing else: what somebody adds to the address does not count', async () => {
    const { browser } = await startProtected({ features: offered })
    const address = await addressOf(browser)
    address.searchParams.set('redirect_uri', `${ORIGIN}/elsewhere`)
    address.searchParams.set('state', 'other')
    await browser.agent.navigate(address, { from: `${ORIGIN}/` })
    await browser.agent.login('alice')
    expect(browser.agent.page?.url.href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('that was used is worth nothing to anybody else, nor to its own browser', async () => {
    const { browser, newBrowser } = await startProtected({ features: offered })
    const address = await addressOf(browser)
    await browser.agent.navigate(address, { from: `${ORIGIN}/` })
    await browser.agent.login('alice')
    const { ref } = await browser.signedIn()
    for (const one of [newBrowser(), browser]) {
      const page = await one.agent.navigate(address, { from: null })
      expect([page.url.origin === ORIGIN, page.status]).toEqual([false, 400])
    }
    expect((await browser.signedIn()).ref).toBe(ref)
  })

  it('taken over by somebody else ends in no session of theirs: the login is another browser’s', async () => {
    const { browser, newBrowser } = await startProtected({ features: offered })
    const mallory = newBrowser()
    await mallory.agent.navigate(await addressOf(browser), { from: null })
    await mallory.agent.login('alice')
    expect(mallory.agent.page?.url.href).toBe(`${ORIGIN}/?login_error=stale_callback`)
    expect(await mallory.session()).toEqual({ authenticated: false })
  })
})

describe('a request that cannot be pushed', () => {
  it.each([
    ['the endpoint is down', { kind: 'status', status: 503 }, 'idp_unavailable'],
    ['the connection is cut', { kind: 'cut' }, 'idp_unavailable'],
    ['it is a page', { kind: 'status', status: 200, body: '<html>' }, 'idp_unavailable'],
    [
      'the client is not known',
      {
        kind: 'status',
        status: 401,
        body: { error: 'invalid_client' },
        headers: { 'www-authenticate': 'Basic realm="x"' },
      },
      'invalid_client',
    ],
    ['it is refused', { kind: 'status', status: 400, body: { error: 'invalid_scope' } }, 'invalid_scope'],
    ['the error is no code', { kind: 'status', status: 400, body: { error: '<script>' } }, 'oauth_error'],
  ] as const)('because %s goes back with why, and in no other way', async (_, fault, code) => {
    const { browser, idp, log } = await startProtected({ features: offered })
    idp.faults.set('pushed_authorization_request', fault)
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=${code}`)
    expect(idp.count('authorization'), 'nobody was sent there without').toBe(0)
    expect(log).toContainEqual(
      expect.objectContaining({ event: 'login_failed', cause: 'pushed_authorization_failed' }),
    )
    idp.faults.clear()
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('because of a secret that is wrong says so, to a page as well', async () => {
    const { browser, bff } = await startProtected({
      features: offered,
      client: { client_secret: 'another-test-secret-of-32-characters' },
    })
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=invalid_client`)
    const answer = await bff.fetch(
      new Request(`${ORIGIN}/bff/login`, { headers: { 'sec-fetch-dest': 'empty' } }),
    )
    expect([answer.status, await problemOf(answer)]).toMatchObject([503, { code: 'idp_unavailable' }])
  })

  it('because the provider has no endpoint for it says that it is turned on here', async () => {
    const { browser, log } = await startProtected({ idp: { pushedAuthorization: true } })
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=idp_unavailable`)
    expect(log).toContainEqual(expect.objectContaining({ cause: 'pushed_authorization_unknown' }))
  })
})
