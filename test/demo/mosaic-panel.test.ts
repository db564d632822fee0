import { request as ask } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listenOnLoopback, type Listener } from '../../demo/listen.js'
import { createControl, type PanelState } from '../../demo/mosaic-panel/control.js'
import {
  mosaicClient,
  ORDERS_RESOURCE,
  startTestMosaic,
  type Mosaic,
  type MosaicClientDriver,
  type MosaicTokens,
} from '../support/mosaic.js'
import { createUserAgent } from '../support/user-agent.js'

let mosaic: Mosaic
let client: MosaicClientDriver
let app: Listener
let origin: string
/** Whose sessions were ended in the app. */
let ended: string[]

beforeEach(async () => {
  mosaic = await startTestMosaic()
  client = mosaicClient(mosaic)
  let routes: ReturnType<typeof createControl> | null = null
  app = await listenOnLoopback(
    (request, response) => routes?.(request, response, () => void response.writeHead(404).end('next')),
    0,
  )
  origin = `http://127.0.0.1:${app.port}`
  ended = []
  routes = createControl(mosaic, origin, async (sub) => void ended.push(sub))
})
afterEach(async () => {
  await app.close()
  await mosaic.close()
})

/** As the page asks; `told` makes it a POST. */
const send = (path: string, told?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${origin}/demo/mosaic/${path}`, {
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
    ...(told !== undefined && {
      method: 'POST',
      body: typeof told === 'string' ? told : JSON.stringify(told),
    }),
  })

const stateOf = async (answer: Response): Promise<PanelState> => {
  expect(answer.status).toBe(200)
  return (await answer.json()) as PanelState
}

const signIn = (user = 'alice', params = {}): Promise<MosaicTokens> =>
  client.signInOffline(createUserAgent(), user, { resource: ORDERS_RESOURCE, ...params })

const refreshed = async ({ refresh_token: token }: MosaicTokens): Promise<string | number> => {
  const { status, body } = await client.refresh(token)
  return body.error ?? status
}

describe('the deeds of the panel', () => {
  it('log out elsewhere: another browser signs in and calls the Logout API, which ends all of the user’s sessions', async () => {
    const alice = await signIn()
    const bob = await signIn('bob')
    const { done, sessions, log } = await stateOf(await send('logout-elsewhere', { sub: 'alice' }))
    expect(done).toBe('Another browser signed in and logged out: Mosaic ended 2 sessions.')
    expect(sessions).toEqual([])
    expect(log[0]).toMatchObject({
      method: 'POST',
      path: '/cis/v1/auth/logout',
      what: 'Logout API',
      status: 200,
    })
    expect(log.map(({ what }) => what)).toContain('authorization_code, mosaic-other')
    expect(await refreshed(alice)).toBe('invalid_grant')
    expect(await client.introspect(alice.access_token)).toMatchObject({ active: true })
    expect(await refreshed(bob)).toBe(200)
  })

  it('revoke: all sessions of the user and their refresh tokens, by a client’s token', async () => {
    const alice = await signIn()
    const { done, sessions, log } = await stateOf(await send('revoke', { sub: 'alice' }))
    expect(done).toBe('Mosaic deleted 1 session, and revoked the refresh tokens.')
    expect(sessions).toEqual([])
    expect(log.map(({ method, path, what }) => [method, path, what])).toContainEqual([
      'DELETE',
      '/cis/v1/sessions/alice',
      'Sessions API',
    ])
    expect(log.map(({ what }) => what)).toContain('client_credentials, mosaic-admin')
    expect(await refreshed(alice)).toBe('invalid_grant')
  })

  it('cap: the chain is at its end, the session lives on, and the next chain lasts as long as before', async () => {
    const alice = await signIn()
    expect(await stateOf(await send('cap', { sub: 'alice' }))).toMatchObject({ cap: 0 })
    expect(await refreshed(alice)).toBe('invalid_grant')
    const { cap, sessions } = await stateOf(await send('state?sub=alice'))
    expect([cap, sessions.length]).toEqual([null, 1])
    const again = await signIn()
    mosaic.clock.advance(60_000)
    expect(await refreshed(again)).toBe(200)
  })

  it('clock: provider and all are ahead, and right again', async () => {
    const before = Date.now()
    const ahead = await stateOf(await send('clock', { seconds: 3_600 }))
    expect(ahead.ahead).toBe(3_600_000)
    expect(ahead.now).toBeGreaterThanOrEqual(before + 3_600_000)
    expect(mosaic.clock.now()).toBeGreaterThanOrEqual(before + 3_600_000)
    const right = await stateOf(await send('clock-back', {}))
    expect(right.ahead).toBe(0)
    expect(right.now).toBeLessThan(before + 3_600_000)
  })

  it('put the clock right: what was begun or renewed while it was ahead would last too long, and is ended', async () => {
    await signIn()
    expect((await stateOf(await send('clock-back', {}))).done).toBe('The clock is right again.')
    expect(mosaic.sessions('alice')).toHaveLength(1)
    await send('clock', { seconds: 3600 })
    const bob = await signIn('bob')
    const right = await stateOf(await send('clock-back', { sub: 'bob' }))
    expect(right).toMatchObject({ ahead: 0, sessions: [], done: expect.stringContaining('What bob had') })
    expect(ended).toEqual(['bob'])
    // Hers was begun before, and not renewed since.
    expect(mosaic.sessions('alice')).toHaveLength(1)
    expect(await refreshed(bob)).toBe('invalid_grant')
    await signIn('bob')
    const [begun] = mosaic.sessions('bob')
    expect(Date.parse(begun?.start_time ?? '')).toBeLessThanOrEqual(Date.now())
  })

  it.each([
    ['clock', {}],
    ['clock', { seconds: 0 }],
    ['clock', { seconds: 1.5 }],
    ['clock', { seconds: '60' }],
    ['clock', { seconds: 31_536_001 }],
    ['revoke', {}],
    ['revoke', { sub: 'nobody' }],
    ['logout-elsewhere', { sub: ['alice'] }],
    ['revoke', 'sub=alice'],
    ['revoke', '"alice"'],
  ])('%s refuses %j, and says why', async (deed, told) => {
    await signIn()
    const answer = await send(deed, told)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ error: expect.stringMatching(/\.$/) })
    expect(mosaic.sessions('alice')).toHaveLength(1)
  })

  it('say it where Mosaic does not answer', async () => {
    await mosaic.down()
    const answer = await send('logout-elsewhere', { sub: 'alice' })
    expect(answer.status).toBe(502)
    await mosaic.up()
  })
})

describe('the log of the panel', () => {
  it('lists requests as they came, wherever the clock was', async () => {
    await signIn()
    await send('clock', { seconds: 600 })
    await signIn('bob', { acr_values: 'mfa' })
    await send('clock-back', {})
    await stateOf(await send('revoke', { sub: 'alice' }))
    const { log } = await stateOf(await send('state'))
    expect(log.map(({ what }) => what)).toEqual([
      'Sessions API',
      'client_credentials, mosaic-admin',
      'authorization_code, mosaic-web',
      'mosaic-web, prompt=consent, acr_values=mfa',
      'authorization_code, mosaic-web',
      'mosaic-web, prompt=consent',
    ])
    expect(log[2]?.at).toBeGreaterThan(log[0]?.at ?? 0)
  })
})

describe('the doors of the panel', () => {
  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another origin of this site', { 'sec-fetch-site': 'same-site' }],
    ['an address bar', { 'sec-fetch-site': 'none' }],
  ])('are closed to %s', async (_who, headers) => {
    await signIn()
    expect((await send('revoke', { sub: 'alice' }, headers)).status).toBe(403)
    expect((await send('state?sub=alice', undefined, headers)).status).toBe(403)
    expect(mosaic.sessions('alice')).toHaveLength(1)
  })

  /** Without what a browser adds by itself. */
  const bare = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const path = '/demo/mosaic/revoke'
      const sent = ask({ host: '127.0.0.1', port: app.port, path, method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.once('error', reject)
      sent.end(JSON.stringify({ sub: 'alice' }))
    })

  it('go by Origin where a browser sends no Sec-Fetch-Site, and by Host in any case', async () => {
    await signIn()
    expect(await bare({})).toBe(403)
    expect(await bare({ origin: 'https://evil.example' })).toBe(403)
    expect(await bare({ origin: 'null' })).toBe(403)
    expect(await bare({ host: `evil.example:${app.port}`, 'sec-fetch-site': 'same-origin' })).toBe(403)
    expect(mosaic.sessions('alice')).toHaveLength(1)
    expect(await bare({ origin })).toBe(200)
    expect(mosaic.sessions('alice')).toEqual([])
  })

  it('are these and no others', async () => {
    for (const path of ['', 'nothing', 'constructor', '__proto__'])
      expect((await send(path, {})).status).toBe(404)
    expect((await send('revoke')).status).toBe(404)
    const elsewhere = await fetch(`${origin}/demo/other`)
    expect([elsewhere.status, await elsewhere.text()]).toEqual([404, 'next'])
  })

  it('let nobody keep what they tell, and tell no token, code or state', async () => {
    const tokens = await signIn()
    await client.refresh(tokens.refresh_token)
    await client.refresh('nonsense')
    const answer = await send('state?sub=alice')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    for (const token of [tokens.access_token, tokens.id_token, tokens.refresh_token])
      expect(text).not.toContain(token)
    expect(text).not.toMatch(/state=|nonce|code=|challenge|secret/)
    const { log } = JSON.parse(text) as PanelState
    expect(log.map(({ method, path, what, status, error }) => [method, path, what, status, error])).toEqual([
      ['POST', '/cis/oidc/token', 'refresh_token, mosaic-web', 400, 'invalid_grant'],
      ['POST', '/cis/oidc/token', 'refresh_token, mosaic-web', 200, null],
      ['POST', '/cis/oidc/token', 'authorization_code, mosaic-web', 200, null],
      ['GET', '/cis/oidc/auth', 'mosaic-web, prompt=consent', 303, null],
    ])
  })
})
