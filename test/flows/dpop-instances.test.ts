/** Keys of sessions where there are several instances, over every store, through new secrets, and while the option changes. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Bff } from '../../src/bff/bff.js'
import type { IdpOptions } from '../../src/bff/options.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { SECRET } from '../bff/bench.js'
import { APP_ORIGIN, BFF_CLIENT_ID, BFF_CLIENT_SECRET, DEMO_RESOURCE } from '../support/idp.js'
import { startRedis } from '../support/redis.js'
import { startDpopWorld } from './dpop-world.js'
import type { DpopWorld } from './dpop-world.js'

const NEW_SECRET = 'another-test-secret-of-thirty-two-letters'

const stores = {
  memory: async () => memoryStore(),
  async sqlite() {
    return `sqlite:${join(await folder(), 'sessions.db')}`
  },
  async redis() {
    const redis = await startRedis()
    onTestFinished(() => redis.close())
    return redis.url
  },
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tandem-dpop-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

/** From now on, requests of the browser come to this instance. */
const use = ({ browser }: DpopWorld, bff: Bff): void =>
  browser.agent.handle(APP_ORIGIN, (request) =>
    new URL(request.url).pathname.startsWith('/bff/') ? bff.fetch(request) : new Response('the app'),
  )

const status = async ({ browser }: DpopWorld): Promise<number> =>
  (await browser.fetch('/bff/api/api/x')).status
const refreshed = async ({ browser }: DpopWorld): Promise<number> =>
  (await browser.post('/bff/refresh')).status

it.each(Object.entries(stores))(
  'over %s, every instance proves with the key of the session',
  async (_, open) => {
    const world = await startDpopWorld({ bff: { store: await open() } })
    Object.assign(world.upstream, { nonce: 'first', rotates: true })
    const instances = [world.bff, world.another(), world.another()]
    await world.browser.login()
    for (const bff of [...instances, ...instances]) {
      use(world, bff)
      expect(await status(world)).toBe(200)
      expect(await refreshed(world)).toBe(200)
    }
    const proven = world.upstream.calls.filter(({ refused }) => refused === null)
    expect(proven).toHaveLength(6)
    expect(new Set(proven.map(({ jkt }) => jkt)).size).toBe(1)
  },
)

it('a login that is begun at one instance is completed at another, which has a newer secret already', async () => {
  const world = await startDpopWorld({ bff: { store: memoryStore() } })
  const newer = world.another({ secrets: [NEW_SECRET, SECRET] })
  world.browser.agent.handle(APP_ORIGIN, (request) => {
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/bff/')) return new Response('the app')
    return pathname === '/bff/login' ? world.bff.fetch(request) : newer.fetch(request)
  })
  expect((await world.browser.login()).search).toBe('')
  expect(await status(world)).toBe(200)
})

it('secrets are rotated and no key is lost', async () => {
  const world = await startDpopWorld({ bff: { store: memoryStore() } })
  await world.browser.login()
  expect(await status(world)).toBe(200)
  for (const secrets of [[NEW_SECRET, SECRET], [NEW_SECRET]]) {
    use(world, world.another({ secrets }))
    expect(await refreshed(world)).toBe(200)
    expect(await status(world)).toBe(200)
  }
  expect(new Set(world.upstream.calls.map(({ jkt }) => jkt)).size).toBe(1)
})

it('who steals the database has no key', async () => {
  const where = await folder()
  const world = await startDpopWorld({ bff: { store: `sqlite:${join(where, 'sessions.db')}` } })
  await world.browser.login()
  await status(world)
  const [call] = world.upstream.calls
  const { jwk } = JSON.parse(
    Buffer.from(String(call?.headers['dpop']).split('.')[0] ?? '', 'base64url').toString(),
  ) as { jwk: { x: string; y: string } }
  const files = await Promise.all((await readdir(where)).map((name) => readFile(join(where, name), 'latin1')))
  expect(files.join('')).toContain('sessions')
  for (const secret of [jwk.x, jwk.y, 'P-256', String(call?.headers.authorization).slice(5)])
    expect(files.join('')).not.toContain(secret)
})

