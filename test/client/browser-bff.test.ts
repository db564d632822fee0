// @vitest-environment node
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { BffError, NetworkError } from '../../src/errors.js'
import type { Session } from '../../src/session/session.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import { signIn, type BrowserPage } from '../support/browser-page.js'
import { APP_ORIGIN, startTestIdp, type Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

const options = {
  bff: { basePath: '/bff' },
  resources: [
    { url: '/orders/', via: 'bff', upstream: 'orders' },
    { url: 'https://api.test/', audience: 'urn:tandem:demo-api' },
  ],
} as const

let idp: Idp
let tab: AppTab
let page: BrowserPage
let session: Session
let asked: { path: string; authorization: string | null; csrf: string | null; body: string }[]
let answer: () => Response

const TANDEM = { 'x-tandem': '1' }
const opened = (): Response => {
  const headers = new Headers(TANDEM)
  headers.append('set-cookie', `__Host-csrf=ref${asked.length}.mac; Path=/; Secure; SameSite=Strict`)
  return Response.json({}, { status: 201, headers })
}

beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.close())
beforeEach(async () => {
  asked = []
  answer = opened
  const server = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/bff/')) return new Response('')
    const { headers } = request
    asked.push({
      path: `${request.method} ${pathname}`,
      authorization: headers.get('authorization'),
      csrf: headers.get('x-csrf-token'),
      body: await request.text(),
    })
    return answer()
  }
  tab = openAppTab(createUserAgent({ handlers: { [APP_ORIGIN]: server } }))
  ;({ page, session } = await signIn(tab, idp.issuer, options))
})

const token = (): Promise<string> => {
  page.connection.access = () => Promise.resolve(session)
  return page.getAccessToken()
}

describe('a call without via', () => {
  it('carries the access token, and the BFF hears nothing of it', async () => {
    const { url, headers } = await page.call('https://api.test/42?x=1', session)
    expect(url).toBe('https://api.test/42?x=1')
    expect(headers.get('authorization')).toBe(`Bearer ${await token()}`)
    expect(headers.has('x-csrf-token')).toBe(false)
    expect(asked).toEqual([])
  })

  it('is not made with the token of another session', async () => {
    await expect(page.call('https://api.test/', { ...session, ref: 'another' })).rejects.toMatchObject({
      code: 'session_ended',
    })
  })
})

describe('a call via the BFF', () => {
  it('trades the access token for a cookie first, and carries no token itself', async () => {
    const { url, headers } = await page.call('/orders/42?x=1', session)
    expect(asked).toEqual([
      { path: 'POST /bff/session', authorization: `Bearer ${await token()}`, csrf: '1', body: '' },
    ])
    expect(url).toBe('https://app.test/bff/api/orders/42?x=1')
    expect(headers.get('x-csrf-token')).toBe('ref1.mac')
    expect(headers.has('authorization')).toBe(false)
  })

  it('trades each access token once, however many calls are made at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => page.call('/orders/1', session)))
    expect(asked).toHaveLength(1)
    const renewed = await page.renew(session)
    if (renewed.type !== 'restored') throw new Error('not renewed')
    const { headers } = await page.call('/orders/1', renewed.session)
    expect(asked).toHaveLength(2)
    expect(headers.get('x-csrf-token')).toBe('ref2.mac')
  })

  it('opens another session there once that one is over, and only for it', async () => {
    const first = await page.call('/orders/1', session)
    const stale = new Headers(first.headers)
    page.connection.lostBff?.(first.headers)
    const second = await page.call('/orders/1', session)
    expect(second.headers.get('x-csrf-token')).toBe('ref2.mac')
    // The answer to an older call says nothing of the session there now.
    page.connection.lostBff?.(stale)
    await page.call('/orders/1', session)
    expect(asked).toHaveLength(2)
  })

  it('fails with the reason of the BFF, and is tried anew by the next call', async () => {
    const problem = { type: 'about:blank', title: 't', status: 401, code: 'token_not_accepted' }
    answer = () => Response.json(problem, { status: 401, headers: TANDEM })
    await expect(page.call('/orders/1', session)).rejects.toBeInstanceOf(BffError)
    answer = () => new Response('', { status: 502 })
    await expect(page.call('/orders/1', session)).rejects.toBeInstanceOf(NetworkError)
    answer = opened
    await expect(page.call('/orders/1', session)).resolves.toBeDefined()
  })
})

describe('logging out', () => {
  it('ends the session at the BFF too, by a request that survives the page', async () => {
    await page.call('/orders/1', session)
    await page.connection.logout({ scope: 'app', returnTo: '/' })
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    expect(asked[1]).toMatchObject({ path: 'POST /bff/logout', csrf: 'ref1.mac', body: '{"scope":"app"}' })
    expect(tab.platform.requests.find(({ url }) => url.endsWith('/bff/logout'))?.keepalive).toBe(true)
  })

  it('leaves the BFF alone where there was no session', async () => {
    await page.connection.logout({ scope: 'app', returnTo: '/' })
    expect(asked).toEqual([])
  })
})
