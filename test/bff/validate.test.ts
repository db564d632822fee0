import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { silentLog } from '../../src/bff/log.js'
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
      ['preset', null],
      ['listen', null],
    ]
    for (const [option, meant] of cases) {
      const { message } = refusal(withValue(option, 'x'))
      expect(message).toMatch(new RegExp(`^${option.replaceAll('.', '\\.')}: is not an option here`))
      expect(message).toContain(meant === null ? 'use one of: origin, basePath' : `Did you mean "${meant}"?`)
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
      expect(refusal(options).message).toMatch(/^options: .*Write an object/)
  })

  it('"env:NAME" means nothing in code, and says so', () => {
    expect(refusal({ ...valid, secrets: ['env:SESSION_SECRET'] }).message).toContain(
      'write process.env.SESSION_SECRET',
    )
  })
})

describe('what passes', () => {
  it('is complete', () => {
    const resolved = validateOptions({ ...valid, upstreams: { orders: { url: 'http://127.0.0.1:4100/v1' } } })
    expect(resolved).toEqual({
      origin: 'https://app.example.com',
      basePath: '/bff',
      idp: {
        issuer: 'https://idp.example.com',
        discoveryUrl: null,
        clientId: 'bff',
        clientSecret: 'test-secret',
        scope: 'openid profile offline_access',
        tokenEndpointAuthMethod: null,
        authorizationParams: {},
        idTokenHint: true,
        clockTolerance: 60,
        timeout: 10,
      },
      secrets: valid.secrets,
      store: { kind: 'sqlite', path: './sessions.db' },
      session: {
        idle: 1800,
        absolute: 43_200,
        idpLifetime: null,
        whenIdpSessionEnds: { logout: 'end', expired: 'rely' },
        bindTo: { userAgent: 'family', ip: false, onMismatch: 'step-up' },
      },
      upstreams: new Map([
        [
          'orders',
          {
            name: 'orders',
            url: new URL('http://127.0.0.1:4100/v1/'),
            token: 'user',
            timeout: 30,
            methods: null,
            require: {},
          },
        ],
      ]),
      mediateTokens: false,
      acceptTokens: { clientId: ['bff'], audience: [] },
    })
  })

  it('every option, as written', () => {
    const store = Object.fromEntries(
      'create get replace delete deleteWhere list deleteExpired ping close'
        .split(' ')
        .map((name) => [name, () => {}]),
    )
    const resolved = validateOptions({
      origin: 'http://localhost:3000',
      basePath: '/auth/bff',
      idp: {
        issuer: 'http://127.0.0.1:4000/',
        discoveryUrl: 'https://other.example.com/metadata?tenant=a',
        clientId: 'bff',
        clientSecret: 's',
        scope: 'openid',
        tokenEndpointAuthMethod: 'client_secret_post',
        authorizationParams: { prompt: 'consent', resource: ['https://a.example', 'https://b.example'] },
        idTokenHint: false,
        clockTolerance: 0,
        timeout: 2.5,
      },
      secrets: valid.secrets,
      store,
      session: {
        idle: 0,
        absolute: 60,
        idpLifetime: 1_209_600,
        whenIdpSessionEnds: { logout: 'rely', expired: 'end' },
        bindTo: { userAgent: false, ip: false, onMismatch: 'observe' },
      },
      upstreams: {
        orders: {
          url: 'http://[::1]:4100',
          token: 'none',
          resource: 'https://api.example.com/',
          timeout: 5,
          methods: ['get', 'PROPFIND'],
          require: { acr: ['mfa', 'high'], maxAge: 0, amr: 'otp', roles: ['admin'], user: 'alice' },
          maxBody: 1000,
        },
      },
      mediateTokens: true,
      acceptTokens: { clientId: ['spa', 'other'], audience: 'https://api.example.com/' },
      log: silentLog,
    })
    expect(resolved.idp.issuer).toBe('http://127.0.0.1:4000/')
    expect(resolved.idp.authorizationParams['resource']).toEqual(['https://a.example', 'https://b.example'])
    expect(resolved.store).toBe(store)
    expect(resolved.session).toMatchObject({ idle: 0, bindTo: { userAgent: false, onMismatch: 'observe' } })
    expect(resolved.upstreams.get('orders')).toMatchObject({
      token: 'none',
      methods: ['GET', 'PROPFIND'],
      require: { acr: ['mfa', 'high'], maxAge: 0 },
      maxBody: 1000,
    })
    expect(resolved.acceptTokens).toEqual({
      clientId: ['spa', 'other'],
      audience: ['https://api.example.com/'],
    })
  })

  it.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'http://app.localhost'])(
    'an origin without HTTPS: %s',
    (origin) => expect(validateOptions({ ...valid, origin }).origin).toBe(origin),
  )

  it('the store that keeps nothing', () => {
    expect(validateOptions({ ...valid, store: 'memory:' }).store).toEqual({ kind: 'memory' })
  })
})
