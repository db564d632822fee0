/** What a configuration names on the disk: told with all else that is wrong, and left as it is. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkConfiguration, validateConfiguration } from '../../src/bff/configuration.js'
import { ConfigurationError } from '../../src/errors.js'

const nonce = '__CSP_NONCE__'
const valid = {
  origin: 'https://app.example.com',
  idp: { issuer: 'https://idp.example.com', clientId: 'bff', clientSecret: 'test-client-secret' },
  secrets: ['test-secret-of-thirty-two-letters'],
}

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-disk-'))
  await mkdir(join(folder, 'public'))
  await mkdir(join(folder, 'empty'))
  await writeFile(join(folder, 'public', 'index.html'), '<!doctype html><title>app</title>')
})
afterEach(() => rm(folder, { recursive: true }))

/** The lines of the refusal. */
function refusal(given: object): string[] {
  try {
    checkConfiguration({ ...valid, ...given }, {}, folder)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n')
    throw error
  }
  throw new Error('nothing was refused')
}
const optionsIn = (lines: readonly string[]): (string | undefined)[] =>
  lines.map((line) => line.split(': ', 1)[0])

describe('what is on the disk', () => {
  it('is looked at, and nothing is made', async () => {
    const before = await readdir(folder, { recursive: true })
    const read = checkConfiguration({ ...valid, static: './public' }, {}, folder)
    expect(read).toMatchObject({
      store: `sqlite:${folder}/sessions.db`,
      static: join(folder, 'public'),
    })
    expect(await readdir(folder, { recursive: true })).toEqual(before)
  })

  it('is not looked at for its own sake', () => {
    const elsewhere = { ...valid, store: 'sqlite:./none/s.db', static: './none' }
    expect(validateConfiguration(elsewhere, {})).toMatchObject({ static: './none' })
    for (const store of ['memory:', 'sqlite::memory:', 'redis://127.0.0.1:1'])
      expect(checkConfiguration({ ...valid, store }, {}, folder).store).toBe(store)
  })

  it('is told at once with all that is wrong by itself or with something else', () => {
    const lines = refusal({
      ...{ origin: 'nowhere', secrets: [], statik: 1 },
      store: 'sqlite:./none/s.db',
      static: { folder: './public', nonce, headers: { 'X-Frame-Options': 'ALLOW' } },
      ...{ listen: { port: 3000 }, admin: { listen: { port: 3000 } } },
      upstreams: { 'a/b': { url: 'x', timeout: -1 } },
    })
    expect(optionsIn(lines)).toEqual([
      ...['statik', 'origin', 'secrets', 'upstreams.a/b', 'upstreams.a/b.url', 'upstreams.a/b.timeout'],
      ...['static.headers.X-Frame-Options', 'admin.listen.port', 'store', 'static.nonce'],
    ])
  })

  it('is told beside what is wrong with a preset', () => {
    const lines = refusal({ preset: 'mosaic', idp: { region: 'mars', clientId: 'x' }, static: './none' })
    expect(optionsIn(lines)).toEqual(['idp.region', 'idp.clientSecret', 'static'])
  })

  it('is told by the name of its option alone', () => {
    expect(refusal({ static: './none' })).toEqual([
      `static: there is no folder ${folder}/none. Create it, or leave the option out.`,
    ])
    expect(optionsIn(refusal({ static: './public/index.html' }))).toEqual(['static'])
    expect(optionsIn(refusal({ static: './empty' }))).toEqual(['static'])
    expect(optionsIn(refusal({ static: { folder: './empty', nonce } }))).toEqual(['static.nonce'])
    expect(refusal({ store: 'sqlite:./public' })).toEqual([
      `store: cannot be opened: ${folder}/public is a folder. Name a file in it.`,
    ])
    // What is wrong by itself is not looked for.
    expect(optionsIn(refusal({ store: 'sqlite:' }))).toEqual(['store'])
    expect(optionsIn(refusal({ static: { folder: 5, nonce } }))).toEqual(['static.folder'])
  })

  it('by default, too', async () => {
    await mkdir(join(folder, 'sessions.db'))
    expect(refusal({})).toEqual([
      `store: cannot be opened (it is sqlite:./sessions.db where nothing is said): ${folder}/sessions.db is a folder. Name a file in it.`,
    ])
  })
})
