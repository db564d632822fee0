/** `"preset": "mosaic"`: in place of what a preset is told, the ordinary options that come of it. */
import { faultsIn, mosaicBff } from '../presets/mosaic-bff.js'
import type { Place } from '../presets/mosaic-place.js'
import { settingNames } from '../presets/mosaic-options.js'
import type { MosaicSettings } from '../presets/mosaic-options.js'
import { findingsOf, leaf, settled, shown, unknownOption } from './validate-checks.js'
import type { Check, Environment, Fault } from './validate-checks.js'
import { toNumber } from './validate-values.js'

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isSetting = (name: string): name is (typeof settingNames)[number] =>
  settingNames.some((one) => one === name)

/** The check, of options without a preset: what it knows is filled in before. What is wrong with either is told together. */
export const expanded =
  <T>(check: Check<T>): Check<T> =>
  (value, path, env) => {
    if (!isObject(value) || value['preset'] === undefined) return check(value, path, env)
    const { preset, ...given } = value
    const named: Fault[] = []
    if (preset !== 'mosaic')
      named.push({ option: 'preset', message: `is ${shown(preset)}. Write "mosaic", or leave it out.` })
    // Whoever says where a tenant is means the one that there is.
    if (named.length > 0 && !places.some((name) => idpOf(given)[name] !== undefined)) {
      const { faults, right } = findingsOf(check, given, path, env)
      return settled({ faults: [...named, ...faults], right })
    }
    const { settings, place, faults } = told(given, env)
    const { faults: others, right } = findingsOf(check, filled(settings, given, place), path, env)
    return settled({ faults: [...named, ...faults, ...others.map(withSettings)], right })
  }

/** An option of the IDP that is none: the preset's are among those it could be. */
function withSettings(one: Fault): Fault {
  const name = /^idp\.([^.[\]]+)$/.exec(one.option)?.[1]
  if (one.known === undefined || name === undefined) return one
  return { option: one.option, message: unknownOption(name, [...settingNames, ...one.known]) }
}

const places: readonly string[] = ['region', 'baseUrl', 'customDomain'] satisfies (keyof MosaicSettings)[]

interface Told {
  /** Those that are right. */
  readonly settings: Members
  /** What stands in for the tenant's, where that cannot be told. */
  readonly place?: Place
  readonly faults: readonly Fault[]
}

/** What the preset is told, with the environment read in, and what is wrong with it by the names the options have here. */
function told(given: Members, env: Environment): Told {
  const settings: Record<string, unknown> = {}
  const faults: Fault[] = []
  const unread = new Set<string>()
  for (const [name, value] of Object.entries(idpOf(given))) {
    if (!isSetting(name) || value === undefined) continue
    const found = findingsOf(read, value, ['idp', name], env)
    faults.push(...found.faults)
    if (found.faults.length > 0) unread.add(name)
    else settings[name] = found.right
  }
  // Where the place cannot be read, it is not missing, too.
  if (places.some((name) => unread.has(name))) unread.add('region')
  const wrong = faultsIn(settings).filter(({ option }) => !unread.has(option))
  faults.push(...wrong.map(({ option, message }) => ({ option: `idp.${option}`, message })))
  const { sessionsApi } = idpOf(given)
  if (settings['customDomain'] !== undefined && isObject(sessionsApi) && sessionsApi['url'] === undefined)
    faults.push({
      option: 'idp.sessionsApi.url',
      message:
        'is missing: Mosaic’s API is not at idp.customDomain. Write the API host of the tenant, e.g. "https://api.transmitsecurity.io".',
    })
  if (faults.length === 0) return { settings, faults }
  for (const { option } of wrong) delete settings[option]
  return { settings, place: nowhere, faults }
}

const idpOf = (given: Members): Members => (isObject(given['idp']) ? given['idp'] : {})

/** What was written for the ordinary options of the IDP. */
const ordinaryOf = (given: Members): Members =>
  Object.fromEntries(Object.entries(idpOf(given)).filter(([name]) => !isSetting(name)))

/** The options with those of the preset; what was given wins. */
function filled(settings: MosaicSettings, given: Members, place: Place | undefined): Members {
  const known = mosaicBff(settings, place)
  const ordinary = ordinaryOf(given)
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
}

const NOWHERE = 'https://preset.invalid'

/** A place without fault: that of the tenant has been told of, and the options that come of it are nobody's. */
const nowhere: Place = { issuer: NOWHERE, authority: NOWHERE, discoveryUrl: NOWHERE, isApiHost: true }

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
