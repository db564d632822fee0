/** The floors of the house (docs/architecture.md): who may import whom. Reads all of src. */
import { transform } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { source, sourceFile } from './support/source.js'
import type { Import, SourceFile } from './support/source.js'

/** What a room may import: rooms at run time, rooms by `import type` only, packages. Its own files always. */
interface Floor {
  readonly rooms: readonly string[]
  readonly types?: readonly string[]
  readonly packages?: readonly string[]
}

const floors: Record<string, Floor> = {
  errors: { rooms: [] },
  protocol: { rooms: [] },
  session: { rooms: ['errors'] },
  browser: { rooms: ['errors', 'protocol'] },
  oidc: { rooms: ['errors'], types: ['session'], packages: ['oidc-client-ts'] },
  client: { rooms: ['session', 'browser', 'oidc', 'protocol', 'errors'] },
  react: { rooms: [], types: ['client'], packages: ['react'] },
  vue: { rooms: [], types: ['client'], packages: ['vue'] },
  presets: { rooms: ['errors'], types: ['client', 'bff'] },
  bff: {
    rooms: ['session', 'protocol', 'errors', 'presets'],
    packages: [
      ...[
        'hono',
        'jose',
        'openid-client',
        'undici',
        'libsql',
        'ioredis',
        'pino',
        'prom-client',
        'send',
        'negotiator',
        'mime-types',
      ],
      'ipaddr.js',
    ],
  },
  index: { rooms: ['client', 'session', 'errors'] },
  global: { rooms: ['index'] },
  // Takes the place of `import('../oidc/engine.js')` in the script-tag build.
  'global-engine': { rooms: ['errors'], types: ['oidc'] },
}

/** Packages that are only named for their types: optional peers of the app. */
const typePackages: Record<string, readonly string[]> = { vue: ['vue-router'] }

/** Where `import()` of what is known at run time only has its place: the engine's address, and a configuration in code. */
const computedImports: readonly string[] = ['global-engine', 'bff/configuration']

const files = source()
const roomOf = (path: string): string => path.split('/')[0] ?? ''

/** What is wrong with one import of a file, or null. */
function fault({ path, room }: Pick<SourceFile, 'path' | 'room'>, { to, ours, kind }: Import): string | null {
  const floor = floors[room]
  const line = `src/${path} imports ${to || 'what is known at run time only'} (${kind})`
  if (floor === undefined) return `src/${path} is in no room of the house`
  if (kind === 'computed') return computedImports.includes(path) ? null : line
  if (!ours) {
    if (to.startsWith('node:')) return room === 'bff' ? null : line
    if (floor.packages?.includes(to)) return null
    return kind === 'type' && typePackages[room]?.includes(to) ? null : line
  }
  const there = roomOf(to)
  if (there === room && room !== to) return null
  // The engine comes lazily: only when a login needs it, and only where the browser holds the tokens.
  if (there === 'oidc' && room === 'client' && kind !== 'type') {
    return kind === 'dynamic' && path === 'client/browser-client' ? null : line
  }
  if (floor.rooms.includes(there)) return null
  return kind === 'type' && floor.types?.includes(there) ? null : line
}

describe('floors', () => {
  it('every file stands in a room of the house', () => {
    expect(files.map(({ room }) => room).filter((room) => !(room in floors))).toEqual([])
    expect(files.length).toBeGreaterThan(20)
  })

  it.each(Object.keys(floors))('%s imports what its floor allows, and nothing else', (room) => {
    const faults = files
      .filter((file) => file.room === room)
      .flatMap((file) => file.imports.map((one) => fault(file, one)).filter((line) => line !== null))
    expect(faults).toEqual([])
  })

  it('every import of ours leads to a file', () => {
    const paths = new Set(files.map(({ path }) => path))
    const astray = files.flatMap(({ path, imports }) =>
      imports.filter(({ ours, to }) => ours && !paths.has(to)).map(({ to }) => `src/${path} → ${to}`),
    )
    expect(astray).toEqual([])
  })

  it('oidc-client-ts is imported by oidc/, and the engine by import() only', () => {
    const users = files.filter(({ imports }) => imports.some(({ to }) => to === 'oidc-client-ts'))
    for (const { room } of users) expect(room).toBe('oidc')
    const loaders = files.filter(
      ({ room, imports }) =>
        room !== 'oidc' && imports.some(({ to, kind }) => roomOf(to) === 'oidc' && kind !== 'type'),
    )
    for (const { path, imports } of loaders) {
      expect(path).toBe('client/browser-client')
      expect(imports.filter(({ to }) => roomOf(to) === 'oidc').map(({ kind }) => kind)).not.toContain(
        'static',
      )
    }
  })

  it('a page on the BFF never downloads the engine: nothing it loads at once leads there', () => {
    const byPath = new Map(files.map((file) => [file.path, file]))
    const reached = new Set<string>()
    const reach = (path: string): void => {
      if (reached.has(path)) return
      reached.add(path)
      for (const { to, ours, kind } of byPath.get(path)?.imports ?? [])
        if (ours && kind === 'static') reach(to)
    }
    reach('index')
    expect([...reached].filter((path) => roomOf(path) === 'oidc' || roomOf(path) === 'bff')).toEqual([])
    expect(reached).toContain('client/client')
  })

  it('the entry has no logic: it exports from elsewhere', async () => {
    const index = files.find(({ path }) => path === 'index')
    const { code } = await transform(index?.text ?? '', { loader: 'ts' })
    expect(code.replaceAll(/export \{[^}]*\} from "[^"]*";/g, '').trim()).toBe('')
  })
})

describe('what a floor allows', () => {
  it.each<[string, string, boolean]>([
    ['session/x.ts', `import { a } from '../errors.js'`, true],
    ['session/x.ts', `import type { a } from '../protocol.js'`, false],
    ['session/x.ts', `import { randomUUID } from 'node:crypto'`, false],
    ['browser/x.ts', `import type { Session } from '../session/session.js'`, false],
    ['oidc/x.ts', `import type { Session } from '../session/session.js'`, true],
    ['oidc/x.ts', `import { decide } from '../session/access.js'`, false],
    ['client/x.ts', `import { engine } from '../oidc/engine.js'`, false],
    ['client/x.ts', `import('../oidc/engine.js')`, false],
    ['client/browser-client.ts', `import('../oidc/engine.js')`, true],
    ['client/browser-client.ts', `import { engine } from '../oidc/engine.js'`, false],
    ['client/x.ts', `import { OidcClient } from 'oidc-client-ts'`, false],
    ['client/x.ts', `import { createBff } from '../bff/bff.js'`, false],
    ['react/x.tsx', `import { createSessionClient } from '../client/client.js'`, false],
    ['react/x.tsx', `import type { SessionClient } from '../client/client.js'`, true],
    ['react/x.tsx', `import { createElement } from 'react'`, true],
    ['vue/x.ts', `import { routerKey } from 'vue-router'`, false],
    ['bff/x.ts', `import { list } from '../client/client.js'`, false],
    ['bff/x.ts', `import { list } from '../session/access.js'`, true],
    ['attic/x.ts', `import './y.js'`, false],
    ['index.ts', `export { serve } from './bff/node.js'`, false],
  ])('in %s, %s: allowed %s', (name, text, allowed) => {
    const file = sourceFile(name, text)
    expect(file.imports.map((one) => fault(file, one) === null)).toEqual([allowed])
  })
})
