/** The installed package in plain Node: its entries and its command. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { output } from './output.js'

const app = inject('outside')
const installed = join(app, 'node_modules/tandem-session')
const read = (path: string): string => readFileSync(join(installed, path), 'utf8')
const { exports, bin } = JSON.parse(read('package.json')) as {
  exports: Record<string, string | { types: string; default: string }>
  bin: Record<string, string>
}
const entries = Object.keys(exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => `tandem-session${entry.slice(1)}`)

/** Runs a module in the outside project; resolves with what it printed. */
const node = (source: string): Promise<string> =>
  output('node', ['--input-type=module', '--eval', source], app)

test.each(entries)('importing %s touches no DOM and needs none', async (entry) => {
  // A global of the DOM that is touched throws; one that is merely looked for is not there.
  const touched = (name: string): string =>
    `Object.defineProperty(globalThis, '${name}', { get() { throw new Error('${name} was touched') } })\n`
  const dom = ['localStorage', 'sessionStorage', 'location', 'history'].map(touched).join('')
  expect(await node(`${dom}await import('${entry}'); console.log('ok')`)).toBe('ok\n')
})

test('a session client can be made in Node, and says that it is loading', async () => {
  const source = `import { bffClient, createSessionClient } from 'tandem-session'
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) })
    console.log((await client.start()).status)`
  expect(await node(source)).toBe('loading\n')
})

test('the command runs, and tells how it is used', async () => {
  expect(await output('npx', ['--no-install', 'tandem-bff', '--help'], app)).toMatch(/--config/)
  expect(read(bin['tandem-bff'] ?? '')).toMatch(/^#!\/usr\/bin\/env node\n/)
  expect(statSync(join(installed, bin['tandem-bff'] ?? '')).mode & 0o111).not.toBe(0)
})

test('every file that package.json names is there, each script with its source map', () => {
  const files = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  )
  for (const file of [...files, 'dist/tandem.global.min.js', 'dist/tandem.oidc.min.js', 'LICENSE']) {
    expect(statSync(join(installed, file)).size).toBeGreaterThan(0)
    if (!file.endsWith('.js')) continue
    const map = /\n\/\/# sourceMappingURL=(.*\.map)\n?$/.exec(read(file))?.[1] ?? 'none'
    const { sources } = JSON.parse(read(join(file, '..', map))) as { sources: string[] }
    expect(sources.some((source) => source.includes('src/'))).toBe(true)
  }
})

test('source maps lead to the source shipped', () => {
  const { sources } = JSON.parse(read('dist/index.js.map')) as { sources: string[] }
  for (const source of sources) expect(statSync(join(installed, 'dist', source)).isFile()).toBe(true)
})
