/** `tandem-bff` on SQLite, killed at any moment while users sign in, step up, renew and log out over HTTP; and started again on the same file. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startApi } from '../../demo/api/index.js'
import { runIn } from '../bff/server-command.js'
import type { Command } from '../bff/server-command.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, DEMO_RESOURCE, startTestIdp } from '../support/idp.js'
import { freePort } from '../support/free-port.js'
import { seeded } from '../support/seeded.js'
import type { Chance } from '../support/seeded.js'
import { killedUser, stateOf } from './killed-users.js'
import type { Known } from './killed-users.js'

const SEED = Number(process.env['TANDEM_SEED'] ?? Date.now() % 1_000_000)
/** How often it is killed. */
const KILLS = Number(process.env['TANDEM_KILLS'] ?? 4)
const USERS = ['alice', 'bob', 'alice', 'bob', 'alice']
/** Sessions to which nothing was done that are looked at again after a kill; all of them after the last one. */
const OLD_ONES = 20

/** A BFF with a provider and an API, that can be killed. */
async function startWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-killed-'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  // A refresh whose answer went down with the process is asked for once more.
  const idp = await startTestIdp({ appOrigins: [url], refreshReuseWindow: 600 })
  const api = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE, tolerance: 10 })
  const configuration = {
    listen: { port },
    origin: url,
    idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET },
    secrets: ['test-secret-of-the-killed-0123456789abcdef'],
    store: 'sqlite:./sessions.db',
    upstreams: { api: { url: `${api.url}/` } },
    rateLimit: false,
  }
  await writeFile(join(folder, 'tandem.config.json'), JSON.stringify(configuration))
  let command: Command | undefined
  const kill = async (): Promise<void> => {
    command?.child.kill('SIGKILL')
    await command?.exit
  }
  onTestFinished(async () => {
    await kill()
    await idp.close()
    await api.close()
    await rm(folder, { recursive: true, force: true })
  })
  return {
    url,
    file: join(folder, 'sessions.db'),
    kill,
    async start() {
      const started = (command = runIn(folder, []))
      const status = async (): Promise<unknown> => (await fetch(`${url}/readyz`)).status
      await expect
        .poll(() => status().catch(() => started.stderr()), { timeout: 20_000, interval: 10 })
        .toBe(200)
    },
  }
}

const keyOf = (cookie: string): string => createHash('sha256').update(cookie).digest('base64url')

/** What changes with everything its user hears of it. */
const markOf = ({ state, accessUntil }: Known): string => `${state} ${accessUntil}`

/** So many of them. */
const some = (list: readonly Known[], count: number, { below }: Chance): Known[] =>
  list.length <= count ? [...list] : Array.from({ length: count }, () => list[below(list.length)]!)

/** What is in the file, while nobody is at work on it: it is sound, and every session is there as a whole. How many there are whose cookie nobody got. */
function examine(file: string, known: readonly Known[]): number {
  const database = new Database(file)
  try {
    expect(database.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' })
    const both = 'SELECT count(*) AS count FROM sessions JOIN tombstones USING (key)'
    expect(database.prepare(both).get()).toMatchObject({ count: 0 })
    const rows = database.prepare('SELECT * FROM sessions').all() as Record<string, unknown>[]
    for (const row of rows) {
      expect(row).toMatchObject({
        key: expect.stringMatching(/^[\w-]{43}$/),
        ref: expect.stringMatching(/^[\w-]{22}$/),
        subject: expect.stringMatching(/^[\w-]{43}$/),
        sealed: expect.stringMatching(/^[\w.-]{500,}$/),
      })
      expect(row['expires_at']).toBeGreaterThan(Number(row['used_at']))
    }
    const keys = new Set(known.map(({ cookie }) => keyOf(cookie)))
    return rows.filter(({ key }) => !keys.has(String(key))).length
  } finally {
    database.close()
  }
}

describe('tandem-bff on SQLite', () => {
  it(
    `is killed at any moment: who was told to be signed in is, who was told to be logged out is, and nothing is there by halves (seed ${SEED}, ${KILLS} kills)`,
    async () => {
      const world = await startWorld()
      const chance = seeded(SEED)
      const users = USERS.map((name) => killedUser(world.url, name, chance.fork()))
      const all = (): Known[] => users.flatMap(({ sessions }) => sessions)
      await world.start()
      for (let round = 1; round <= KILLS; round++) {
        const before = new Map(all().map((one) => [one, markOf(one)]))
        // Right after an answer, or at any other moment.
        const [deeds, wait] = [chance.below(20), chance.happens(0.5) ? 0 : chance.below(40)]
        let answered = 0
        let enough = (): void => {}
        const underLoad = new Promise<void>((resolve) => (enough = resolve))
        const load = users.map((user) => user.goOn(() => void (++answered > deeds && enough())))
        // Whoever finds something wrong ends the wait, too.
        await Promise.race([underLoad, ...load])
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
        await world.kill()
        await Promise.all(load)

        const orphans = examine(world.file, all())
        expect(orphans).toBeLessThanOrEqual(USERS.length * round)
        await world.start()
        const touched = all().filter((one) => before.get(one) !== markOf(one))
        const others = all().filter((one) => !touched.includes(one))
        const looked = round === KILLS ? others : some(others, OLD_ONES, chance)
        for (const session of [...touched, ...looked]) {
          const now = await stateOf(world.url, session)
          if (session.state === 'live') expect(now).toBe('live')
          if (session.state === 'ended' || now !== 'live')
            expect(now).toEqual({ endedBy: expect.stringMatching(/^(logout|replaced)$/) })
          // Nobody is at work on it any more.
          session.state = now === 'live' ? 'live' : 'ended'
        }
      }
      expect(all().length).toBeGreaterThan(KILLS)
    },
    60_000 + KILLS * 10_000,
  )
})
