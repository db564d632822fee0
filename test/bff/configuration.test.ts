import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfiguration, validateConfiguration } from '../../src/bff/configuration.js'

const valid = {
  origin: 'https://app.example.com',
  idp: { issuer: 'https://idp.example.com', clientId: 'bff', clientSecret: 'env:CLIENT_SECRET' },
  secrets: ['env:SESSION_SECRET'],
}
const env = { CLIENT_SECRET: 'test-client-secret', SESSION_SECRET: 'test-secret-of-thirty-two-letters' }

describe('the environment', () => {
  it('is read wherever a value is "env:NAME"', () => {
    const { idp, secrets } = validateConfiguration(valid, env)
    expect(idp.clientSecret).toBe(env.CLIENT_SECRET)
    expect(secrets).toEqual([env.SESSION_SECRET])
  })

  it('is read for the timeouts of slow clients, and what is no time is named', () => {
    const timeouts = { head: 'env:HEAD', idle: 75 }
    expect(validateConfiguration({ ...valid, timeouts }, { ...env, HEAD: '5' }).timeouts).toEqual({
      head: 5,
      idle: 75,
    })
    const wrong = { ...valid, timeouts: { head: 0, request: '5m', stalled: 86_401, stalls: 1 } }
    expect(() => validateConfiguration(wrong, env)).toThrow(
      /(?=.*timeouts\.head: )(?=.*timeouts\.request: )(?=.*timeouts\.stalled: )(?=.*timeouts\.stalls: is not an option here)/s,
    )
  })

  it('becomes a number or boolean where one is due', () => {
    const configuration = validateConfiguration(
      {
        ...valid,
        listen: { host: 'env:HOST', port: 'env:PORT' },
        idp: { ...valid.idp, idTokenHint: 'env:HINT' },
        session: { idle: 'env:IDLE', bindTo: { userAgent: 'env:BIND' } },
        upstreams: { orders: { url: 'env:ORDERS', timeout: 'env:TIMEOUT', require: { maxAge: 'env:IDLE' } } },
        mediateTokens: 'env:MEDIATE',
      },
      {
        ...env,
        HOST: '0.0.0.0',
        PORT: '8080',
        HINT: 'false',
        IDLE: '60',
        BIND: 'false',
        ORDERS: 'http://127.0.0.1:4100/',
        TIMEOUT: '2.5',
        MEDIATE: '1',
      },
    )
    expect(configuration).toMatchObject({
      listen: { host: '0.0.0.0', port: 8080 },
      idp: { idTokenHint: false },
      session: { idle: 60, bindTo: { userAgent: false } },
      upstreams: { orders: { url: 'http://127.0.0.1:4100/', timeout: 2.5, require: { maxAge: 60 } } },
      mediateTokens: true,
    })
  })

  it('is asked for by name where it lacks, and for every option that needs it', () => {
    const refused = (): unknown => validateConfiguration(valid, { CLIENT_SECRET: '' })
    expect(refused).toThrow(/^idp\.clientSecret: the environment variable CLIENT_SECRET is empty/m)
    expect(refused).toThrow(/^secrets\[0\]: the environment variable SESSION_SECRET is not set/m)
  })

  it('that holds nonsense is blamed by name', () => {
    const configuration = { ...valid, listen: { port: 'env:PORT' }, mediateTokens: 'env:MEDIATE' }
    const refused = (): unknown =>
      validateConfiguration(configuration, { ...env, PORT: 'http', MEDIATE: 'maybe' })
    expect(refused).toThrow(/^listen\.port: is "http" \(it comes from the environment variable PORT\)/m)
    expect(refused).toThrow(/^mediateTokens: is "maybe" \(it comes from the environment variable MEDIATE\)/m)
    expect(() => validateConfiguration(valid, { ...env, SESSION_SECRET: 'hunter-test' })).toThrow(
      /^secrets\[0\]: has 11 characters, 32 are needed \(it comes from the environment variable SESSION_SECRET\)/,
    )
  })
})

