/** The session room is compiled on its own, without DOM or Node types: an edge of the outside world is a compile error. */
import { execFile } from 'node:child_process'
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { root } from '../support/source.js'

vi.setConfig({ testTimeout: 30_000 })

const tsc = join(root, 'node_modules/typescript/bin/tsc')

/** Compiles a project. Resolves with the exit code and what was said. */
const compile = (project: string): Promise<{ code: number; said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [tsc, '--pretty', 'false', '-p', project], (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, said: stdout + stderr })
    })
  })

it('compiles', async () => {
  expect(await compile(join(root, 'src/session/tsconfig.json'))).toEqual({ code: 0, said: '' })
})

describe('a copy into which somebody wrote', () => {
  let folder = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-session-'))
    for (const path of ['tsconfig.json', 'src/errors.ts', 'src/session']) {
      await cp(join(root, path), join(folder, path), { recursive: true })
    }
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const compileWith = async (line: string): Promise<{ code: number; said: string }> => {
    await appendFile(join(folder, 'src/session/machine.ts'), `\n${line}\n`)
    return compile(join(folder, 'src/session/tsconfig.json'))
  }

  it('nothing wrong compiles', async () => {
    expect(await compileWith('export const one = Math.max(1, 0)')).toEqual({ code: 0, said: '' })
  })

  it.each([
    ['setTimeout', 'setTimeout(() => initialState, 1_000)'],
    ['fetch', `export const answer = fetch('/bff/session')`],
    ['window', 'export const page = window'],
    ['document', 'export const page = document'],
    ['localStorage', `localStorage.setItem('a', 'b')`],
    ['console', `console.log('here')`],
    ['process', 'export const env = process.env'],
    ['crypto', 'export const id = crypto.randomUUID()'],
  ])('%s does not', async (name, line) => {
    const { code, said } = await compileWith(line)
    expect(code).not.toBe(0)
    expect(said).toMatch(new RegExp(`machine\\.ts.*Cannot find name '${name}'`))
  })
})
