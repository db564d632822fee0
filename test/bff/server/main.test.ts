import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { main } from '../../../src/bff/server/main.js'
import { freePort } from '../../support/free-port.js'

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

describe('what is only found on the disk', () => {
  it('is told by --check as by the start, with all that is wrong beside it, and nothing is made', async () => {
    const at = await mkdtemp(join(folder, 'disk-'))
    await mkdir(join(at, 'public'))
    await writeFile(join(at, 'public', 'index.html'), '<!doctype html>')
    const file = join(at, 'broken.json')
    const broken = {
      ...{ ...configuration, listen: { port: 8080 }, admin: { listen: { port: 8080 } }, secrets: ['short'] },
      store: 'sqlite:./public',
      static: { folder: './public', nonce: '__CSP_NONCE__' },
      upstreams: { '../x': { url: 'x' } },
    }
    await writeFile(file, JSON.stringify(broken))
    const before = await readdir(at, { recursive: true })
    const tried = [await command(['--config', file, '--check']), await command(['--config', file])]
    expect(tried[1]).toEqual(tried[0])
    expect([tried[0]?.code, tried[0]?.out]).toEqual([1, ''])
    expect(tried[0]?.err.split('\n').map((line) => line.split(': ', 1)[0])).toEqual([
      'tandem-bff cannot start:',
      ...['  idp.clientSecret', '  secrets[0]', '  upstreams.../x', '  upstreams.../x.url'],
      ...['  admin.listen.port', '  store', '  static.nonce', ''],
    ])
    expect(await readdir(at, { recursive: true })).toEqual(before)
  })

  it('but a store that only opening finds broken is told by the start', async () => {
    const file = join(folder, 'torn.json')
    await writeFile(file, JSON.stringify({ ...configuration, store: 'sqlite:./torn.db' }))
    // A head of SQLite's, and nothing that belongs to it.
    await writeFile(join(folder, 'torn.db'), `SQLite format 3\0${'\0'.repeat(500)}`)
    const env = { CLIENT_SECRET: 'x' }
    expect(await command(['--config', file, '--check'], env)).toMatchObject({ code: 0 })
    expect(await command(['--config', file], env)).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^tandem-bff cannot start:\n {2}store: The session store .*torn\.db cannot be opened: .+\n$/,
      ),
    })
  })
})

describe('ports', () => {
  async function taken(): Promise<number> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
    return (server.address() as AddressInfo).port
  }

  it('that others have are told with their listeners, both at once, and nothing goes on listening', async () => {
    const [one, other, free] = [await taken(), await taken(), await freePort()]
    const file = join(folder, 'ports.json')
    const starting = async (port: number, admin: number) => {
      const at = { listen: { port }, admin: { listen: { port: admin } } }
      await writeFile(file, JSON.stringify({ ...configuration, ...at }))
      return command(['--config', file], { CLIENT_SECRET: 'x' })
    }
    const line = (option: string, port: number): string =>
      `  ${option}: cannot listen on 127.0.0.1:${port}: another process listens there. Choose another port, or end that process.\n`
    const says = (...lines: string[]) => ({
      code: 1,
      out: '',
      err: `tandem-bff cannot start:\n${lines.join('')}`,
    })
    expect(await starting(one, 0)).toEqual(says(line('listen.port', one)))
    expect(await starting(0, other)).toEqual(says(line('admin.listen.port', other)))
    expect(await starting(one, other)).toEqual(
      says(line('listen.port', one), line('admin.listen.port', other)),
    )
    // The app's listener was there for a moment, and is let go of: it can be had again.
    expect(await starting(free, other)).toEqual(says(line('admin.listen.port', other)))
    const again = createServer()
    await new Promise<void>((resolve, reject) => {
      again.once('error', reject)
      again.listen(free, '127.0.0.1', resolve)
    })
    await new Promise((resolve) => again.close(resolve))
  })

  it('of addresses that this machine has not are told by the host', async () => {
    const file = join(folder, 'hosts.json')
    await writeFile(
      file,
      JSON.stringify({ ...configuration, admin: { listen: { host: '192.0.2.1', port: 0 } } }),
    )
    expect(await command(['--config', file], { CLIENT_SECRET: 'x' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ {2}admin\.listen\.host: cannot listen on 192\.0\.2\.1:0: /m),
    })
  })
})
