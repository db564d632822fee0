/** The command with a configuration file that names the preset, in front of the emulator. Nothing of it is told but where it is. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { startApi } from '../bff/bench.js'
import { endAll, runIn } from '../bff/server-command.js'
import { MOSAIC_CLIENT_SECRET, ORDERS_RESOURCE, startTestMosaic, WEB_CLIENT_ID } from '../support/mosaic.js'
import { createUserAgent } from '../support/user-agent.js'
import { freePort } from '../support/free-port.js'

afterEach(endAll)

const environment = {
  CLIENT_SECRET: MOSAIC_CLIENT_SECRET,
  SESSION_SECRET: 'test-secret-of-thirty-two-letters',
}

/** A folder with this configuration. */
async function folderWith(configuration: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-mosaic-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'tandem.config.json'), JSON.stringify(configuration))
  return folder
}

it('signs in, calls the API, steps up, renews and signs out', async () => {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const mosaic = await startTestMosaic({ appOrigins: [origin] })
  onTestFinished(() => mosaic.close())
  const api = await startApi()
  const folder = await folderWith({
    listen: { host: 'localhost', port },
    origin,
    preset: 'mosaic',
    idp: {
      baseUrl: 'env:MOSAIC',
      clientId: WEB_CLIENT_ID,
      clientSecret: 'env:CLIENT_SECRET',
      resource: ORDERS_RESOURCE,
    },
    secrets: ['env:SESSION_SECRET'],
    store: 'memory:',
    upstreams: { orders: { url: api.url }, strict: { url: api.url, require: { acr: 'mfa' } } },
  })
  await runIn(folder, [], { ...environment, MOSAIC: mosaic.baseUrl }).logged('listening on')

  const agent = createUserAgent()
  const signIn = async (query: string): Promise<void> => {
    await agent.navigate(`${origin}/bff/login?return_to=/app${query}`, { from: null })
    await agent.login('alice')
    expect(agent.page?.url.href).toBe(`${origin}/app`)
  }
  const call = (path: string, init: RequestInit = {}): Promise<Response> => {
    const csrf = agent.cookies.get(origin, '__Host-csrf')?.value ?? '1'
    const headers = { 'x-csrf-token': csrf }
    return agent.fetch(origin + path, { from: `${origin}/app`, ...init, headers })
  }
  await signIn('')
  expect((await call('/bff/api/orders/1')).status).toBe(200)
  expect((await call('/bff/api/strict/1')).status).toBe(401)
  await signIn('&acr_values=mfa')
  expect((await call('/bff/api/strict/1')).status).toBe(200)
  expect((await call('/bff/refresh', { method: 'POST' })).status).toBe(200)
  expect(await (await call('/bff/session')).json()).toMatchObject({
    authenticated: true,
    session: { user: { sub: 'alice' }, access: { extendable: true, audience: [ORDERS_RESOURCE] } },
  })
  const out: { end_session_url: string } = await (await call('/bff/logout', { method: 'POST' })).json()
  await agent.navigate(out.end_session_url, { from: `${origin}/` })
  expect(agent.page?.url.href).toBe(`${origin}/`)
  expect(mosaic.sessions('alice')).toHaveLength(0)
  expect(mosaic.idp.count('revocation')).toBe(2)
})

it('says what is wrong with what the preset is told', async () => {
  const folder = await folderWith({
    origin: 'http://localhost:3000',
    preset: 'mosaic',
    idp: { region: 'env:REGION', clientId: WEB_CLIENT_ID, clientSecret: 'env:CLIENT_SECRET' },
    secrets: ['env:SESSION_SECRET'],
  })
  const command = runIn(folder, ['--check'], { ...environment, REGION: 'sandbox' })
  expect(await command.exit).not.toBe(0)
  expect(command.stdout() + command.stderr()).toContain('idp.issuer: is not published for sandbox')
})
