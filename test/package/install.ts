/**
 * Installs what `npm pack` ships into a project outside of the repository, once for all tests of this folder: by
 * `npm ci`, so that the tarball, its dependencies and its command are installed as anyone's are.
 */
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { output } from './output.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the outside project. */
    outside: string
  }
}

interface LockedPackage {
  version: string
  dev?: boolean
  peer?: boolean
  devOptional?: boolean
  [member: string]: unknown
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))

/** What an application brings itself; linked from the repository's own installation. */
const brought = [
  'react',
  'react-dom',
  '@types/react',
  '@types/react-dom',
  'vue',
  '@types/node',
  '@types/express',
]

export default async function install(project: TestProject): Promise<() => Promise<void>> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tandem-package-')))
  const app = join(folder, 'app')
  await cp(fixtures, app, { recursive: true })
  const tarball = await pack(folder)
  await writeLock(app, tarball)
  await output('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], app)
  for (const name of brought) await bring(name, app)
  // Only there: everything else must do without it.
  await bring('vue-router', join(app, 'router'))
  project.provide('outside', app)
  return () => rm(folder, { recursive: true, force: true })
}

/** Links a package of the repository's own installation into a folder's. */
async function bring(name: string, folder: string): Promise<void> {
  const link = join(folder, 'node_modules', name)
  await mkdir(dirname(link), { recursive: true })
  await symlink(join(root, 'node_modules', name), link)
}

/** The tarball's path. Nothing is built here: `dist/` is what the tests are about. */
async function pack(folder: string): Promise<string> {
  await readFile(join(root, 'dist/index.js')).catch(() => {
    throw new Error('dist/ is not built: run `npm run build` first.')
  })
  const printed = await output(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    root,
  )
  const [{ filename }] = JSON.parse(printed) as [{ filename: string }]
  return join(folder, filename)
}

/**
 * A project that depends on the tarball, with a lock file: the repository's own, less what is only for development.
 * With it, npm finds everything in its cache, where the repository's `npm ci` has put it, and needs no network.
 */
async function writeLock(app: string, tarball: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  const { '': ours, ...locked } = lock.packages
  if (ours === undefined) throw new Error('package-lock.json has no entry of its own package.')
  const { devDependencies: _, ...shipped } = ours
  const registry = (await output('npm', ['config', 'get', 'registry'], root)).trim().replace(/\/?$/, '/')
  const address = (name: string, version: string): string =>
    `${registry}${name}/-/${name.replace(/^.*\//, '')}-${version}.tgz`

  const resolved = `file:${tarball}`
  const bytes = await readFile(tarball)
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
  const project = {
    name: 'outside',
    version: '0.0.0',
    private: true,
    type: 'module',
    dependencies: { 'tandem-session': resolved },
  }
  const packages: Record<string, object> = {
    '': project,
    'node_modules/tandem-session': { ...shipped, resolved, integrity },
  }
  for (const [path, entry] of Object.entries(locked)) {
    if (entry.dev === true || entry.peer === true || entry.devOptional === true) continue
    const name = path.replace(/^.*node_modules\//, '')
    packages[path] = { resolved: address(name, entry.version), ...entry }
  }
  await writeFile(join(app, 'package.json'), JSON.stringify(project, null, 2))
  await writeFile(
    join(app, 'package-lock.json'),
    JSON.stringify({ ...project, lockfileVersion: 3, requires: true, packages }, null, 2),
  )
}
