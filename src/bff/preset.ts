/** `"preset": "mosaic"`: in place of what a preset is told, the ordinary options that come of it. */
import { ConfigurationError } from '../errors.js'
import { mosaicBff } from '../presets/mosaic-bff.js'
import { settingNames } from '../presets/mosaic-options.js'
import { fault, Faults, leaf, shown } from './validate-checks.js'
import type { Check, Environment, Fault } from './validate-checks.js'
import { toNumber } from './validate-values.js'

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The check, of options without a preset: what it knows is filled in before. What is wrong with either is told together. */
export const expanded =
  <T>(check: Check<T>): Check<T> =>
  (value, path, env) => {
    if (!isObject(value) || value['preset'] === undefined) return check(value, path, env)
    const { preset, ...given } = value
    try {
      return check(filled(preset, given, env), path, env)
    } catch (error) {
      if (!(error instanceof Unfilled)) throw error
      throw new Faults([...error.list, ...faultsOf(() => check(error.rest, path, env))])
    }
  }

/** What a preset is told is wrong. `rest`: what else was given. */
class Unfilled extends Faults {
  readonly rest: Members

  constructor(list: readonly Fault[], rest: Members) {
    super(list)
    this.rest = rest
  }
}

/** The options with those of the preset; what was given wins. */
function filled(preset: unknown, given: Members, env: Environment): Members {
  const idp = isObject(given['idp']) ? given['idp'] : {}
  const isSetting = (name: string): boolean => settingNames.some((one) => one === name)
  const told = Object.entries(idp).filter(([name, value]) => isSetting(name) && value !== undefined)
  const ordinary = Object.fromEntries(Object.entries(idp).filter(([name]) => !isSetting(name)))
  try {
    if (preset !== 'mosaic') return fault(['preset'], `is ${shown(preset)}. Write "mosaic", or leave it out.`)
    const known = mosaicBff(
      Object.fromEntries(told.map(([name, value]) => [name, read(value, ['idp', name], env)])),
    )
    const { session = {} } = given
    const { authorizationParams = {} } = ordinary
    return {
      ...given,
      idp: {
        ...known.idp,
        ...ordinary,
        ...merged('sessionsApi', known.idp, ordinary),
        authorizationParams: isObject(authorizationParams)
          ? { ...known.idp.authorizationParams, ...authorizationParams }
          : authorizationParams,
      },
      session: isObject(session) ? { ...known.session, ...session } : session,
    }
  } catch (error) {
    // An issuer was not to be given; a missing one is no fault of its own.
    const rest = { ...given, idp: { issuer: 'https://preset.invalid', ...ordinary } }
    throw new Unfilled(
      faultsOf(() => {
        throw error
      }),
      rest,
    )
  }
}

/** What both say of a group of options, what was given winning; what is no group is left to its check. */
function merged(name: 'sessionsApi', known: Members, given: Members): Members {
  const [before, after] = [known[name], given[name]]
  return isObject(before) && isObject(after) ? { [name]: { ...before, ...after } } : {}
}

/** A setting with the environment read in: texts, and those in a list. */
const read: Check<unknown> = (value, path, env) => {
  if (Array.isArray(value)) return value.map((one, index) => read(one, [...path, index], env))
  const convert = path.at(-1) === 'sessionExpiration' ? toNumber : undefined
  return leaf('Set it.', (one) => one, convert)(value, path, env)
}

/** What is wrong, by the names the options have here. */
function faultsOf(work: () => unknown): readonly Fault[] {
  try {
    work()
    return []
  } catch (error) {
    if (error instanceof Faults) return error.list
    if (!(error instanceof ConfigurationError)) throw error
    const message = error.message.slice(error.option.length + ': '.length)
    return [{ option: error.option.replace(/^mosaic\./, 'idp.'), message }]
  }
}
