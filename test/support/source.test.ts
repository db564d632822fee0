import { describe, expect, it } from 'vitest'
import { filesIn, importsOf, source, sourceFile, withoutComments } from './source.js'

describe('the reader of imports', () => {
  const kinds = (text: string): [string, string][] =>
    importsOf('client/x', withoutComments(text)).map(({ to, kind }) => [to, kind])

  it.each<[string, [string, string][]]>([
    [`import { a } from './y.js'`, [['client/y', 'static']]],
    [`import a, { type B } from "../session/session.js"`, [['session/session', 'static']]],
    [`import {\n  a,\n  b,\n} from './y.js'`, [['client/y', 'static']]],
    [`import * as all from 'undici'`, [['undici', 'static']]],
    [`import './polyfill.js'`, [['client/polyfill', 'static']]],
    [`import type { A } from './y.js'`, [['client/y', 'type']]],
    [
      `export { a } from './y.js'\nexport * from 'hono/sse'`,
      [
        ['client/y', 'static'],
        ['hono', 'static'],
      ],
    ],
    [`export type {\n  A,\n} from './y.js'`, [['client/y', 'type']]],
    [`const y = await import('../oidc/engine.js')`, [['oidc/engine', 'dynamic']]],
    [`const y = import(address)`, [['client', 'computed']]],
    [`type Y = typeof import('./y.js')`, [['client/y', 'type']]],
    [`let y: import('./y.js').Y`, [['client/y', 'type']]],
    [`import('./y.js').then(go)`, [['client/y', 'dynamic']]],
    [`// import { a } from './y.js'\n/* import './z.js' */`, []],
    [`const text = 'https://x' // import './y.js'\nimport './z.js'`, [['client/z', 'static']]],
    [`import { request } from '@scope/name/deep'`, [['@scope/name', 'static']]],
    [`export const from = 'x'\nexport function a() { return 'y' }`, []],
  ])('%j', (text, expected) => {
    expect(kinds(text).map(([to, kind]) => [kind === 'computed' ? 'client' : to, kind])).toEqual(expected)
  })
})

describe('the reader of files', () => {
  it('finds all of src, each with its room, its lines and its imports', () => {
    const machine = source().find(({ path }) => path === 'session/machine')
    expect(machine).toMatchObject({ name: 'session/machine.ts', room: 'session' })
    expect(machine?.lines).toBe(machine?.text.trimEnd().split('\n').length)
    expect(machine?.imports.map(({ to }) => to)).toContain('session/changes')
    expect(filesIn('src', /\.ts$/)).toContain('errors.ts')
  })

  it('a file in src itself is a room of its own', () => {
    expect(sourceFile('errors.ts', '')).toMatchObject({ path: 'errors', room: 'errors' })
  })

  it('takes comments away and leaves what looks like one in a string', () => {
    expect(withoutComments(`a /* b */ c // d`).replaceAll(/ +/g, ' ').trim()).toBe('a c')
    expect(withoutComments(`'/* b */' + "// c" + \`// d\``)).toBe(`'/* b */' + "// c" + \`// d\``)
  })
})
