/** The configuration file of `tandem-bff` (DESIGN §7): read, its `"env:NAME"` values filled in, checked. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigurationError } from '../errors.js'
import type { BffConfiguration } from './options.js'
import { expanded } from './preset.js'
import { listenerRule } from './server/listeners.js'
import { folderFaults } from './static/folder.js'
import type { StaticOptions } from './static/options.js'
import { staticFiles } from './static/validate.js'
import { sqliteFault } from './stores/sqlite-file.js'
import { checked, optionChecks, OPTIONS } from './validate.js'
import { Faults, findingsOf, object, optional } from './validate-checks.js'
import type { Check, Environment, Fault } from './validate-checks.js'
import { ruled } from './validate-rules.js'
import * as is from './validate-values.js'

const host = is.text('Write an address to listen on, e.g. "127.0.0.1", or "0.0.0.0" for all.')

/** As long as node:http takes them. */
const wait = is.seconds(86_400)

const configuration: Check<BffConfiguration> = expanded(
  ruled<BffConfiguration>(
    object(
      {
        ...optionChecks,
        listen: optional(object({ host: optional(host), port: optional(is.port) })),
        timeouts: optional(
          object({
            head: optional(wait),
            request: optional(wait),
            idle: optional(wait),
            stalled: optional(wait),
            slow: optional(wait),
          }),
        ),
        static: optional(staticFiles),
        admin: optional(object({ listen: object({ host: optional(host), port: is.port }) })),
      },
      OPTIONS,
    ),
    [listenerRule],
  ),
)

/**
 * The configuration, its environment variables read in. Throws one {@link ConfigurationError} that names everything that is
 * wrong or missing, in the file or in the environment. Looks at nothing else: what it names on the disk need not be there.
 */
export function validateConfiguration(given: unknown, env: Environment): BffConfiguration {
  return checked(configuration, given, env)
}

const DEFAULT_STORE = 'sqlite:./sessions.db'

/** The configuration with its relative paths made those below `folder`, and what is wrong on the disk told with all that is wrong beside it. Changes nothing there. */
const placed =
  (folder: string): Check<BffConfiguration> =>
  (value, path, env) => {
    const { faults, right } = findingsOf(configuration, value, path, env)
    if (right === undefined) throw new Faults(faults)
    const from = (relative: string): string => resolve(folder, relative)
    const isRight = (name: string): boolean => faults.every(({ option }) => option !== name)
    const found: Fault[] = []

    const { store = DEFAULT_STORE } = right
    const file = typeof store === 'string' ? /^sqlite:(?!:memory:$)(.+)$/s.exec(store)?.[1] : undefined
    if (file !== undefined && isRight('store')) {
      const wrong = sqliteFault(from(file))
      const which = right.store === undefined ? ` (it is ${DEFAULT_STORE} where nothing is said)` : ''
      if (wrong !== null) found.push({ option: 'store', message: `cannot be opened${which}: ${wrong}` })
    }
    found.push(...folderFaults(right.static, ['static'], folder))
    const all = [...faults, ...found]
    if (all.length > 0) throw new Faults(all)

    const fromFile = (given: string | StaticOptions): string | StaticOptions =>
      typeof given === 'string' ? from(given) : { ...given, folder: from(given.folder) }
    return {
      ...right,
      store: file === undefined ? store : `sqlite:${from(file)}`,
      ...(right.static !== undefined && { static: fromFile(right.static) }),
    }
  }

/**
 * The configuration as it is written in a file in `folder`, with the environment read in and its paths made absolute. Throws one
 * {@link ConfigurationError} that names everything that is wrong: in it, in the environment, and on the disk, where nothing is changed.
 */
export function checkConfiguration(given: unknown, env: Environment, folder: string): BffConfiguration {
  return checked(placed(folder), given, env)
}

/**
 * The configuration in the file at `path`: JSON, or a module (`.mjs`) whose default export it is. Relative paths in it are
 * relative to the file. Rejects as {@link checkConfiguration} throws, and where the file cannot be read or has something else in it.
 */
export async function readConfiguration(path: string, env: Environment): Promise<BffConfiguration> {
  const file = resolve(path)
  if (!existsSync(file))
    throw new ConfigurationError(
      '--config',
      `${file} cannot be read: there is no such file. Write it, or name another one; without --config it is ${CONFIGURATION_FILES.join(' or ')} in the current folder.`,
    )
  const content = await contentOf(file)
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new ConfigurationError(
      '--config',
      `${file} holds ${kindOf(content)}, and no configuration. ${OPTIONS}`,
    )
  return checkConfiguration(content, env, dirname(file))
}

/** The files that are looked for in the current folder where none is named, the first before the second. */
export const CONFIGURATION_FILES = ['tandem.config.json', 'tandem.config.mjs'] as const

/** What it is, and not its value: that may be a secret. */
const kindOf = (content: unknown): string =>
  content === null ? 'null' : Array.isArray(content) ? 'a list' : `a ${typeof content}`

async function contentOf(file: string): Promise<unknown> {
  if (extname(file) === '.mjs' || extname(file) === '.js') {
    const module: { default?: unknown } = await import(pathToFileURL(file).href).catch((error: unknown) =>
      refuse(file, error),
    )
    return module.default === undefined ? refuse(file, 'it has no default export') : module.default
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => refuse(file, error))
  try {
    // Some editors begin a file with a mark that nobody sees.
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    // Some messages quote what is around the fault, which may be a secret.
    return refuse(file, error instanceof Error ? error.message.replace(/, (?:\.\.\.)?".*$/s, '') : error)
  }
}

function refuse(file: string, why: unknown): never {
  const message = why instanceof Error ? why.message : String(why)
  throw new ConfigurationError(
    '--config',
    `${file} cannot be read: ${message}. Write a JSON object, or a module with a default export.`,
    { cause: why },
  )
}
