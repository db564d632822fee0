/** S11: a name tells which session it means. Reads the public types, the HTTP contract and the documentation. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-5'
import { describe, expect, it } from 'vitest'
import { root } from '../support/source.js'

const src = (path: string): string => join(root, 'src', path)

/** Names and shapes on the wire; its exports are for the two houses alone. */
const CONTRACT = src('protocol.ts')
/** Every public entry. */
const ENTRIES = [
  'index.ts',
  'presets/mosaic.ts',
  'react/index.ts',
  'vue/index.ts',
  'bff/index.ts',
  'bff/node.ts',
  'bff/stores/sqlite.ts',
  'bff/stores/redis.ts',
].map(src)

/** All names in the public types that speak of a session: exports, members, options, and literals such as reasons and codes. */
const publicNames = (): Set<string> => {
  const program = ts.createProgram([...ENTRIES, CONTRACT], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    jsx: ts.JsxEmit.ReactJSX,
    strict: true,
    noEmit: true,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: ['node'],
  })
  const checker = program.getTypeChecker()
  const names = new Set<string>()
  const seen = new Set<ts.Type>()
  const note = (name: string): void => void (/session/i.test(name) && names.add(name))
  const isOurs = ({ declarations }: ts.Symbol): boolean =>
    declarations?.some((one) => one.getSourceFile().fileName.startsWith(src(''))) ?? false
  const visit = (type: ts.Type): void => {
    if (seen.has(type)) return
    seen.add(type)
    if (type.isStringLiteral()) note(type.value)
    if (type.isUnionOrIntersection()) type.types.forEach(visit)
    for (const signature of type.getCallSignatures()) {
      for (const one of signature.getParameters().filter(isOurs)) visit(checker.getTypeOfSymbol(one))
      visit(signature.getReturnType())
    }
    for (const member of type.getProperties().filter(isOurs)) {
      note(member.name)
      visit(checker.getTypeOfSymbol(member))
    }
  }
  for (const entry of [...ENTRIES, CONTRACT]) {
    const file = program.getSourceFile(entry)
    const module = file && checker.getSymbolAtLocation(file)
    if (module === undefined) throw new Error(`${entry} exports nothing`)
    for (const exported of checker.getExportsOfModule(module)) {
      if (entry !== CONTRACT) note(exported.name)
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported
      if ((symbol.flags & ts.SymbolFlags.Type) !== 0) visit(checker.getDeclaredTypeOfSymbol(symbol))
      if ((symbol.flags & ts.SymbolFlags.Value) !== 0) visit(checker.getTypeOfSymbol(symbol))
    }
  }
  return names
}

/** The rows of the table "Which session a name means": meaning → names. */
const documented = (): Map<string, string[]> => {
  const text = readFileSync(join(root, 'docs/concepts.md'), 'utf8')
  const [, section = ''] = text.split('### Which session a name means\n')
  const [table = ''] = section.split(/\n#+ /)
  return new Map(
    [...table.matchAll(/^\| ([^|]+) \| (.+) \|$/gm)].flatMap(([, meaning = '', names = '']) => {
      const listed = [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
      return listed.length === 0 ? [] : [[meaning.trim(), listed] as const]
    }),
  )
}

describe('S11 a name says which session it means', () => {
  const IDP = 'the IDP session'
  const APP = 'the app session'
  const BOTH = 'both, as one `Session`'
  const SPECIFIED = 'the IDP session, in the words of a specification or of Mosaic'

  it('S11 every public name about a session is documented with the session it means', () => {
    const meanings = documented()
    expect([...meanings.keys()].toSorted()).toEqual([BOTH, APP, IDP, SPECIFIED].toSorted())
    const listed = [...meanings.values()].flat()
    expect(listed.toSorted()).toEqual([...new Set(listed)].toSorted())
    // A name is new or gone: say in docs/concepts.md which session it means.
    expect([...publicNames()].toSorted()).toEqual(listed.toSorted())
  }, 120_000)

  it('S11 a name means one of the two exactly where it says so', () => {
    const meanings = documented()
    const qualified = (names: string[] = [], word: RegExp): boolean[] => names.map((name) => word.test(name))
    const idp = /(?:^|[a-z_-])idp[-_]?session/i
    const app = /(?:^|[a-z_-])app[-_]?session/i
    expect(qualified(meanings.get(IDP), idp)).not.toContain(false)
    expect(qualified(meanings.get(APP), app)).not.toContain(false)
    // Without a qualification it is never one of ours alone: both of them, or what OpenID Connect calls so, which is the IDP's.
    const others = [...(meanings.get(BOTH) ?? []), ...(meanings.get(SPECIFIED) ?? [])]
    expect(others.filter((name) => idp.test(name) || app.test(name))).toEqual([])
  })

  it('S11 a session has its times and states under `app` or `idp`, and none beside them', () => {
    const text = readFileSync(src('session/session.ts'), 'utf8')
    const [, body = ''] = /export interface Session \{\n([\s\S]*?)\n\}/.exec(text) ?? []
    const members = [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name]) => name)
    expect(members).toEqual(['ref', 'user', 'app', 'idp', 'access', 'authentication'])
  })

  it('S11 the documentation says what an unqualified “session” of the IDP’s documents is here', () => {
    const text = readFileSync(join(root, 'docs/concepts.md'), 'utf8').replaceAll(/\s+/g, ' ')
    expect(text).toContain(
      'Where Mosaic’s documents say *session* and nothing else, they mean the IDP session.',
    )
  })
})
