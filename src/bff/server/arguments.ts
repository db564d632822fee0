/** The command line of `tandem-bff`. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'

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

const DEFAULTS = ['tandem.config.json', 'tandem.config.mjs'] as const

/** Reads the arguments; throws an `Error` that says which one is wrong. `exists`: whether there is such a file here. */
export function readArguments(
  given: readonly string[],
  exists: (file: string) => boolean = existsSync,
): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      config: { type: 'string', default: DEFAULTS.find(exists) ?? DEFAULTS[0] },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  })
  if (values.help) return { command: 'help' }
  if (values.version) return { command: 'version' }
  return { command: values.check ? 'check' : 'run', config: values.config }
}
