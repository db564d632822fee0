import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { beginLog } from '../../../src/bff/stores/sqlite-log.js'
import { programOf } from '../../support/program.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-log-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function open(name: string): Database.Database {
  const database = new Database(join(folder, name))
  onTestFinished(() => void database.close())
  return database
}

/** A process that opens what it is told to; what it said of each. */
async function opener(): Promise<(path: string) => Promise<unknown>> {
  const child = spawn(process.execPath, [programOf('test/bff/stores/sqlite-open.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.stdin.end())
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const said = async (): Promise<unknown> => (await lines.next()).value
  expect(await said()).toBe('ready')
  return (path) => {
    child.stdin.write(`${path}\n`)
    return said()
  }
}

describe('the log of a SQLite file', () => {
  it('is there from now on, and beginning it again changes nothing', () => {
    const database = open('once.db')
    beginLog(database, 0)
    beginLog(database, 0)
    expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' })
  })

  it('is begun by processes that open a new file at the same time, and all of them can write', async () => {
    const openers = await Promise.all([opener(), opener(), opener()])
    for (let round = 0; round < 20; round++) {
      const path = join(folder, `together-${round}.db`)
      expect(await Promise.all(openers.map((opens) => opens(path)))).toEqual(['opened', 'opened', 'opened'])
    }
  })

  it('is tried for as long as it was told to, and then SQLite says why', () => {
    open('held.db').exec('BEGIN EXCLUSIVE')
    const times = [0, 10, 19, 20, 21]
    const clock = (): number => times.shift() ?? Infinity
    expect(() => beginLog(open('held.db'), 20, clock)).toThrow(/locked/)
    expect(times).toEqual([21])
  })

  it('is not tried again where something else is in the way', () => {
    const database = open('closed.db')
    database.close()
    expect(() => beginLog(database, Infinity)).toThrow(/not open/)
  })
})
