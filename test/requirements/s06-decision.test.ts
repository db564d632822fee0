/** S6: every access consults the application session and the IDP session; the rows of the document's decision, one by one. */
import { describe, expect, it, vi } from 'vitest'
import { problemOf } from '../bff/bench.js'
import { startWorld, type World } from './world.js'

/** No idle end: rows need time to pass. */
const start = (): Promise<World> =>
  startWorld({
    bff: (base, api) => ({
      ...base,
      session: { ...base.session, idle: 0 },
      upstreams: { orders: { url: api.url }, strict: { url: api.url, require: { acr: 'mfa' } } },
    }),
    own: {},
  })

interface Row {
  app: 'live' | 'over'
  idp: 'live' | 'over'
  criteria: 'met' | 'unmet'
  token: 'valid' | 'expired'
}

/** Lets alice sign in, brings about what the row says, and calls. */
const callIn = async ({ app, idp, criteria, token }: Row) => {
  const world = await start()
  const { browser, mosaic, bff, api } = world
  await browser.login('alice')
  await browser.signedIn()
  if (idp === 'over') expect(await mosaic.endSessions('alice')).toBe(1)
  if (token === 'expired') world.pass(3601)
  if (app === 'over') expect(await bff.sessions.end({ sub: 'alice' })).toBe(1)
  const issued = world.issued()
  const asked = mosaic.idp.tokenRequests.length
  const answer = await browser.fetch(`/bff/api/${criteria === 'met' ? 'orders' : 'strict'}/1`)
  const problem = answer.status === 200 ? {} : await problemOf(answer)
  return {
    world,
    status: answer.status,
    code: problem['code'],
    challenge: answer.headers.get('www-authenticate'),
    endedBy: problem['ended_by'],
    reached: api.calls.length,
    asked: mosaic.idp.tokenRequests.length - asked,
    issued: world.issued() - issued,
  }
}

const anything = (['live', 'over'] as const).flatMap((idp) =>
  (['met', 'unmet'] as const).flatMap((criteria) =>
    (['valid', 'expired'] as const).map((token) => ({ idp, criteria, token })),
  ),
)

describe('S06 the application session and the IDP session are consulted at every access', () => {
  it.each(anything)(
    'S06 application session over, IDP session $idp, criteria $criteria, access token $token: authenticate',
    async (row) => {
      const { world, ...answer } = await callIn({ app: 'over', ...row })
      expect(answer).toMatchObject({ status: 401, code: 'login_required', reached: 0, asked: 0 })
      // Nothing is left here; whether the user is asked is for the IDP to say.
      expect(await world.browser.session()).toMatchObject({ authenticated: false })
    },
  )

  it.each(['valid', 'expired'] as const)(
    'S06 both live, criteria unmet, access token %s: authenticate anew',
    async (token) => {
      const { world, ...answer } = await callIn({ app: 'live', idp: 'live', criteria: 'unmet', token })
      expect(answer).toMatchObject({ status: 401, code: 'criteria_unmet', reached: 0, issued: 0 })
      expect(answer.challenge).toMatch(/insufficient_user_authentication.*acr_values="mfa"/)
      expect(await world.browser.session()).toMatchObject({ authenticated: true })
    },
  )

  it('S06 both live, criteria met, access token valid: allow', async () => {
    const { status, reached, asked } = await callIn({
      app: 'live',
      idp: 'live',
      criteria: 'met',
      token: 'valid',
    })
    expect({ status, reached, asked }).toEqual({ status: 200, reached: 1, asked: 0 })
  })

  it('S06 both live, criteria met, access token expired: extend silently, then allow', async () => {
    const { status, reached, issued, world } = await callIn({
      app: 'live',
      idp: 'live',
      criteria: 'met',
      token: 'expired',
    })
    expect({ status, reached, issued }).toEqual({ status: 200, reached: 1, issued: 1 })
    const { access, idp } = await world.browser.signedIn()
    expect(access.expires_at).toBeGreaterThan(Date.now() + 3_500_000)
    expect(idp.status).toBe('active')
  })

  it('S06 IDP session over, criteria met, access token valid: allow until it expires', async () => {
    const { status, reached, asked, world } = await callIn({
      app: 'live',
      idp: 'over',
      criteria: 'met',
      token: 'valid',
    })
    expect({ status, reached, asked }).toEqual({ status: 200, reached: 1, asked: 0 })
    world.pass(3601)
    expect((await world.browser.fetch('/bff/api/orders/1')).status).toBe(401)
  })

  it.each(['met', 'unmet'] as const)(
    'S06 IDP session over, access token expired, criteria %s: authenticate anew, and nothing can be extended',
    async (criteria) => {
      const { world, ...answer } = await callIn({ app: 'live', idp: 'over', criteria, token: 'expired' })
      expect(answer).toMatchObject({ status: 401, reached: 0, issued: 0 })
      if (criteria === 'met')
        expect(answer).toMatchObject({ code: 'login_required', endedBy: 'idp_session_over', asked: 1 })
      const refresh = await world.browser.post('/bff/refresh')
      expect(refresh.status).toBe(401)
      expect(world.issued(), 'only the login got tokens').toBe(1)
    },
  )

  it('S06 own routes decide alike: allowed, sent to log in, and asked for more', async () => {
    const { browser, bff, mosaic, pass } = await start()
    await browser.login('alice')
    expect(await (await browser.fetch('/own')).json()).toEqual({ sub: 'alice', token: true })
    await mosaic.endSessions('alice')
    expect((await browser.fetch('/own')).status).toBe(200)
    pass(3601)
    expect((await browser.fetch('/own')).status).toBe(401)

    await browser.login('alice')
    expect((await browser.fetch('/own')).status).toBe(200)
    await bff.sessions.end({ sub: 'alice' })
    expect((await browser.fetch('/own')).status).toBe(401)
    const visit = await browser.agent.navigate('/own', { stopAt: (url) => url.pathname === '/bff/login' })
    expect(visit.url.searchParams.get('return_to')).toBe('/own')
  })

  it('S06 the state of the session client shows how both stand', async () => {
    const { openApp, mosaic, bff, pass } = await start()
    const page = openApp()
    expect(await page.load()).toMatchObject({ status: 'unauthenticated' })
    await page.signIn()
    const { app, idp } = page.session
    expect(app.endsAt).toBeGreaterThan(Date.now())
    expect(idp).toMatchObject({ status: 'active', endsAt: expect.any(Number) })

    await mosaic.endSessions('alice')
    pass(3550)
    await vi.waitFor(() => expect(page.session.idp.status).toBe('ended'))
    expect(page.session.app.endsAt).toBeGreaterThan(Date.now())
    expect((await page.call()).status).toBe(200)

    await bff.sessions.end({ sub: 'alice' })
    await vi.waitFor(() => {
      pass(1)
      expect(page.state).toMatchObject({ status: 'unauthenticated', reason: 'revoked' })
    })
  })
})
