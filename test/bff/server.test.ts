import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startApi } from '../../demo/api/index.js'
import type { Api } from '../../demo/api/index.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, DEMO_RESOURCE, startTestIdp } from '../support/idp.js'
import type { Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'
import { endAll, runIn } from './server-command.js'
import type { Command } from './server-command.js'
import { freePort } from '../support/free-port.js'

const secret = 'test-secret-of-thirty-two-letters'

let folder = ''
let idp: Idp
let api: Api
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-bff-'))
  await mkdir(join(folder, 'public'))
  await writeFile(join(folder, 'public', 'index.html'), '<!doctype html><title>app</title>')
  idp = await startTestIdp()
  api = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE })
})
afterEach(endAll)
afterAll(async () => {
  await idp.close()
  await api.close()
  await rm(folder, { recursive: true })
})

const run = (args: readonly string[], env?: Record<string, string>, cwd = folder): Command =>
  runIn(cwd, args, env)

const written = async (name: string, configuration: unknown): Promise<string> => {
  const file = join(folder, name)
  await writeFile(file, typeof configuration === 'string' ? configuration : JSON.stringify(configuration))
  return file
}

async function configuration(changes: Record<string, unknown> = {}) {
  const port = await freePort()
  return {
    listen: { host: 'localhost', port: 'env:PORT' },
    origin: `http://localhost:${port}`,
    idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: 'env:CLIENT_SECRET' },
    secrets: ['env:SESSION_SECRET'],
    store: 'sqlite:./sessions.db',
    upstreams: { api: { url: `${api.url}/`, timeout: 'env:TIMEOUT' } },
    static: { folder: './public', headers: { 'Referrer-Policy': 'same-origin' } },
    admin: { listen: { port: 0 } },
    ...changes,
    port,
  }
}

describe('a server', () => {
  it('serves doors, files and probes; logs no secret; stops when asked', async () => {
    const { port, ...rest } = await configuration()
    idp.addOrigin(rest.origin)
    await written('tandem.config.json', rest)
    const server = run([], {
      PORT: String(port),
      CLIENT_SECRET: BFF_CLIENT_SECRET,
      SESSION_SECRET: secret,
      TIMEOUT: '5',
    })
    expect(await server.logged('listening on')).toMatchObject({
      msg: `listening on http://localhost:${port}`,
    })
    const admin = String((await server.logged('admin listening on'))['url'])

    const agent = createUserAgent()
    const page = await agent.navigate(`${rest.origin}/orders/1`)
    expect(page.text).toContain('<title>app</title>')
    await agent.navigate(`${rest.origin}/bff/login?return_to=/orders/1?secret=hunter`)
    await agent.login('alice')
    expect(agent.page?.url.href).toBe(`${rest.origin}/orders/1?secret=hunter`)
    const token = agent.cookies.get(rest.origin, '__Host-csrf')?.value ?? ''
    const orders = await agent.fetch(`${rest.origin}/bff/api/api/orders?key=hunter`, {
      headers: { 'X-CSRF-Token': token },
    })
    expect(await orders.json()).toMatchObject({ orders: [{}, {}, {}] })
    expect(existsSync(join(folder, 'sessions.db'))).toBe(true)

    for (const base of [rest.origin, admin])
      for (const path of ['/healthz', '/readyz']) expect((await fetch(base + path)).status).toBe(200)
    const metrics = await fetch(`${admin}/metrics`)
    expect(metrics.status).toBe(200)
    const counts = await metrics.text()
    for (const line of [
      'tandem_requests_total{door="api/api",status="2xx"} 1',
      'tandem_requests_total{door="callback",status="3xx"} 1',
      'tandem_proxy_duration_seconds_count{upstream="api",status="2xx"} 1',
      'tandem_token_request_duration_seconds_count{result="tokens"} 1',
      'tandem_logins_total{result="succeeded"} 1',
      'tandem_event_streams 0',
      'process_cpu_seconds_total ',
    ])
      expect(counts).toContain(line)
    expect(counts).not.toMatch(/hunter|alice|orders/)
    const there = await (await fetch(`${rest.origin}/metrics`)).text()
    expect(there).not.toContain('tandem_')

    const entry =
      server
        .stdout()
        .split('\n')
        .find((line) => line.includes('"path":"/bff/api/api"')) ?? '{}'
    expect(JSON.parse(entry)).toMatchObject({
      msg: 'request',
      method: 'GET',
      status: 200,
      request: orders.headers.get('x-request-id'),
    })
    const cookies = agent.cookies
      .all(rest.origin)
      .map(({ value }) => value)
      .filter((value) => value.length > 5)
    const claims = api.requests[0]?.claims
    expect(claims).toMatchObject({ sub: 'alice' })
    for (const private_ of [...cookies, secret, BFF_CLIENT_SECRET, 'hunter', 'orders', 'code=', 'eyJhbGciOi'])
      expect(server.stdout()).not.toContain(private_)

    server.child.kill('SIGTERM')
    expect(await server.exit).toBe(0)
    expect(server.stderr()).toBe('')
    await server.logged('stopped')
    await expect(fetch(`${rest.origin}/healthz`)).rejects.toThrow('fetch failed')
  })

  it('answers what is on the wire before it stops, and ends what has no end of its own', async () => {
    const { port, ...rest } = await configuration({ admin: undefined, store: 'memory:' })
    idp.addOrigin(rest.origin)
    const file = await written('drain.json', rest)
    const server = run(['--config', file], {
      PORT: String(port),
      CLIENT_SECRET: BFF_CLIENT_SECRET,
      SESSION_SECRET: secret,
      TIMEOUT: '5',
    })
    await server.logged('listening on')
    const agent = createUserAgent()
    await agent.navigate(`${rest.origin}/bff/login?return_to=/`)
    await agent.login('alice')
    const slow = await agent.fetch(`${rest.origin}/bff/api/api/stream?chunks=10&pause=100`)
    const events = await agent.fetch(`${rest.origin}/bff/events`)
    server.child.kill('SIGINT')
    expect(await slow.text()).toContain('chunk 10\n')
    expect(await events.text()).toMatch(/^retry: \d+\n\nevent: session\n.*\n\n$/)
    expect(await server.exit).toBe(0)
  })
})

