/** What no list names: heads that are read as something else than they say, or that take long to read; and answers of an IDP that take long. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { endless } from '../support/endless.js'
import { BY_PAGE } from './visitor.js'
import { bytesFor, read } from './wire.js'
import { testWorld } from './world.js'

it('X15 no scheme brings a host along, and no host a path: what came for another host is refused', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, origin: 'https://app.example' }) })
  const statusOf = async (host: string, proto: string): Promise<number> => {
    const headers = { ...BY_PAGE, 'X-CSRF-Token': '1', Host: host, 'X-Forwarded-Proto': proto }
    return (await world.visitor().send('/bff/session', { headers })).status
  }
  expect(await statusOf('app.example', 'https')).toBe(200)
  for (const proto of [
    ...['https://app.example/', 'https://app.example?', 'https://app.example#', 'https://app.example/, http'],
    ...['https:app.example/', 'https', 'http', ''],
  ])
    expect([proto, await statusOf('evil.example', proto)]).toEqual([proto, 400])
  for (const host of ['app.example\\.evil.example', 'app.example\\', 'evil@app.example'])
    expect([host, await statusOf(host, 'https')]).toEqual([host, 400])
})

it('X16 a quote that a client leaves open takes in nothing of what the proxy in front writes behind it', async () => {
  const world = await testWorld({
    bff: (base) => ({
      ...base,
      ...{ trustedProxies: ['127.0.0.1'], clientAddressHeader: 'forwarded' },
      session: { bindTo: { ip: true, onMismatch: 'end' } },
    }),
  })
  const alice = await world.signedIn({ Forwarded: 'for="[2001:db8:1::1]"' })
  // Somebody elsewhere with her cookie: what they send comes first, and then what the proxy knows of them.
  const thief = world.visitor({ Forwarded: 'for="[2001:db8:1::1]";x=", for="[2001:db8:bad::1]"' })
  Object.defineProperty(thief, 'jar', { value: new Map(alice.jar) })
  expect((await thief.call('/bff/api/orders/1')).status).toBe(401)
  expect(world.api.received).toHaveLength(0)
})

it('X17 no head takes the longer the longer it is by more than its length', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-heads-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>App</title>')
  const world = await testWorld({
    bff: (base) => ({ ...base, ...{ trustedProxies: ['127.0.0.1'], clientAddressHeader: 'forwarded' } }),
    serve: { static: folder },
  })
  const alice = await world.signedIn()
  const { session } = cookieNames
  const before = process.cpuUsage()

  const tossed = await world.visitor().call(`/bff/api${'/a'.repeat(7500)}`, {
    headers: { Cookie: `${session}=a; ${session}=b` },
  })
  expect([tossed.status, tossed.json()['code']]).toEqual([400, 'cookie_conflict'])

  const crowd = Array.from({ length: 3000 }, (_, i) => `a${i}=b`).join('; ')
  for (const head of [
    `GET ${'/a'.repeat(6000)} HTTP/1.1\r\nHost: app.example\r\n`,
    `GET / HTTP/1.1\r\nHost: ${'a.'.repeat(6000)}example\r\n`,
  ])
    expect(read(await bytesFor(world.port, `${head}Cookie: ${crowd}\r\n\r\n`)).status).toBe(431)

  for (const path of [`/${'a'.repeat(15_000)}/`, `/assets/${'a'.repeat(15_000)}/`, `/${'.a'.repeat(7500)}/`])
    await world.visitor().visit(path)
  for (const forwarded of ['"', '\\"', '"\\', ';for="', 'for="",', ';for=a '])
    await world.visitor().visit('/', { Forwarded: forwarded.repeat(Math.floor(14_000 / forwarded.length)) })
  for (const path of [':'.repeat(14_000), `${':'.repeat(14_000)}%25252561`])
    await alice.call(`/bff/api/orders/${path}`)
  world.api.answer = (_, response) =>
    void response.writeHead(401, { 'WWW-Authenticate': 'Bearer "' + '\\"'.repeat(7000) }).end()
  expect((await alice.call('/bff/api/orders/1')).status).toBe(401)

  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(1500)
})

it('X18 an IDP that answers without end is given up: nothing is signed in, and nothing piles up', async () => {
  const { url, over } = await endless()
  const world = await testWorld({
    edges: {
      fetch: (input, init) =>
        fetch(String(input instanceof Request ? input.url : input).endsWith('/token') ? url : input, init),
    },
  })
  const before = process.memoryUsage().rss
  const alice = world.visitor()
  const answer = await alice.signIn()
  expect([answer.status, answer.header('location')]).toEqual([303, '/app?login_error=idp_unavailable'])
  await over
  expect(await alice.session()).toMatchObject({ authenticated: false })
  expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024)
  expect(world.log.find(({ event }) => event === 'login_failed')).toMatchObject({ cause: 'ANSWER_TOO_LONG' })
})

it('X6 a method that no door can take is refused at the doors, too, and fails nothing', async () => {
  const world = await testWorld()
  for (const method of ['TRACE', 'TRACK']) {
    const { status } = await world.visitor().send('/bff/session', { method, headers: BY_PAGE })
    expect([method, [400, 501].includes(status)]).toEqual([method, true])
  }
})

it('X20 codes on which an IDP stumbles stop nobody’s renewals, and what is no code is not sent', async () => {
  const stumbling = 'boom'
  const world = await testWorld({
    edges: {
      fetch: async (input, init) => {
        const isStumbling = String(init?.body).includes(`code=${stumbling}`)
        return isStumbling ? new Response('', { status: 500 }) : fetch(input, init)
      },
    },
  })
  const alice = await world.signedIn()
  const comeBackWith = async (code: string): Promise<string | null> => {
    const nobody = world.visitor()
    const state = (await nobody.beginLogin()).searchParams.get('state') ?? ''
    const answer = new URLSearchParams({ code, state, iss: world.idp.issuer })
    return (await nobody.comeBack(`/bff/callback?${answer}`)).header('location')
  }
  world.clock.advance(301)
  for (let i = 0; i < 20; i++) expect(await comeBackWith(stumbling)).toBe('/app?login_error=idp_unavailable')
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)

  const before = world.idp.tokenCalls.length
  for (const code of ['\0', 'a\nb', 'é'])
    expect(await comeBackWith(code)).toBe('/app?login_error=callback_invalid')
  expect(world.idp.tokenCalls.length).toBe(before)
})
