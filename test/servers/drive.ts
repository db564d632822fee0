/** Drives a running example as a browser does: log in, own route, proxied call, CSRF failure, step-up, log out. */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import type { IdpOptions } from 'tandem-session/bff'
import { startApi } from '../../demo/api/index.js'
import type { Api } from '../../demo/api/index.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, DEMO_RESOURCE, startTestIdp } from '../support/idp.js'
import type { Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'
import type { UserAgent } from '../support/user-agent.js'
import { freePort } from '../support/free-port.js'

interface Example {
  start(options: { port: number; idp: IdpOptions; api: string; secrets: string[] }): Promise<{
    readonly url: string
    close(): Promise<void>
  }>
}

/** What a test of an example works with; ready in every test. */
export interface Drive {
  readonly url: string
  readonly idp: Idp
  readonly api: Api
  /** A fresh browser for each test. */
  readonly agent: UserAgent
  /** Signs alice in by a visit of `path`, and comes back there. */
  login(path?: string): Promise<void>
  /** A call as the app's script makes it, with the CSRF header unless told otherwise. */
  call(path: string, init?: RequestInit): Promise<Response>
}

/** Starts the example with provider and API for a test file. */
export function drive(example: string): Drive {
  const parts: { close(): Promise<unknown> }[] = []
  let idp: Idp
  let api: Api
  let url = ''
  let agent: UserAgent
  beforeAll(async () => {
    const port = await freePort()
    idp = await startTestIdp({ appOrigins: [`http://localhost:${port}`] })
    parts.push(idp)
    api = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE })
    parts.push(api)
    const { start }: Example = await import(/* @vite-ignore */ `../../demo/servers/${example}.mjs`)
    const server = await start({
      port,
      idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET },
      api: `${api.url}/`,
      secrets: ['test-secret-of-thirty-two-letters'],
    })
    parts.push(server)
    url = server.url
  })
  afterAll(async () => {
    for (const part of parts.reverse()) await part.close()
  })
  beforeEach(() => {
    agent = createUserAgent()
    api.requests.length = 0
  })

  return {
    get url() {
      return url
    },
    get idp() {
      return idp
    },
    get api() {
      return api
    },
    get agent() {
      return agent
    },
    async login(path = '/') {
      await agent.navigate(`${url}/bff/login?return_to=${encodeURIComponent(path)}`)
      await agent.login('alice')
      expect(agent.page?.url.href).toBe(url + path)
    },
    async call(path, init = {}) {
      const headers = new Headers(init.headers)
      const token = agent.cookies.get(url, '__Host-csrf')?.value
      if (token !== undefined && !headers.has('X-CSRF-Token')) headers.set('X-CSRF-Token', token)
      return agent.fetch(url + path, { ...init, headers, from: url })
    },
  }
}
