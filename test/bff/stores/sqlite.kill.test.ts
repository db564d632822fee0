import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programOf } from '../../support/program.js'
import { seeded } from '../../support/seeded.js'
import { sessionsIn } from './sqlite-load.js'

const SEED = Number(process.env['TANDEM_SEED'] ?? Date.now() % 1_000_000)
const ROUNDS = 8
const PROCESSES = 2

/** What a session was known to be when its process was killed. */
interface Known {
  count: number
  ending: boolean
  ended: boolean
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-kill-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs the load, and kills it so long after the first session began; every line it had written by then. */
async function killed(path: string, after: number): Promise<string[]> {
  const program = programOf('test/bff/stores/sqlite-load.ts')
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), after))
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const signal = await new Promise((resolve) => child.once('close', (_, by) => resolve(by)))
  expect(signal).toBe('SIGKILL')
  return text.split('\n').slice(0, -1)
}

describe('sessions in SQLite', () => {
  it(`are there after a kill -9, as they were last told to be, whole (seed ${SEED})`, async () => {
    const path = join(folder, 'sessions.db')
    const chance = seeded(SEED)
    const known = new Map<string, Known>()
    for (let round = 0; round < ROUNDS; round++) {
      const loads = Array.from({ length: PROCESSES }, () => killed(path, chance.below(200)))
      for (const line of (await Promise.all(loads)).flat()) {
        const [what, cookie = '', count] = line.split(' ')
        const one = known.get(cookie) ?? { count: 0, ending: false, ended: false }
        known.set(cookie, { ...one, count: Number(count), ...(what?.startsWith('end') && { [what]: true }) })
      }
      const database = new Database(path)
      expect(database.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' })
      database.close()

      const { sessions, store } = sessionsIn(path)
      for (const [cookie, { count, ending, ended }] of known) {
        const lookup = await sessions.find(cookie, 'check')
        if (ended) expect(lookup).toMatchObject({ state: 'ended', endedBy: 'logout' })
        else if (ending) expect(['live', 'ended']).toContain(lookup.state)
        else expect(lookup.state).toBe('live')
        if (lookup.state === 'live') expect(lookup.session.user['count']).toBeGreaterThanOrEqual(count)
      }
      await store.close()
    }
    const all = [...known.values()]
    expect(all.length).toBeGreaterThan(ROUNDS * PROCESSES)
    expect(all.some(({ ended }) => ended)).toBe(true)
  }, 120_000)
})
