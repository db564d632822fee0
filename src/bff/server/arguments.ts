/** The command line of `tandem-bff`. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CONFIGURATION_FILES } from '../configuration.js'

/** What to do, as the command line says it. */
export type Arguments =
  | { readonly command: 'help' }
  | { readonly command: 'version' }
  | { readonly command: 'check' | 'run'; readonly config: string }

/** Shown by `--help`. */
export const usage = `tandem-bff: a backend for frontend, ready to run.

Usage: tandem-bff [--config PATH] [--check]

  --config PATH   the configuration, a .json or .mjs file (default: tandem.config.json, else tandem.config.mjs)
  --check         says whether the configuration is valid, and starts nothing
  --version       prints the version
  --help          prints this

A value "env:NAME" in the configuration reads the environment variable NAME.
Logs go to the standard output, one JSON object a line. SIGTERM and SIGINT stop it once all calls are answered.
`

/**
 * Reads the arguments; throws an `Error` that says which one is wrong, or that no configuration is named, and none is here. `exists`: whether there is
 * such a file in the current folder.
 */
export function readArguments(
  given: readonly string[],
  exists: (file: string) => boolean = existsSync,
): Arguments {
  const values = valuesOf(given)
  if (values.help) return { command: 'help' }
  if (values.version) return { command: 'version' }
  const config = values.config ?? CONFIGURATION_FILES.find(exists)
  if (config === undefined) {
    const [first, second] = CONFIGURATION_FILES
    throw new Error(
      `--config: ${first} cannot be read, nor ${second}: neither is in ${process.cwd()}. Write one of them, or name yours by --config PATH. ${HELP}`,
    )
  }
  return { command: values.check ? 'check' : 'run', config }
}

const HELP = 'See tandem-bff --help.'

function valuesOf(given: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...given],
      options: {
        config: { type: 'string' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
      },
    })
    return values
  } catch (error) {
    // What follows is for whoever has arguments that begin with a dash.
    const [what = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\.?\n/, 1)
    throw new Error(`${what}. ${HELP}`, { cause: error })
  }
}
