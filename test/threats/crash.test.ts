/** A process that is killed, or told to stop, with an answer of the provider on its way. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { endAll, runIn } from '../bff/server-command.js'
import type { Command } from '../bff/server-command.js'
import { startUpstream } from '../bff/upstream/upstream-server.js'
import { startMisbehavingProvider } from '../support/misbehaving-provider.js'
import { freePort } from '../support/free-port.js'
import { Visitor } from './visitor.js'
import { eventually } from './wire.js'
import type { WireAnswer } from './wire.js'

/** Two processes of one application over one file, a provider whose access tokens live for 2 s, and a browser that is signed in. */
async function crew() {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-crash-'))
  const idp = await startMisbehavingProvider({ accessTokenLifetime: 2, expiresIn: 2 })
  const api = await startUpstream()
  onTestFinished(async () => {
    endAll()
    await Promise.all([idp.close(), api.close()])
    await rm(folder, { recursive: true })
  })
  const [port, other] = [await freePort(), await freePort()]
  const origin = `http://localhost:${port}`
  const run = async (at: number): Promise<Command> => {
    const configuration = {
      listen: { port: at },
      origin,
      idp: { issuer: idp.issuer, clientId: 'odd', clientSecret: 'test-secret' },
      secrets: ['test-secret-of-thirty-two-letters-and-more'],
      store: 'sqlite:./sessions.db',
      upstreams: { orders: { url: api.url.href } },
    }
    await writeFile(join(folder, `${at}.json`), JSON.stringify(configuration))
    const command = runIn(folder, ['--config', `${at}.json`])
    await command.logged('listening on')
    return command
  }
  const [first] = await Promise.all([run(port), run(other)])
  const alice = new Visitor(port, origin)
  await alice.signIn()
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
  const refreshes = () => idp.tokenCalls.filter(({ grant_type }) => grant_type === 'refresh_token')
  return {
    ...{ idp, api, first, alice, refreshes },
    second: alice.at({ port: other }),
    /** Calls until the provider has rotated, and not answered; the call that waits. */
    async untilRotated(): Promise<WireAnswer> {
      for (;;) {
        const call = alice.call('/bff/api/orders/2')
        const rotated = (): boolean => refreshes().some(({ status }) => status === 200)
        const answered = call.then((answer) => answer.status === 200 && refreshes().length === 0)
        if (await Promise.race([answered, eventually(rotated, 20_000).then(() => false)])) continue
        return call
      }
    },
  }
}

it(
  'T38 kill -9 between the answer of the provider and the store: the other process asks once, and signing in helps',
  { timeout: 90_000 },
  async () => {
    const { idp, api, first, second, refreshes, untilRotated } = await crew()
    // The provider rotates: what the first process never writes is the only token that is worth something.
    idp.traits.tokensWait = new Promise(() => {})
    void untilRotated().catch(() => {})
    expect(await eventually(() => refreshes().some(({ status }) => status === 200), 20_000)).toBe(true)
    first.child.kill('SIGKILL')
    await first.exit
    idp.traits.tokensWait = null
    const passed = api.received.length

    const answers = await Promise.all([1, 2, 3].map((i) => second.call(`/bff/api/orders/${i}`)))
    for (const answer of answers)
      expect([answer.status, answer.json()['ended_by']]).toEqual([401, 'refresh_lost'])
    expect(refreshes().map(({ status }) => status)).toEqual([200, 400])
    expect((await second.call('/bff/api/orders/4')).status).toBe(401)
    expect(refreshes()).toHaveLength(2)
    expect(api.received.length).toBe(passed)
    expect((await second.signIn()).header('location')).toBe('/app')
    expect((await second.call('/bff/api/orders/5')).status).toBe(200)
  },
)

it(
  'T107 a stop while the provider is asked: its answer is waited for and kept, and the other process goes on with it',
  { timeout: 90_000 },
  async () => {
    const { idp, first, second, refreshes, untilRotated } = await crew()
    let answer = (): void => {}
    idp.traits.tokensWait = new Promise((resolve) => (answer = resolve))
    const call = untilRotated()
    expect(await eventually(() => refreshes().some(({ status }) => status === 200), 20_000)).toBe(true)
    first.child.kill('SIGTERM')
    await first.logged('stopping')
    answer()
    idp.traits.tokensWait = null
    expect((await call).status).toBe(200)
    expect(await first.exit).toBe(0)
    for (const until = Date.now() + 20_000; refreshes().length < 2 && Date.now() < until;)
      expect((await second.call('/bff/api/orders/3')).status).toBe(200)
    expect(refreshes().map(({ status }) => status)).toEqual([200, 200])
  },
)
