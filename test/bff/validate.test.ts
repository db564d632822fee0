import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { validateOptions } from '../../src/bff/validate.js'
import { wrong } from './validate-faults.js'

const valid = {
  origin: 'https://app.example.com',
  idp: { issuer: 'https://idp.example.com', clientId: 'bff', clientSecret: 'test-secret' },
  secrets: ['test-secret-of-thirty-two-letters'],
}
const upstream = { url: 'http://127.0.0.1:4100/' }

/** The valid options with the value at `path` replaced. */
function withValue(path: string, value: unknown): unknown {
  const keys = path.split('.')
  const options: Record<string, unknown> = structuredClone({ ...valid, upstreams: { orders: upstream } })
  let target = options
  for (const key of keys.slice(0, -1)) {
    target[key] = { ...(target[key] as object | undefined) }
    target = target[key] as Record<string, unknown>
  }
  const last = keys.at(-1) ?? ''
  if (value === undefined) delete target[last]
  else target[last] = value
  return options
}

function refusal(options: unknown): ConfigurationError {
  try {
    validateOptions(options)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('every option', () => {
  it.each(wrong)('%s: %j', (option, value, says) => {
    const error = refusal(withValue(option, value))
    expect(error.option.replace(/\[\d+\]$/, '')).toBe(option)
    expect(error.code).toBe('configuration_invalid')
    expect(error.message).toMatch(new RegExp(`^${option.replaceAll('.', '\\.')}(?:\\[\\d\\])?: `))
    expect(error.message).toMatch(says)
  })

  it('elements of lists are named by their index', () => {
    const secrets = [...valid.secrets, 'short']
    expect(refusal({ ...valid, secrets }).message).toMatch(/^secrets\[1\]: has 5 characters, 32 are needed/)
    const methods = ['GET', 'TRACE']
    expect(refusal({ ...valid, upstreams: { orders: { ...upstream, methods } } }).message).toMatch(
      /^upstreams\.orders\.methods\[1\]: TRACE is never proxied/,
    )
  })

  it('an unknown one is refused, with the one that was probably meant', () => {
    const cases: readonly (readonly [string, string | null])[] = [
      ['basepath', 'basePath'],
      ['idp.clientID', 'clientId'],
      ['idp.client_secret', 'clientSecret'],
      ['session.idel', 'idle'],
      ['upstreams.orders.metods', 'methods'],
      ['upstreams.orders.require.maxage', 'maxAge'],
      ['session.bindTo.useragent', 'userAgent'],
      ['presets', 'preset'],
      ['listen', null],
    ]
    for (const [option, meant] of cases) {
      const { message } = refusal(withValue(option, 'x'))
      expect(message).toMatch(new RegExp(`^${option.replaceAll('.', '\\.')}: is not an option here`))
      if (meant !== null) expect(message).toContain(`Did you mean "${meant}"?`)
      else expect(message).toMatch(/use one of: origin, basePath, .*\bpreset\b/)
    }
  })

  it('all that is wrong is told at once, and no secret is quoted', () => {
    const { message, option } = refusal({
      origin: 'http://app.example.com',
      idp: { issuer: 'x', clientSecret: 'hunter2-test' },
      secrets: ['hunter3-test'],
      stoer: 'memory:',
    })
    expect(option).toBe('stoer')
    for (const name of ['origin', 'idp.issuer', 'idp.clientId', 'secrets[0]', 'stoer'])
      expect(message).toMatch(new RegExp(`^${name.replace(/[.[\]]/g, '\\$&')}: `, 'm'))
    expect(message).not.toContain('hunter')
  })

  it('options that are none at all are refused', () => {
    for (const options of [undefined, null, 'x', []])
      expect(refusal(options).message).toMatch(/^options: .*Write an object with origin, idp and secrets/)
  })

  it('"env:NAME" means nothing in code, and says so', () => {
    expect(refusal({ ...valid, secrets: ['env:SESSION_SECRET'] }).message).toContain(
      'write process.env.SESSION_SECRET',
    )
  })
})
