import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { startIdp, type Idp } from '../../demo/idp/index.js'
import { APP_ORIGIN, SPA_CLIENT_ID, startTestIdp, type IdpOptions } from '../support/idp.js'
import { createRelyingParty } from '../support/relying-party.js'
import { createUserAgent } from '../support/user-agent.js'

const started: Idp[] = []
const directories: string[] = []
const start = async (options?: IdpOptions): Promise<Idp> => {
  const idp = await startTestIdp(options)
  started.push(idp)
  return idp
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((idp) => idp.close()))
  await Promise.all(directories.splice(0).map((path) => rm(path, { recursive: true })))
})

describe('keys', () => {
  const directory = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'tandem-idp-'))
    directories.push(path)
    return path
  }

  it('in a file outlive a restart, so tokens still verify', async () => {
    const keys = join(await directory(), 'deep', 'keys.json')
    const first = await start({ keys })
    const rp = await createRelyingParty(first.issuer)
    const { access_token: token } = await rp.signIn(createUserAgent(), 'alice')
    await first.close()

    const second = await start({ keys, port: first.port })
    expect(second.issuer).toBe(first.issuer)
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${second.origin}/jwks`)))
    expect(payload.sub).toBe('alice')
    expect((await stat(keys)).mode & 0o777).toBe(0o600)
  })

  it('in memory are new each time', async () => {
    const [one, other] = [await startIdp(), await startIdp()]
    started.push(one, other)
    const keysOf = async ({ origin }: Idp) => (await fetch(`${origin}/jwks`)).text()
    expect(await keysOf(one)).not.toBe(await keysOf(other))
  })

  it('never overwrite a file that is something else', async () => {
    const keys = join(await directory(), 'notes.json')
    await writeFile(keys, '{"shopping":"list"}')
    await expect(start({ keys })).rejects.toThrow(/holds no provider keys/)
    expect(await readFile(keys, 'utf8')).toBe('{"shopping":"list"}')
  })
})

describe('addresses', () => {
  it('metadata names the provider by its origin, however it is called', async () => {
    const idp = await start()
    const answer = await fetch(`http://127.0.0.1:${idp.port}/.well-known/openid-configuration`).catch(() =>
      fetch(`http://[::1]:${idp.port}/.well-known/openid-configuration`),
    )
    expect(await answer.json()).toMatchObject({
      issuer: idp.issuer,
      authorization_endpoint: `${idp.origin}/auth`,
      token_endpoint: `${idp.origin}/token`,
      end_session_endpoint: `${idp.origin}/session/end`,
      revocation_endpoint: `${idp.origin}/token/revocation`,
      authorization_response_iss_parameter_supported: true,
      acr_values_supported: ['pwd', 'mfa', 'phr'],
    })
  })

  it('issuer and origin may differ', async () => {
    const idp = await start({ issuer: 'https://issuer.example', origin: 'https://login.example' })
    const url = `http://localhost:${idp.port}/.well-known/openid-configuration`
    expect(await (await fetch(url)).json()).toMatchObject({
      issuer: 'https://issuer.example',
      token_endpoint: 'https://login.example/token',
    })
  })

  it('redirect URIs can be set, as paths and whole', async () => {
    const idp = await start({ redirectUris: ['/elsewhere', 'https://other.test/back'] })
    expect(idp.clients.get(SPA_CLIENT_ID)?.redirect_uris).toEqual([
      `${APP_ORIGIN}/elsewhere`,
      'https://other.test/back',
    ])
  })

  it('clients can be replaced', async () => {
    const client = { client_id: 'mine', client_secret: 'for-tests-only', redirect_uris: [`${APP_ORIGIN}/cb`] }
    const idp = await start({ clients: [client] })
    const rp = await createRelyingParty(idp.issuer, {
      clientId: 'mine',
      clientSecret: 'for-tests-only',
      redirectUri: `${APP_ORIGIN}/cb`,
      scope: 'openid',
    })
    expect((await rp.signIn(createUserAgent(), 'bob')).claims()?.aud).toBe('mine')
  })

  it('features and configuration can be overridden', async () => {
    const idp = await start({
      features: { backchannelLogout: { enabled: true } },
      configure: (configuration) => ({ ...configuration, scopes: ['openid', 'extra'] }),
    })
    const metadata = await (await fetch(`${idp.origin}/.well-known/openid-configuration`)).json()
    expect(metadata).toMatchObject({ backchannel_logout_supported: true })
    expect(metadata.scopes_supported).toContain('extra')
    expect(metadata.revocation_endpoint).toBe(`${idp.origin}/token/revocation`)
  })
})

describe('CORS', () => {
  const call = async (idp: Idp, origin: string, path: string, init?: RequestInit): Promise<Response> =>
    createUserAgent().fetch(`${idp.origin}${path}`, { from: `${origin}/`, ...init })
  const grant = (client: Record<string, string>): RequestInit => ({
    method: 'POST',
    body: new URLSearchParams({ ...client, grant_type: 'refresh_token', refresh_token: 'unknown' }),
  })

  it('is open for metadata and keys', async () => {
    const idp = await start()
    for (const path of ['/.well-known/openid-configuration', '/jwks'])
      expect((await call(idp, 'https://anywhere.test', path)).status).toBe(200)
  })

  it('lets the public client read token and revocation answers, from its own origins only', async () => {
    const idp = await start()
    const spa = { client_id: SPA_CLIENT_ID }
    const answer = await call(idp, APP_ORIGIN, '/token', grant(spa))
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' })
    const revoked = await call(idp, APP_ORIGIN, '/token/revocation', {
      method: 'POST',
      body: new URLSearchParams({ ...spa, token: 'unknown' }),
    })
    expect(revoked.status).toBe(200)
    await expect(call(idp, 'https://evil.test', '/token', grant(spa))).rejects.toThrow('Failed to fetch')
  })

  it('covers userinfo with its preflight, and faults', async () => {
    const idp = await start({ resource: null })
    const spa = { clientId: SPA_CLIENT_ID, clientSecret: null, redirectUri: `${APP_ORIGIN}/` }
    const rp = await createRelyingParty(idp.issuer, spa)
    const { access_token: token } = await rp.signIn(createUserAgent(), 'alice')
    const headers = { authorization: `Bearer ${token}` }
    const answer = await call(idp, APP_ORIGIN, '/me', { headers })
    expect(await answer.json()).toMatchObject({ sub: 'alice' })
    idp.faults.next('userinfo', { kind: 'status', status: 503 })
    expect((await call(idp, APP_ORIGIN, '/me', { headers })).status).toBe(503)
  })
})
