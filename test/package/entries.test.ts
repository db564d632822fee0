/** The installed package in plain Node: its entries and its command. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { output } from './output.js'

const app = inject('outside')
const installed = join(app, 'node_modules/tandem-session')
const read = (path: string): string => readFileSync(join(installed, path), 'utf8')
const { exports, bin, unpkg, jsdelivr } = JSON.parse(read('package.json')) as {
  exports: Record<string, string | { types: string; default: string }>
  bin: Record<string, string>
  unpkg: string
  jsdelivr: string
}

interface SourceMap {
  sources: string[]
  sourcesContent?: (string | null)[]
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

test('every file that package.json names is there', () => {
  const files = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  )
  for (const file of [...files, unpkg, jsdelivr, 'dist/tandem.oidc.min.js', 'LICENSE', 'README.md'])
    expect(statSync(join(installed, file)).size).toBeGreaterThan(0)
})

test('every script has its source map, which leads to sources that are shipped', () => {
  const scripts = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => join('dist', file))
  expect(scripts.length).toBeGreaterThan(10)
  for (const script of scripts) {
    const named = /\n\/\/# sourceMappingURL=(.*\.map)\n?$/.exec(read(script))?.[1]
    const map = join(dirname(script), named ?? `${script} names no source map`)
    const { sources, sourcesContent } = JSON.parse(read(map)) as SourceMap
    const missing = sources.filter((source) => !existsSync(join(installed, dirname(map), source)))
    // The script-tag build carries its sources along: those of its dependencies are elsewhere.
    expect(sourcesContent?.length ?? 0).toBe(script.includes('tandem.') ? sources.length : 0)
    if (!script.includes('tandem.')) expect(missing).toEqual([])
  }
})
