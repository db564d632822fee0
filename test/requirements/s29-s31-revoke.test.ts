/** S29 to S31: an administrator revokes the sessions of a user. */
import { describe, expect, it, vi } from 'vitest'
import {
  ADMIN_CLIENT_ID,
  callApi,
  MOSAIC_CLIENT_SECRET,
  mosaicClient,
  OTHER_CLIENT_ID,
  POWERLESS_CLIENT_ID,
  type Mosaic,
} from '../support/mosaic.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'
import { startTenant } from './tenant.js'
import { APP_ORIGIN, startWorld, type WorldOptions } from './world.js'

const visitor = (): UserAgent =>
  createUserAgent({ now: () => Date.now(), handlers: { [APP_ORIGIN]: () => new Response('the app') } })

const clientToken = async (tenant: Mosaic, clientId: string): Promise<string> => {
  const { body } = await mosaicClient(tenant, clientId).post('/oidc/token', {
    grant_type: 'client_credentials',
  })
  return String(body['access_token'])
}

const revoke = (tenant: Mosaic, sub: string, token: string) =>
  callApi(tenant, 'DELETE', `/cis/v1/sessions/${sub}`, token)

/** The BFF with a client that may administer sessions. */
const administered: WorldOptions = {
  bff: (base) => ({
    ...base,
    idp: {
      ...base.idp,
      sessionsApi: {
        ...base.idp.sessionsApi,
        clientId: ADMIN_CLIENT_ID,
        clientSecret: MOSAIC_CLIENT_SECRET,
      },
    },
  }),
}

describe('S29 an administrator can revoke sessions by an API', () => {
  it('S29 with a client’s token that permits it, and with no other', async () => {
    const tenant = await startTenant()
    const { access_token: users } = await mosaicClient(tenant).signIn(visitor(), 'alice')
    const powerless = await clientToken(tenant, POWERLESS_CLIENT_ID)
    expect(await revoke(tenant, 'alice', powerless)).toMatchObject({ status: 403 })
    expect(await revoke(tenant, 'alice', users ?? '')).toMatchObject({ status: 401 })
    expect(tenant.sessions('alice')).toHaveLength(1)
    const admin = await clientToken(tenant, ADMIN_CLIENT_ID)
    expect(await revoke(tenant, 'alice', admin)).toMatchObject({
      status: 200,
      body: { result: { deleted_count: 1 } },
    })
  })

  it('S29 through the BFF, which says what its client lacks', async () => {
    const world = await startWorld(administered)
    await world.browser.login('alice')
    expect(await world.bff.idpSessions.revoke({ sub: 'alice' })).toEqual({ revoked: 1, ended: 1 })
    const powerless = await startWorld({
      bff: (base) => ({
        ...base,
        idp: {
          ...base.idp,
          sessionsApi: {
            ...base.idp.sessionsApi,
            clientId: POWERLESS_CLIENT_ID,
            clientSecret: MOSAIC_CLIENT_SECRET,
          },
        },
      }),
    })
    await expect(powerless.bff.idpSessions.revoke({ sub: 'alice' })).rejects.toMatchObject({
      code: 'access_denied',
      message: expect.stringContaining('sessions:delete'),
    })
  })
})

describe('S30 that ends all sessions of the user who is named', () => {
  it('S30 as many as were listed, in every browser and application, and nobody else’s', async () => {
    const world = await startWorld(administered)
    const { bff, browser, newBrowser, mosaic: tenant } = world
    const [elsewhere, bobs] = [newBrowser(), newBrowser()]
    await browser.login('alice')
    await elsewhere.login('alice')
    await bobs.login('bob')
    await mosaicClient(tenant, OTHER_CLIENT_ID).signIn(visitor(), 'alice')
    const listed = await bff.idpSessions.list({ sub: 'alice' })
    expect(listed).toHaveLength(3)
    expect(await bff.idpSessions.revoke({ sub: 'alice' })).toEqual({ revoked: listed.length, ended: 2 })
    expect(await bff.idpSessions.list({ sub: 'alice' })).toEqual([])
    expect(await bff.idpSessions.list({ sub: 'bob' })).toHaveLength(1)
    expect(await bobs.session()).toMatchObject({ authenticated: true })
  })
})

describe('S31 …and revokes all of their refresh tokens', () => {
  it('S31 those of every client, also where they were rotated', async () => {
    const tenant = await startTenant()
    // So that it is not the end of the sessions that stops them.
    tenant.settings.refreshOutlivesSession = true
    const [web, other] = [mosaicClient(tenant), mosaicClient(tenant, OTHER_CLIENT_ID)]
    const first = await web.signInOffline(visitor(), 'alice')
    const rotated = (await web.refresh(first.refresh_token)).body
    const second = await other.signInOffline(visitor(), 'alice')
    const bobs = await web.signInOffline(visitor(), 'bob')
    await revoke(tenant, 'alice', await clientToken(tenant, ADMIN_CLIENT_ID))
    for (const [client, token] of [
      [web, rotated.refresh_token],
      [other, second.refresh_token],
    ] as const)
      expect((await client.refresh(token)).body).toMatchObject({ error: 'invalid_grant' })
    expect((await web.refresh(bobs.refresh_token)).status).toBe(200)
  })

  it('S31 the BFF ends its session at that answer, tells every tab once, and does not go on asking', async () => {
    const world = await startWorld({
      bff: (base) => ({
        ...base,
        session: { ...base.session, idle: 0, whenIdpSessionEnds: { expired: 'end' } },
      }),
    })
    const { mosaic: tenant, openApp, browser, log } = world
    const page = openApp()
    await page.signIn()
    const reasons: string[] = []
    page.client.on('ended', ({ reason }) => void reasons.push(reason))
    await revoke(tenant, 'alice', await clientToken(tenant, ADMIN_CLIENT_ID))
    tenant.idp.clearRequests()
    await expect(page.client.refresh()).rejects.toMatchObject({ code: 'session_ended' })
    await vi.waitFor(() => expect(reasons).toEqual(['idp_session_over']))
    expect(log).toContainEqual(
      expect.objectContaining({ event: 'session_ended', ended_by: 'idp_session_over' }),
    )
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    world.pass(7200)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect(
      tenant.idp.tokenRequests.filter(({ grant_type: grant }) => grant === 'refresh_token'),
    ).toHaveLength(1)
  })
})
