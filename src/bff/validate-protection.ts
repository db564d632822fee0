/** How this BFF shows itself to the IDP, and how requests and answers are protected: what belongs together. */
import type { ResponseMode } from './idp/options.js'
import type { BffOptions } from './options.js'
import { findingsOf, optionName, settled, shown } from './validate-checks.js'
import type { Check, Environment, Fault, Path } from './validate-checks.js'

/** How answers come to `/callback` (`response_mode`). `fragment` is not among them: no server gets to see it. */
export const responseModes = [
  'query',
  'form_post',
  'jwt',
  'query.jwt',
  'form_post.jwt',
] as const satisfies readonly ResponseMode[]

/** The check of `idp`, and of what its client shows itself by: what is missing is told together with everything else that is wrong there. */
export const credentialed =
  <T>(check: Check<T>): Check<T> =>
  (value, path, env) => {
    const { faults, right } = findingsOf(check, value, path, env)
    return settled({ faults: [...faults, ...(isObject(value) ? missingIn(value, path, env) : [])], right })
  }

type Given = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function missingIn(idp: Given, path: Path, env: Environment): Fault[] {
  const read = (name: string): unknown => {
    const value = idp[name]
    const variable = typeof value === 'string' ? /^env:(.*)$/s.exec(value)?.[1] : undefined
    return variable === undefined ? value : env?.[variable]
  }
  const method = read('tokenEndpointAuthMethod')
  const hasKey = idp['privateKey'] !== undefined
  const hasSecret = idp['clientSecret'] !== undefined
  const missing = (name: string, message: string): Fault => ({ option: optionName([...path, name]), message })
  const faults: Fault[] = []
  if (method === 'private_key_jwt') {
    if (!hasKey)
      faults.push(
        missing(
          'privateKey',
          'is missing, and idp.tokenEndpointAuthMethod is "private_key_jwt". Give the private key whose public part is registered at the IDP, as a JWK or PEM.',
        ),
      )
  } else if (!hasSecret && (method !== undefined || !hasKey))
    faults.push(
      missing(
        'clientSecret',
        `is missing. Write the secret of that client: the BFF is a confidential one. ${
          hasKey
            ? 'Or set idp.tokenEndpointAuthMethod to "private_key_jwt": then idp.privateKey is enough.'
            : method === undefined
              ? 'Or give its key as idp.privateKey (private_key_jwt).'
              : 'Or give its key as idp.privateKey, and set idp.tokenEndpointAuthMethod to "private_key_jwt".'
        }`,
      ),
    )
  const signs = [true, 'true', '1'].some((one) => one === read('signedRequestObject'))
  if (signs && !hasKey && method !== 'private_key_jwt')
    faults.push(
      missing(
        'privateKey',
        'is missing, and idp.signedRequestObject is set. Give the key that request objects are signed with, as a JWK or PEM.',
      ),
    )
  return faults
}

const isMode = (given: unknown): boolean => responseModes.some((one) => one === given)

/** The option that {@link responseModeFaults} are about. */
export const RESPONSE_MODE = 'idp.authorizationParams.response_mode'

/** What is said of `response_mode` must be possible. */
export function responseModeFaults({ idp: { authorizationParams } }: BffOptions): Fault[] {
  const given = authorizationParams?.['response_mode']
  if (given === undefined || isMode(given)) return []
  const modes = responseModes.map((one) => `"${one}"`).join(', ')
  const message = `is ${shown(given)}. Remove it, and write one of ${modes} as idp.responseMode.`
  return [{ option: RESPONSE_MODE, message }]
}

/** What is said of it twice must be one thing. */
export function twoModesFaults({ idp: { authorizationParams, responseMode } }: BffOptions): Fault[] {
  const given = authorizationParams?.['response_mode']
  if (!isMode(given) || responseMode === undefined || responseMode === given) return []
  return [
    { option: RESPONSE_MODE, message: `contradicts idp.responseMode (${shown(responseMode)}). Remove it.` },
  ]
}
