/** Apps outside of the repository, bundled with the packed package by each bundler, and run. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { bundlers } from './bundles.js'
import { output } from './output.js'

const app = inject('outside')

/** Modules that only a login needs. */
const engine = (modules: readonly string[]): string[] =>
  modules.filter((path) => /oidc-client-ts|tandem-session\/dist\/oidc\.js/.test(path))

const rendered = {
  bff: /^loading$/,
  browser: /^loading$/,
  react: /<b>loading<\/b>.*<i>please wait<\/i>/,
  vue: /<b>loading<\/b>.*<i>please wait<\/i>/,
}

describe.each(Object.entries(bundlers))('%s', (name, bundle) => {
  test.each(Object.entries(rendered))('bundles the %s app, which runs', async (kind, expected) => {
    const out = join(app, 'out', name, kind)
    await mkdir(out, { recursive: true })
    const { entry, eager, lazy } = await bundle(app, join(app, 'apps', `${kind}.js`), out)

    expect(eager.some((path) => path.includes('tandem-session/dist/'))).toBe(true)
    expect(engine(eager)).toEqual([])
    expect(engine(lazy).length).toBe(kind === 'browser' ? 2 : 0)

    // React's renderer leaves a MessageChannel open, which would keep Node running.
    const run = `const { html } = await import('${entry}'); console.log(await html()); process.exit()`
    const printed = await output('node', ['--input-type=module', '--eval', run], app)
    expect(printed.trim()).toMatch(expected)
    expect(printed).not.toContain('members only')
  })
})
