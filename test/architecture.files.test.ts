/** The files of the house (docs/architecture.md): what they name, how big they may be, and that each is tested. Reads all of src. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { filesIn, importsOf, root, source, withoutComments } from './support/source.js'
import type { SourceFile } from './support/source.js'

const files = source()

describe('names', () => {
  /** Names that a room does not use: time, chance, the network and the page are given to it. */
  const foreign: Record<string, RegExp> = {
    session:
      /\b(Date|performance|Math\.random|crypto|setTimeout|setInterval|queueMicrotask|Promise|async|fetch|window|document|self|globalThis|navigator|location|localStorage|sessionStorage|process|console)\b/g,
    oidc: /\b(window|document|setTimeout|setInterval|Date\.now|Math\.random|localStorage|sessionStorage|navigator)\b/g,
    client:
      /\b(window|document|setTimeout|setInterval|Date\.now|Math\.random|localStorage|sessionStorage|navigator)\b/g,
    react:
      /\b(window|document|setTimeout|setInterval|Date\.now|Math\.random|localStorage|sessionStorage|navigator)\b/g,
    vue: /\b(window|document|setTimeout|setInterval|Date\.now|Math\.random|localStorage|sessionStorage|navigator)\b/g,
  }
  const withoutStrings = (code: string): string =>
    code.replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''")

  it.each(Object.entries(foreign))('%s names no edge of the outside world', (room, names) => {
    const named = files
      .filter((file) => file.room === room)
      .flatMap(({ path, code }) =>
        [...withoutStrings(code).matchAll(names)].map(([name]) => `src/${path}: ${name}`),
      )
    expect(named).toEqual([])
  })
})

describe('size', () => {
  it('no file is longer than 250 lines', () => {
    expect(
      files.filter(({ lines }) => lines > 250).map(({ name, lines }) => `src/${name}: ${lines}`),
    ).toEqual([])
  })

  it.each(['test', 'demo', 'scripts'])('no file of %s/ is either', (folder) => {
    const own = filesIn(folder, /\.(m?[jt]sx?|vue|css)$/).filter((name) => !/(^|\/)node_modules\//.test(name))
    expect(own.length).toBeGreaterThan(5)
    const lengths = own.map((name) => {
      const text = readFileSync(join(root, folder, name), 'utf8')
      return [`${folder}/${name}`, text.replace(/\n$/, '').split('\n').length] as const
    })
    expect(lengths.filter(([, lines]) => lines > 250)).toEqual([])
  })

  it('the median is near 80', ({ annotate }) => {
    const lengths = files.map(({ lines }) => lines).sort((one, two) => one - two)
    const median = lengths[Math.floor(lengths.length / 2)] ?? 0
    void annotate(`${files.length} files, median ${median} lines, longest ${lengths.at(-1)}`)
    expect(median).toBeGreaterThan(30)
    expect(median).toBeLessThan(130)
  })
})

describe('tests mirror the source', () => {
  /** Tested where it runs, and not by a test of its name. Files with nothing to run (types, re-exports) need no line here. */
  const elsewhere: Record<string, string> = {
    global: 'test/package: the script-tag build, loaded by a script tag',
    'global-engine': 'test/package: the script-tag build, loaded by a script tag',
  }
  const hasCodeToRun = async ({ name, text }: SourceFile): Promise<boolean> => {
    const { code } = await transform(text, { loader: name.endsWith('x') ? 'tsx' : 'ts' })
    return code.replaceAll(/(import|export) (\*|\{[^}]*\}) from "[^"]*";/g, '').trim() !== ''
  }

  it('every file with something to run has a test of its name, or one that takes it in hand itself', async ({
    annotate,
  }) => {
    const tests = filesIn('test', /\.test\.tsx?$/)
    const named = new Set(tests.map((name) => name.replace(/(\.[a-z-]+)?\.test\.tsx?$/, '')))
    const inHand = new Set(
      tests.flatMap((name) => {
        const code = withoutComments(readFileSync(join(root, 'test', name), 'utf8'))
        return importsOf(`test/${name}`, code)
          .filter(({ kind }) => kind !== 'type')
          .map(({ to }) => to)
      }),
    )
    const running: SourceFile[] = []
    for (const file of files) if (await hasCodeToRun(file)) running.push(file)
    const unnamed = running.filter(({ path }) => !named.has(path) && !(path in elsewhere))
    void annotate(`without a test of their own name: ${unnamed.map(({ path }) => path).join(', ') || 'none'}`)
    expect(unnamed.filter(({ path }) => !inHand.has(`src/${path}`)).map(({ name }) => `src/${name}`)).toEqual(
      [],
    )
  })
})
