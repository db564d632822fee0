/** Reads the source as text: which files there are, what each imports and which names it uses. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join, posix } from 'node:path'

/** The repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** One import of a file. */
export interface Import {
  /** What is imported: a package's name, `node:…`, or the path of one of our files from `src`, e.g. `session/access`. */
  readonly to: string
  readonly ours: boolean
  /** `type`: nothing of it is left at run time. `computed`: an `import()` of what is known at run time only. */
  readonly kind: 'static' | 'dynamic' | 'type' | 'computed'
}

/** A file of ours. */
export interface SourceFile {
  /** From `src`, without its ending, e.g. `session/access`. */
  readonly path: string
  /** Its name with its ending. */
  readonly name: string
  /** Its first folder, or its own name where it stands in `src` itself. */
  readonly room: string
  readonly text: string
  /** The text without comments. */
  readonly code: string
  readonly lines: number
  readonly imports: readonly Import[]
}

const withoutEnding = (path: string): string => path.replace(/\.(d\.)?(m?[jt]sx?|vue)$/, '')

/** The text with each comment replaced by a space; what looks like one inside a string is left. */
export function withoutComments(text: string): string {
  const stringOrComment =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g
  return text.replace(stringOrComment, (_, string: string | undefined) => string ?? ' ')
}

/** Every import in the code of the file at `path`: static, re-exported, dynamic, and those of types. */
export function importsOf(path: string, code: string): Import[] {
  const found: Import[] = []
  const add = (specifier: string, kind: Import['kind']): void => {
    const ours = specifier.startsWith('.')
    const to = ours
      ? posix.join(posix.dirname(path), withoutEnding(specifier))
      : specifier.startsWith('node:')
        ? specifier
        : specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    found.push({ to, ours, kind })
  }
  const statements = /^[ \t]*(?:import|export)\s(\s*type\s)?(?:[^'"`;=()]*?\sfrom\s*)['"]([^'"]+)['"]/gm
  for (const [, type, specifier = ''] of code.matchAll(statements)) add(specifier, type ? 'type' : 'static')
  for (const [, specifier = ''] of code.matchAll(/^[ \t]*import\s*['"]([^'"]+)['"]/gm))
    add(specifier, 'static')
  const calls = /(typeof\s+)?\bimport\s*\(\s*(?:['"]([^'"]+)['"]\s*\)(\s*\.\s*[A-Z])?)?/g
  for (const [, typeOf, specifier, member] of code.matchAll(calls)) {
    if (specifier === undefined) add('', 'computed')
    else add(specifier, typeOf || member ? 'type' : 'dynamic')
  }
  return found
}

/** The file of this name from `src`, e.g. `session/access.ts`, with this text. */
export function sourceFile(name: string, text: string): SourceFile {
  const path = withoutEnding(name)
  const code = withoutComments(text)
  return {
    path,
    name,
    room: path.split('/')[0] ?? '',
    text,
    code,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: importsOf(path, code),
  }
}

/** Every file of these endings under a folder of the repository, named from that folder. */
export function filesIn(folder: string, endings: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => endings.test(name))
    .sort()
}

/** All of `src`. */
export const source = (): SourceFile[] =>
  filesIn('src', /\.(m?[jt]sx?|vue)$/).map((name) =>
    sourceFile(name, readFileSync(join(root, 'src', name), 'utf8')),
  )
