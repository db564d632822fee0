/** The example servers and the command, run as processes of an outside project with the installed package. */
import { spawn } from 'node:child_process'
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startApi } from '../../demo/api/index.js'
import type { Api } from '../../demo/api/index.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, DEMO_RESOURCE, startTestIdp } from '../support/idp.js'
import type { Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'
import { freePort } from '../support/free-port.js'

const app = inject('outside')
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Each example, and what its app brings itself. */
const examples = {
  express: ['express'],
  fastify: ['fastify'],
  hono: ['hono', '@hono/node-server'],
  'node-http': [],
}

let idp: Idp
let api: Api
beforeAll(async () => {
  idp = await startTestIdp()
  api = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE })
})
afterAll(async () => {
  await api.close()
  await idp.close()
})

/** What every one of them is told, beside the port. */
const told = () => ({
  PATH: process.env['PATH'],
  ISSUER: idp.issuer,
  API: `${api.url}/`,
  CLIENT_ID: BFF_CLIENT_ID,
  CLIENT_SECRET: BFF_CLIENT_SECRET,
  SESSION_SECRET: 'test-secret-of-thirty-two-letters',
})

/** Runs `server.mjs`, or the command, in a folder; resolves once it answers. */
async function run(
  [program, ...args]: [program: string, ...args: string[]],
  cwd: string,
  port: number,
): Promise<{ url: string; stop(): Promise<void> }> {
  idp.addOrigin(`http://localhost:${port}`)
  const server = spawn(program, args, { cwd, env: { ...told(), PORT: String(port) } })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  let printed = ''
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  }
  const stop = (): Promise<void> => {
    server.kill()
    return ended
  }
  try {
    await expect.poll(() => printed, { timeout: 20_000 }).toMatch(/Open http|listening on http/)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `http://localhost:${port}`, stop }
}

const drive = (url: string) => {
  const agent = createUserAgent()
  return {
    agent,
    call: (path: string, method = 'GET'): Promise<Response> => {
      const headers = { 'X-CSRF-Token': agent.cookies.get(url, '__Host-csrf')?.value ?? '1' }
      return agent.fetch(url + path, { method, headers, from: url })
    },
  }
}

test.each(Object.keys(examples) as (keyof typeof examples)[])(
  '%s: a login, an own route, a call through the BFF, a logout',
  async (name) => {
    const folder = join(app, 'servers', name)
    await mkdir(folder, { recursive: true })
    await copyFile(join(root, `demo/servers/${name}.mjs`), join(folder, 'server.mjs'))
    for (const brought of examples[name]) {
      const link = join(folder, 'node_modules', brought)
      await mkdir(dirname(link), { recursive: true })
      await symlink(join(root, 'node_modules', brought), link)
    }
    const { url, stop } = await run([process.execPath, 'server.mjs'], folder, await freePort())
    try {
      const { agent, call } = drive(url)
      await agent.navigate(`${url}/hello`)
      const page = await agent.login('alice')
      expect(page.url.href).toBe(`${url}/hello`)
      expect(JSON.parse(page.text)).toEqual({ hello: 'alice', orders: 3 })
      const orders = await call('/bff/api/shop/orders')
      expect(await orders.json()).toMatchObject({ orders: [{ id: '1001' }, {}, {}] })
      expect((await call('/bff/logout', 'POST')).status).toBe(200)
      expect((await call('/hello')).status).toBe(401)
    } finally {
      await stop()
    }
  },
)

test('tandem-bff: the page and the same, out of a configuration file', async () => {
  const port = await freePort()
  const folder = join(app, 'servers', 'command')
  await mkdir(join(folder, 'public'), { recursive: true })
  await writeFile(join(folder, 'public/index.html'), '<!doctype html><title>An app of files</title>')
  const configuration = {
    origin: `http://localhost:${port}`,
    listen: { host: 'localhost', port: 'env:PORT' },
    idp: { issuer: 'env:ISSUER', clientId: 'env:CLIENT_ID', clientSecret: 'env:CLIENT_SECRET' },
    secrets: ['env:SESSION_SECRET'],
    store: 'sqlite:./sessions.db',
    upstreams: { shop: { url: 'env:API' } },
    static: './public',
  }
  await writeFile(join(folder, 'tandem.config.json'), JSON.stringify(configuration))
  const command = join(app, 'node_modules/.bin/tandem-bff')
  const { url, stop } = await run([command, '--config', 'tandem.config.json'], folder, port)
  try {
    const { agent, call } = drive(url)
    expect((await agent.navigate(`${url}/orders/1001`)).text).toContain('An app of files')
    await agent.navigate(`${url}/bff/login?return_to=/orders/1001`)
    expect((await agent.login('alice')).url.href).toBe(`${url}/orders/1001`)
    expect(await (await call('/bff/api/shop/orders/1001')).json()).toMatchObject({ id: '1001' })
    expect((await call('/bff/logout', 'POST')).status).toBe(200)
    expect((await call('/bff/api/shop/orders/1001')).status).toBe(401)
  } finally {
    await stop()
  }
})
