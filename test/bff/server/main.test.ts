import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../../src/bff/server/main.js'

let folder = ''
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'tandem-main-'))))
afterAll(() => rm(folder, { recursive: true }))

/** Runs the command in this process; what it wrote and its exit code. */
async function command(argv: readonly string[], env: Record<string, string> = {}) {
  const text = { out: '', err: '' }
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        text[name] += String(chunk)
        done()
      },
    })
  const code = await main({
    argv,
    env,
    version: '1.2.3',
    stdout: into('out'),
    stderr: into('err'),
    onStop: (stop) => stop(),
  })
  return { code, ...text }
}

const configuration = {
  listen: { port: 0 },
  origin: 'http://localhost:3000',
  idp: { issuer: 'http://localhost:4000', clientId: 'bff', clientSecret: 'env:CLIENT_SECRET' },
  secrets: ['test-secret-of-thirty-two-letters'],
  store: 'memory:',
}

describe('the command', () => {
  it('answers what it is and what it can', async () => {
    expect(await command(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' })
    expect(await command(['--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('--check'),
      err: '',
    })
  })

  it('starts, and ends with 0 once it is asked to', async () => {
    const file = join(folder, 'good.json')
    await writeFile(file, JSON.stringify({ ...configuration, admin: { listen: { port: 0 } } }))
    expect(await command(['--config', file], { CLIENT_SECRET: 'x' })).toMatchObject({ code: 0, err: '' })
  })

  it('checks what is in the folder of files, too, as it does at a start', async () => {
    await mkdir(join(folder, 'public'))
    await writeFile(join(folder, 'public', 'index.html'), '<!doctype html>')
    for (const [given, wrong] of [
      ['./public', null],
      ['./none', '  static: there is no folder '],
      [{ folder: './public', nonce: '__CSP_NONCE__' }, '  static.nonce: stands nowhere in '],
    ] as const) {
      const file = join(folder, 'files.json')
      await writeFile(file, JSON.stringify({ ...configuration, static: given }))
      for (const argv of [
        ['--check', '--config', file],
        ['--config', file],
      ]) {
        const { code, err } = await command(argv, { CLIENT_SECRET: 'x' })
        expect([code, err]).toEqual([
          wrong === null ? 0 : 1,
          wrong === null ? '' : expect.stringContaining(wrong),
        ])
      }
    }
  })

  it('says all that is wrong in one block, indented, and ends with 1', async () => {
    const file = join(folder, 'bad.json')
    await writeFile(file, JSON.stringify({ ...configuration, origin: 'http://app.example.com', statik: 'x' }))
    const { code, out, err } = await command(['--config', file])
    expect([code, out]).toEqual([1, ''])
    expect(err.split('\n')).toEqual([
      'tandem-bff cannot start:',
      '  statik: is not an option here. Did you mean "static"?',
      expect.stringMatching(/^ {2}origin: /),
      expect.stringMatching(/^ {2}idp\.clientSecret: the environment variable CLIENT_SECRET is not set/),
      '',
    ])
  })
})