describe('options of the command', () => {
  it.each<[string, unknown, RegExp]>([
    ['listen', 3000, /^listen: is 3000. Write an object/],
    ['listen', { port: 70_000 }, /^listen\.port: is 70000. Write a port/],
    ['listen', { port: '3000' }, /^listen\.port: is "3000"/],
    ['listen', { host: '' }, /^listen\.host: is empty/],
    ['listen', { hots: 'x' }, /^listen\.hots: is not an option here. Did you mean "host"\?/],
    ['static', true, /^static: is true, not a text. Write the folder.*, or an object such as \{ "folder"/],
    ['rateLimit', true, /^rateLimit: is true. Write false, or an object such as \{ "login"/],
    ['static', { folder: './public', headrs: {} }, /^static\.headrs: .*Did you mean "headers"\?/],
    ['admin', {}, /^admin\.listen: is missing/],
    ['admin', { listen: {} }, /^admin\.listen\.port: is missing/],
    ['preset', 'mozaic', /^preset: is "mozaic"\. Write "mosaic"/],
    ['log', console, /^log: is not an option here/],
  ])('%s: %j', (option, value, says) => {
    expect(() => validateConfiguration({ ...valid, [option]: value }, env)).toThrow(says)
  })
})

describe('the file', () => {
  let folder = ''
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'tandem-configuration-'))))
  afterAll(() => rm(folder, { recursive: true }))

  const written = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }

  it('is JSON; its relative paths are relative to it', async () => {
    const file = await written(
      'a.json',
      JSON.stringify({ ...valid, static: './public', store: 'sqlite:./s.db' }),
    )
    await mkdir(join(folder, 'public'))
    await writeFile(join(folder, 'public', 'index.html'), '')
    const configuration = await readConfiguration(file, env)
    expect(configuration.static).toBe(join(folder, 'public'))
    const object = { ...valid, static: { folder: 'public', immutable: ['/assets/'] } }
    expect((await readConfiguration(await written('o.json', JSON.stringify(object)), env)).static).toEqual({
      folder: join(folder, 'public'),
      immutable: ['/assets/'],
    })
    expect(configuration.store).toBe(`sqlite:${join(folder, 's.db')}`)
    expect((await readConfiguration(await written('b.json', JSON.stringify(valid)), env)).store).toBe(
      `sqlite:${join(folder, 'sessions.db')}`,
    )
  })

  it('may begin with the mark that some editors write', async () => {
    const file = await written('mark.json', `\uFEFF${JSON.stringify(valid)}`)
    expect((await readConfiguration(file, env)).origin).toBe(valid.origin)
  })

  it('or a module', async () => {
    const file = await written(
      'a.mjs',
      `export default { ...${JSON.stringify(valid)}, store: 'memory:', session: { idle: 10 * 60 } }`,
    )
    expect(await readConfiguration(file, env)).toMatchObject({ store: 'memory:', session: { idle: 600 } })
  })

  it('that cannot be read is named, with what to do, and not quoted', async () => {
    await expect(readConfiguration(join(folder, 'none.json'), env)).rejects.toThrow(
      /--config: .*none\.json cannot be read: there is no such file\..*tandem\.config\.json or tandem\.config\.mjs/,
    )
    await expect(
      readConfiguration(await written('c.json', '{ "secrets": ["hunter-test" }'), env),
    ).rejects.toThrow(/c\.json cannot be read: (?!.*hunter).*Write a JSON object/)
    await expect(readConfiguration(await written('b.mjs', 'export const x = 1'), env)).rejects.toThrow(
      /no default export/,
    )
    await expect(readConfiguration(await written('c.mjs', 'throw new Error("lost")'), env)).rejects.toThrow(
      /lost/,
    )
  })

  it.each([
    ['null.json', 'null', 'null'],
    ['list.json', '[1]', 'a list'],
    ['text.json', '"hunter-test"', 'a string'],
    ['null.mjs', 'export default null', 'null'],
    ['call.mjs', 'export default () => ({})', 'a function'],
  ])('%s that holds %s is named, with what a configuration is', async (name, content, kind) => {
    const file = await written(name, content)
    await expect(readConfiguration(file, env)).rejects.toThrow(
      `--config: ${file} holds ${kind}, and no configuration. Write an object with origin, idp and secrets at least.`,
    )
  })
})
