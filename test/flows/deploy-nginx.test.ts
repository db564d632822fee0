/** The example of docs/deploy as it stands: its nginx site and its configuration, in front of the command, the provider and an API, all real. Ports and addresses alone are others. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request as send } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { findNginx } from '../../scripts/nginx.mjs'
import { endAll, runIn } from '../bff/server-command.js'
import type { Command } from '../bff/server-command.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, startTestIdp } from '../support/idp.js'
import { freePort } from '../support/free-port.js'
import { createUserAgent } from '../support/user-agent.js'
import type { UserAgent } from '../support/user-agent.js'

const ORIGIN = 'https://app.example.com'
const place = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

interface Deployed {
  readonly command: Command
  readonly admin: string
  /** The API behind it: each of its answers waits until it is told to go on. */
  readonly api: { body: string; finish(): void }
  newAgent(): UserAgent
  /** Asks with these headers, and no cookie. */
  ask(path: string, headers: Record<string, string>): Promise<Response>
}

let deployed: Deployed
const endings: (() => unknown)[] = []

/** Sends what a browser would send to app.example.com, over TLS. */
function over(port: number, request: Request, more: Record<string, string>): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  return new Promise((resolve, reject) => {
    const received = (answer: IncomingMessage): void => {
      const headers = new Headers()
      for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2)
        headers.append(answer.rawHeaders[i] ?? '', answer.rawHeaders[i + 1] ?? '')
      const body = Readable.toWeb(answer) as ReadableStream<Uint8Array>
      resolve(new Response(body, { status: answer.statusCode ?? 0, headers }))
    }
    const options = {
      // The client is not where the proxy is.
      ...{ localAddress: '127.0.0.2' },
      ...{ host: '127.0.0.1', port, servername: 'app.example.com', rejectUnauthorized: false, agent: false },
      ...{ method: request.method, path: pathname + search },
      headers: { ...Object.fromEntries(request.headers), host: 'app.example.com', ...more },
    }
    const sent = send(options, received).on('error', reject)
    request.arrayBuffer().then((body) => sent.end(Buffer.from(body)), reject)
  })
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-deployed-'))
  endings.push(() => rm(folder, { recursive: true, force: true }))
  const idp = await startTestIdp({ appOrigins: [ORIGIN] })
  endings.push(() => idp.close())

  const api = { body: '', finish: (): void => {} }
  const upstream = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (api.body += chunk.toString()))
    response.write('first;')
    api.finish = () => void response.end('last')
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  endings.push(() => upstream.close())

  const [bffPort, adminPort, port, plain] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const [, json = ''] =
    /```json\n(.*?)```/s.exec(await readFile(place('docs/deploy/README.md'), 'utf8')) ?? []
  const example = JSON.parse(json) as Record<string, Record<string, unknown>>
  const configuration = {
    ...example,
    listen: { ...example['listen'], port: bffPort },
    admin: { listen: { host: '127.0.0.1', port: adminPort } },
    idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: 'env:CLIENT_SECRET' },
    store: 'sqlite:./sessions.db',
    upstreams: { orders: { url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/` } },
    static: './public',
  }
  await mkdir(join(folder, 'public'))
  await writeFile(join(folder, 'public', 'index.html'), '<!doctype html><title>app</title>')
  await writeFile(join(folder, 'tandem.config.json'), JSON.stringify(configuration))
  const command = runIn(folder, [], {
    CLIENT_SECRET: BFF_CLIENT_SECRET,
    SESSION_SECRET: 'test-secret-of-thirty-two-letters',
  })
  await vi.waitUntil(() => command.stdout().includes('admin listening on'), { timeout: 20_000 })

  const site = (await readFile(place('docs/deploy/nginx.conf'), 'utf8'))
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${bffPort}`)
    .replaceAll(/listen (\[::\]:)?443/g, (_, six = '') => `listen ${six}${port}`)
    .replaceAll(/listen (\[::\]:)?80;/g, (_, six = '') => `listen ${six}${plain};`)
    .replace(/ssl_certificate .*;/, `ssl_certificate ${place('test/support/tls/test-only.cert.pem')};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${place('test/support/tls/test-only.key.pem')};`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const file = join(folder, 'nginx.conf')
  await writeFile(
    file,
    `pid ${folder}/pid; events {} http { access_log off; ${temporary.join(' ')}\n${site}\n}`,
  )
  const program = findNginx()
  if (program === undefined)
    throw new Error('nginx was not found. Install it (Debian, Ubuntu: apt-get install nginx-light).')
  const nginx = spawn(program, ['-p', folder, '-c', file, '-e', 'stderr', '-g', 'daemon off;'], {
    stdio: 'ignore',
  })
  const exit = new Promise((resolve) => nginx.once('exit', resolve))
  endings.push(() => (nginx.kill('SIGTERM'), exit))
  const newAgent: Deployed['newAgent'] = () =>
    createUserAgent({ handlers: { [ORIGIN]: (request) => over(port, request, {}) } })
  const ask: Deployed['ask'] = (path, headers) => over(port, new Request(ORIGIN + path), headers)
  const up = (): Promise<number> =>
    ask('/readyz', {}).then(
      ({ status }) => status,
      () => 0,
    )
  await vi.waitUntil(async () => (await up()) === 200, { timeout: 20_000, interval: 100 })
  deployed = { command, api, admin: `http://127.0.0.1:${adminPort}`, newAgent, ask }
})
afterAll(async () => {
  endAll()
  for (const end of endings.reverse()) await end()
})

