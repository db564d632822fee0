/** The declarations of the installed package, checked in outside projects: two compilers, three resolutions, no leniency. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, test } from 'vitest'
import { output } from './output.js'

const app = inject('outside')

const compilers = { 'TypeScript 5.9': 'typescript-5', 'TypeScript 7': 'typescript' }
const resolutions = { bundler: 'esnext', node16: 'node16', nodenext: 'nodenext' }

/** Compiles files of the fixtures; resolves with what the compiler printed. */
async function compile(
  compiler: string,
  resolution: keyof typeof resolutions,
  files: readonly string[],
  types: readonly string[],
  ...options: string[]
): Promise<string> {
  const project = join(app, `tsconfig.${compiler}.${resolution}.${files.length}.json`)
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
    module: resolutions[resolution],
    moduleResolution: resolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    // Those of TypeScript itself need no check of ours.
    skipDefaultLibCheck: true,
    jsx: 'react-jsx',
    noEmit: true,
    types,
  }
  await writeFile(project, JSON.stringify({ compilerOptions, files }))
  const tsc = fileURLToPath(new URL(`../../node_modules/${compiler}/bin/tsc`, import.meta.url))
  return output('node', [tsc, '--project', project, ...options], app)
}

describe.each(Object.entries(compilers))('%s', (_name, compiler) => {
  describe.each(['bundler', 'node16', 'nodenext'] as const)('%s', (resolution) => {
    test('every entry', async () => {
      const files = ['page.ts', 'script.ts', 'react.tsx', 'vue.ts', 'server.ts'].map(
        (file) => `types/${file}`,
      )
      await compile(compiler, resolution, files, ['node'])
    })
  })

  test('the browser entry, without the types of Node', async () => {
    const read = await compile(compiler, 'bundler', ['types/page.ts', 'types/script.ts'], [], '--listFiles')
    expect(read).toContain('tandem-session/dist/types/index.d.ts')
    expect(read).not.toContain('@types/node')
    expect(read).not.toContain('oidc-client-ts')
  })

  test('the BFF, without the types of Node: it runs elsewhere, too', async () => {
    const read = await compile(compiler, 'bundler', ['types/worker.ts'], [], '--listFiles')
    expect(read).toContain('tandem-session/dist/types/bff/index.d.ts')
    expect(read).not.toContain('@types/node')
  })

  test('the guard of ./vue is one of vue-router', async () => {
    // vue-router's own declarations are not clean everywhere; ours were checked above.
    await compile(compiler, 'bundler', ['router/guard.ts'], ['node'], '--skipLibCheck')
  })
})
