/** Several `tandem-bff`, each a process of its own, behind one nginx and over one store; with a provider and an API. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startApi } from '../../demo/api/index.js'
import type { Api } from '../../demo/api/index.js'
import type { SessionAnswer } from '../../src/protocol.js'
import { runIn } from '../bff/server-command.js'
import type { Command } from '../bff/server-command.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, DEMO_RESOURCE, startTestIdp } from '../support/idp.js'
import type { Idp, IdpOptions, TokenRequest } from '../support/idp.js'
import { freePort } from '../support/free-port.js'
import { createUserAgent } from '../support/user-agent.js'
import type { UserAgent } from '../support/user-agent.js'
import { startNginx } from './nginx.js'

/** One process. */
export interface Instance {
  readonly port: number
  /** Where administrators are listened to. */
  readonly admin: string
  /** Starts it, and waits until it is ready. */
  start(): Promise<void>
  /** Ends it, and waits until it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** A user's browser that is signed in. */
export interface User {
  readonly agent: UserAgent
  /** Of the session. */
  readonly csrf: string
  call(path?: string, init?: RequestInit): Promise<Response>
  session(): Promise<SessionAnswer>
}

/** All of them. */
export interface Fleet {
  readonly url: string
  readonly instances: readonly Instance[]
  readonly idp: Idp
  readonly api: Api
  /** Token requests with a refresh token. */
  refreshes(): TokenRequest[]
  signIn(name?: string): Promise<User>
  close(): Promise<void>
}

/** Starts three. `store`: as it is configured; a relative path is in the folder they share. */
export async function startFleet(store: string, options: IdpOptions = {}): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-fleet-'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  const idp = await startTestIdp({ appOrigins: [url], ...options })
  // How long a token is good for counts from when it came, and a machine may be busy.
  const api = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE, tolerance: 10 })
  const instances = await Promise.all(
    [0, 1, 2].map(async (i) => {
      const [at, admin] = [await freePort(), await freePort()]
      const file = `instance-${i}.json`
      const configuration = {
        listen: { port: at },
        origin: url,
        idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET, timeout: 15 },
        secrets: ['test-secret-of-the-fleet-0123456789abcdef'],
        store,
        upstreams: { api: { url: `${api.url}/` } },
        admin: { listen: { port: admin } },
      }
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, file), JSON.stringify(configuration))
      return instanceOf(folder, file, at, admin)
    }),
  )
  await Promise.all(instances.map((one) => one.start()))
  const nginx = await startNginx(
    port,
    instances.map((one) => one.port),
  )
  return {
    url,
    instances,
    idp,
    api,
    refreshes: () => idp.tokenRequests.filter(({ grant_type }) => grant_type === 'refresh_token'),
    async signIn(name = 'alice') {
      const agent = createUserAgent()
      await agent.navigate(`${url}/bff/login?return_to=/healthz`)
      await agent.login(name)
      expect(agent.page?.url.href).toBe(`${url}/healthz`)
      const csrf = agent.cookies.get(url, '__Host-csrf')?.value ?? ''
      return {
        agent,
        csrf,
        call: (path = '/bff/api/api/orders', init = {}) =>
          agent.fetch(url + path, { headers: { 'X-CSRF-Token': csrf }, ...init }),
        async session() {
          const answer = await agent.fetch(`${url}/bff/session`, { headers: { 'X-CSRF-Token': '1' } })
          return (await answer.json()) as SessionAnswer
        },
      }
    },
    async close() {
      await Promise.all(instances.map((one) => one.end('SIGKILL')))
      await nginx.close()
      await idp.close()
      await api.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function instanceOf(folder: string, file: string, port: number, admin: number): Instance {
  let command: Command | undefined
  return {
    port,
    admin: `http://127.0.0.1:${admin}`,
    async start() {
      command = runIn(folder, ['--config', file])
      await command.logged('admin listening on')
      const ready = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/readyz`)
      const started = command
      const status = (): Promise<unknown> => ready().then((answer) => answer.status, started.stderr)
      await expect.poll(status, { timeout: 30_000 }).toBe(200)
    },
    async end(signal) {
      const ended = command
      command = undefined
      ended?.child.kill(signal)
      await ended?.exit
    },
  }
}