const idpOf = ({ idp }: DpopWorld, dpop: boolean): IdpOptions => ({
  issuer: idp.issuer,
  clientId: BFF_CLIENT_ID,
  clientSecret: BFF_CLIENT_SECRET,
  dpop,
})

describe('the option changes while users are signed in:', () => {
  it('turned on, sessions get a key with their next token, and use what they have until then', async () => {
    const world = await startDpopWorld({
      demands: false,
      client: { dpop: false },
      bff: { store: memoryStore() },
    })
    await world.browser.login()
    use(world, world.another({ idp: idpOf(world, true) }))
    await status(world)
    expect(world.upstream.calls.at(-1)?.headers.authorization).toMatch(/^Bearer /)
    expect(await refreshed(world)).toBe(200)
    expect(await status(world)).toBe(200)
    expect(world.upstream.calls.at(-1)?.headers.authorization).toMatch(/^DPoP /)
    expect(await refreshed(world)).toBe(200)
    expect(await status(world)).toBe(200)
    const thumbprints = world.upstream.calls.slice(1).map(({ jkt }) => jkt)
    expect(new Set(thumbprints).size).toBe(1)
  })

  it('turned off, sessions go on with their key; their token is handed to no page', async () => {
    const world = await startDpopWorld({ bff: { store: memoryStore() } })
    await world.browser.login()
    use(world, world.another({ idp: idpOf(world, false), mediateTokens: true }))
    expect(await refreshed(world)).toBe(200)
    expect(await status(world)).toBe(200)
    expect(world.upstream.calls.at(-1)?.headers.authorization).toMatch(/^DPoP /)
    const answer = await world.browser.fetch('/bff/token')
    expect(answer.status).toBe(401)
    const text = await answer.text()
    expect(JSON.parse(text)).toMatchObject({ code: 'login_required' })
    expect(text).not.toContain(String(world.upstream.calls.at(-1)?.headers.authorization).slice(5))
  })
})

it('turned off, the IDP’s API for logouts gets no token that is bound to a key', async () => {
  const world = await startDpopWorld({ bff: { store: memoryStore() } })
  await world.browser.login()
  const sessionsApi = { url: world.api.url.slice(0, -1), logout: true }
  use(world, world.another({ idp: { ...idpOf(world, false), sessionsApi } }))
  expect((await world.browser.post('/bff/logout', { scope: 'idp' })).status).toBe(200)
  expect(world.api.calls).toEqual([])
})

describe('own routes', () => {
  it('call an API with a proof of this very request, and get no token that would be sent without one', async () => {
    const world = await startDpopWorld()
    await world.browser.login()
    world.upstream.nonce = 'first'
    const route = world.bff.protect(async (_request, { fetch, accessToken }) => {
      const refusal = await accessToken().catch((error: unknown) => String(error))
      const answers = [
        await fetch(`${world.upstream.url}a?b=1#c`),
        await fetch(new URL('d', world.upstream.url), {
          method: 'PUT',
          body: 'text',
          headers: { dpop: 'x' },
        }),
        await fetch(new Request(`${world.upstream.url}e`), {}, DEMO_RESOURCE),
      ]
      world.upstream.nonce = 'second'
      const body = new Blob(['stream']).stream()
      const once = { method: 'POST', body, duplex: 'half' }
      answers.push(await fetch(`${world.upstream.url}f`, once))
      answers.push(
        await fetch(`${world.upstream.url}g`, { method: 'POST', body: new URLSearchParams('a=b') }),
      )
      return Response.json({ refusal, statuses: answers.map((answer) => answer.status) })
    })
    world.browser.agent.handle(APP_ORIGIN, (request) => route(request))
    const answer = (await (await world.browser.fetch('/own')).json()) as {
      refusal: string
      statuses: number[]
    }
    expect(answer.refusal).toMatch(/idp\.dpop.*fetch\(\)/)
    expect(answer.statuses).toEqual([200, 200, 200, 401, 200])
    expect(world.upstream.calls.filter(({ status: one }) => one === 401)).toHaveLength(2)
  })
})