describe('the command line', () => {
  it('tells about itself', async () => {
    const [help, version] = [run(['--help']), run(['--version'])]
    expect(await help.exit).toBe(0)
    expect(help.stdout()).toMatch(/Usage: tandem-bff.*--config PATH.*--check.*--version.*--help/s)
    expect(await version.exit).toBe(0)
    const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
    expect(version.stdout()).toBe(`${JSON.parse(manifest).version}\n`)
  })

  it('checks a configuration and starts nothing', async () => {
    const { port, ...rest } = await configuration({ store: 'sqlite:./checked.db' })
    const file = await written('check.json', rest)
    const env = { PORT: String(port), CLIENT_SECRET: 'x', SESSION_SECRET: secret, TIMEOUT: '5' }
    const good = run([`--config=${file}`, '--check'], env)
    expect([await good.exit, good.stdout()]).toEqual([0, `${file} is valid.\n`])
    expect(existsSync(join(folder, 'checked.db'))).toBe(false)
    const bad = run(['--config', file, '--check'], { PORT: 'x', SESSION_SECRET: 'hunter' })
    expect(await bad.exit).toBe(1)
    expect(bad.stdout()).toBe('')
    expect(bad.stderr()).toMatch(/^tandem-bff cannot start:\n(?: {2}.+\n)+$/)
    for (const option of ['listen.port', 'idp.clientSecret', 'secrets[0]', 'upstreams.api.timeout'])
      expect(bad.stderr()).toContain(`  ${option}: `)
    expect(bad.stderr()).not.toContain('hunter')
  })

  it('says in one block why it cannot start', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, 'localhost', resolve))
    const { port: busy } = taken.address() as AddressInfo
    const { port, ...rest } = await configuration({ store: 'memory:' })
    const env = { PORT: String(port), CLIENT_SECRET: 'x', SESSION_SECRET: secret, TIMEOUT: '5' }
    const good = await written('good.json', rest)
    const cases: readonly (readonly [Command, RegExp])[] = [
      [
        run(['--config', good], { ...env, PORT: String(busy) }),
        /listen\.port: cannot listen on localhost:\d+: another process/,
      ],
      [
        run(['--config', await written('static.json', { ...rest, static: './none' })], env),
        /static: there is no folder/,
      ],
      [
        run(['--config', await written('store.json', { ...rest, store: 'sqlite:./none/s.db' })], env),
        /store: cannot be opened/,
      ],
      [
        run(['--config', await written('preset.json', { ...rest, preset: 'mosaic' })], env),
        /idp\.region: is missing/,
      ],
      [
        run(['--config', 'none.json'], env),
        /--config: .*none\.json cannot be read: .*tandem\.config\.json or tandem\.config\.mjs/,
      ],
      [run([], env, tmpdir()), /--config: tandem\.config\.json cannot be read, nor tandem\.config\.mjs/],
      [run(['--port', '3000'], env), /Unknown option '--port'\. See tandem-bff --help\.$/m],
      [run(['extra.json'], env), /extra\.json/],
    ]
    for (const [tried, says] of cases) {
      expect(await tried.exit).toBe(1)
      expect(tried.stderr()).toMatch(/^tandem-bff cannot start:\n(?: {2}.+\n)+$/)
      expect(tried.stderr()).toMatch(says)
      expect(tried.stderr()).not.toContain('    at ')
    }
    await new Promise((resolve) => taken.close(resolve))
  })
})