async function signIn(user: string): Promise<UserAgent> {
  const agent = deployed.newAgent()
  await agent.navigate(`${ORIGIN}/bff/login?return_to=/healthz`)
  await agent.login(user)
  expect(agent.page?.url.href).toBe(`${ORIGIN}/healthz`)
  return agent
}
const call = (agent: UserAgent, path: string, init: RequestInit = {}): Promise<Response> =>
  agent.fetch(ORIGIN + path, {
    ...init,
    headers: { 'X-CSRF-Token': agent.cookies.get(ORIGIN, '__Host-csrf')?.value ?? '1' },
  })

it('signs in, and tells of an end as it happens: no event waits in nginx', async () => {
  const agent = await signIn('alice')
  const stream = await call(agent, '/bff/events')
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  let heard = ''
  const until = async (event: string): Promise<void> => {
    while (!heard.includes(`event: ${event}\n`)) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: '' }
      if (done) throw new Error(`the stream ended before ${event}: ${heard}`)
      heard += value
    }
  }
  await until('session')
  expect((await fetch(`${deployed.admin}/sessions?sub=alice`, { method: 'DELETE' })).status).toBe(200)
  // The stream is open; its next sign of life would be 15 s away, and be no event.
  await until('ended')
  expect(heard).toContain('"ended_by":"revoked"')
})

it('says once that there is nothing but HTTPS, on files, doors and errors', async () => {
  for (const [path, status] of [
    ['/', 200],
    ['/none.js', 404],
    ['/bff/none', 404],
    ['/readyz', 200],
  ] as const) {
    const answer = await deployed.ask(path, {})
    expect([path, answer.status, answer.headers.get('strict-transport-security')]).toEqual([
      ...[path, status, 'max-age=31536000'],
    ])
  }
})

it('hands answers and bodies of upstreams on as they come', async () => {
  const agent = await signIn('bob')
  const answer = await call(agent, '/bff/api/orders/1', { method: 'POST', body: 'x'.repeat(100_000) })
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toBe('first;')
  await expect.poll(() => deployed.api.body.length).toBe(100_000)
  deployed.api.finish()
  expect((await reader?.read())?.value).toBe('last')
})

it('counts floods by who the client is, whatever it says it is, and lets a tab go on', async () => {
  const flood = (i: number): Promise<Response> =>
    deployed.ask('/bff/login', { 'X-Forwarded-For': `198.51.100.${i % 250}`, Forwarded: 'for=192.0.2.7' })
  // Of none of the addresses that it names would there be too many. A slow machine needs longer to be too fast.
  const refused: Response[] = []
  for (let i = 0; i < 5_000 && refused.length === 0; i += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, k) => flood(i + k)))
    refused.push(...answers.filter(({ status }) => status === 429))
  }
  expect(refused).not.toEqual([])
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  const told = await deployed.command.logged('Requests are refused')
  expect(told).toMatchObject({ event: 'rate_limited', limit: 'login', network: '127.0.0.0/24' })
  expect(await (await fetch(`${deployed.admin}/metrics`)).text()).toMatch(
    /tandem_rate_limited_total\{limit="login"\} [1-9]/,
  )
  // Who is signed in goes on.
  await expect
    .poll(async () => (await signIn('alice').then((one) => call(one, '/bff/session'))).status)
    .toBe(200)
})
