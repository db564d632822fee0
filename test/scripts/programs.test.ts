import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { findChromium, launchOptions } from '../../scripts/chromium.mjs'
import { ensure } from '../../scripts/programs.mjs'
import { which } from '../../scripts/which.mjs'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-which-'))
  vi.stubEnv('PATH', folder)
  vi.stubEnv('CHROMIUM_PATH', '')
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function program(name: string, mode = 0o755): string {
  const path = join(folder, name)
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, mode)
  return path
}

describe('finding a program', () => {
  test('by its name in PATH, the first of the names first', () => {
    const [a, b] = [program('a'), program('b')]
    expect(which(['b', 'a'])).toBe(b)
    expect(which(['c', 'a'])).toBe(a)
  })

  test('by its path', () => {
    vi.stubEnv('PATH', '')
    expect(which([program('a')])).toBe(join(folder, 'a'))
  })

  test('not a folder of that name, nor where there is none', () => {
    mkdirSync(join(folder, 'a'))
    expect(which(['a', 'b', join(folder, 'c')])).toBeUndefined()
  })
})

describe('finding Chromium', () => {
  test('in PATH', () => {
    const path = program('chromium-browser')
    expect(findChromium()).toBe(path)
    expect(launchOptions({ args: ['--lang=de'] })).toMatchObject({
      executablePath: path,
      args: expect.arrayContaining(['--lang=de']),
    })
  })

  test('where CHROMIUM_PATH says, and nowhere else', () => {
    program('chromium')
    vi.stubEnv('CHROMIUM_PATH', join(folder, 'mine'))
    expect(findChromium()).toBeUndefined()
    expect(() => launchOptions()).toThrow(/apt-get install chromium/)
    program('mine')
    expect(findChromium()).toBe(join(folder, 'mine'))
  })
})

describe('what a test run needs', () => {
  const needed = (find: () => string | undefined) => [
    { name: 'Thing', debian: 'thing-package', variable: 'THING_PATH', find },
  ]

  test('nothing is to be done where it is there', async () => {
    expect(await ensure(needed(() => '/usr/bin/thing'))).toEqual([])
  })

  test('what is missing is installed by apt-get, its lists fetched first', async () => {
    // As root it is called as it is, for others by sudo: here one that lets everybody.
    const script = (name: string, text: string) => writeFileSync(program(name), `#!/bin/sh\n${text}\n`)
    script('apt-get', `echo "$@" >> '${folder}/log'; [ "$1" = update ] || : > '${folder}/thing'`)
    script('sudo', 'shift; [ "$1" = true ] || exec "$@"')

    const there = () => (existsSync(join(folder, 'thing')) ? 'thing' : undefined)
    expect(await ensure(needed(there))).toEqual([])
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe(
      'update\ninstall --yes --no-install-recommends thing-package\n',
    )
  })

  test('without apt-get, it says what to install', async () => {
    const [missing] = await ensure(needed(() => undefined))
    expect(missing).toMatch(/Thing is needed.*apt-get install thing-package.*THING_PATH/)
  })
})
