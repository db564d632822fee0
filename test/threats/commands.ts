/** `tandem-bff` as a process, with a provider and an API, for the threats to its listeners, its start and its stop. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { endAll, runIn } from '../bff/server-command.js'
import type { Command } from '../bff/server-command.js'
import { startUpstream } from '../bff/upstream/upstream-server.js'
import type { UpstreamServer } from '../bff/upstream/upstream-server.js'
import { startMisbehavingProvider } from '../support/misbehaving-provider.js'
import type { MisbehavingProvider } from '../support/misbehaving-provider.js'

const SECRET = 'test-secret-of-thirty-two-letters-and-more'
let folder = ''

/** The provider. */
export let idp: MisbehavingProvider
/** The API behind the upstream `orders`. */
export let api: UpstreamServer

/** For the file it is called in: what its tests begin and end with. */
export function useCommands(): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-threats-'))
    idp = await startMisbehavingProvider()
    api = await startUpstream()
  })
  afterEach(endAll)
  afterAll(async () => {
    await Promise.all([idp.close(), api.close()])
    await rm(folder, { recursive: true })
  })
}

/** A configuration without a fault, for a process that listens there. */
export const whole = (port: number): Record<string, unknown> => ({
  listen: { port },
  origin: `http://localhost:${port}`,
  idp: { issuer: idp.issuer, clientId: 'odd', clientSecret: 'test-secret' },
  secrets: [SECRET],
  store: 'memory:',
  upstreams: { orders: { url: api.url.href } },
  admin: { listen: { port: 0 } },
})

/** Starts one with this configuration. */
export async function run(configuration: unknown, env: Record<string, string> = {}): Promise<Command> {
  const file = join(folder, `${crypto.randomUUID()}.json`)
  await writeFile(file, JSON.stringify(configuration))
  return runIn(folder, ['--config', file], env)
}

/** The port in a line of the log that names an address. */
export const portOf = (line: Record<string, unknown>): number => Number(new URL(String(line['url'])).port)
