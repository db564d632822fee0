/** The configuration file of `tandem-bff` (DESIGN §7): read, its `"env:NAME"` values filled in, checked. */
import { readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigurationError } from '../errors.js'
import type { BffConfiguration } from './options.js'
import { expanded } from './preset.js'
import { checked, optionChecks } from './validate.js'
import { object, optional } from './validate-checks.js'
import type { Check, Environment } from './validate-checks.js'
import type { StaticOptions } from './static/options.js'
import { staticFiles } from './static/validate.js'
import { ruled } from './validate-rules.js'
import * as is from './validate-values.js'

const host = is.text('Write an address to listen on, e.g. "127.0.0.1", or "0.0.0.0" for all.')

/** As long as node:http takes them. */
const wait = is.seconds(86_400)

const configuration: Check<BffConfiguration> = expanded(
  ruled(
    object({
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
    }),
  ),
)

/**
 * The configuration, its environment variables read in. Throws one {@link ConfigurationError} that names everything that is
 * wrong or missing, in the file or in the environment.
 */
export function validateConfiguration(given: unknown, env: Environment): BffConfiguration {
  return checked(configuration, given, env)
}

/**
 * The configuration in the file at `path`: JSON, or a module (`.mjs`) whose default export it is. Relative paths in it are
 * relative to the file.
 */
export async function readConfiguration(path: string, env: Environment): Promise<BffConfiguration> {
  const file = resolve(path)
  const valid = validateConfiguration(await contentOf(file), env)
  const from = (relative: string): string => resolve(dirname(file), relative)
  const fromFile = (given: string | StaticOptions): string | StaticOptions =>
    typeof given === 'string' ? from(given) : { ...given, folder: from(given.folder) }
  const store = valid.store ?? 'sqlite:./sessions.db'
  return {
    ...valid,
    store:
      typeof store === 'string'
        ? store.replace(/^sqlite:(?!:memory:)(.+)$/s, (_, at: string) => `sqlite:${from(at)}`)
        : store,
    ...(valid.static !== undefined && { static: fromFile(valid.static) }),
  }
}

async function contentOf(file: string): Promise<unknown> {
  if (extname(file) === '.mjs' || extname(file) === '.js') {
    const module: { default?: unknown } = await import(pathToFileURL(file).href).catch((error: unknown) =>
      refuse(file, error),
    )
    return module.default ?? refuse(file, 'it has no default export')
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => refuse(file, error))
  try {
    return JSON.parse(text)
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
