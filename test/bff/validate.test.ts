import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.js'
import { silentLog } from '../../src/bff/log.js'
import { validateOptions } from '../../src/bff/validate.js'

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

/** Option, a wrong value, what the message says of it, and the fix it names. */
const wrong: readonly (readonly [option: string, value: unknown, says: RegExp])[] = [
  ['origin', undefined, /is missing.*https:\/\/app\.example\.com/],
  ['origin', 5, /is 5.*Write the app's own origin/],
  ['origin', 'app.example.com', /is not an address/],
  ['origin', 'http://app.example.com', /not HTTPS.*not localhost/],
  ['origin', 'https://app.example.com/', /write "https:\/\/app\.example\.com"/],
  ['origin', 'https://app.example.com/app', /more than an origin/],
  ['origin', 'https://user@app.example.com', /user or password/],
  ['basePath', 'bff', /begin with "\/"/],
  ['basePath', '/bff/', /Write a path such as "\/bff"/],
  ['basePath', '/', /is "\/"/],
  ['basePath', '/../bff', /plain segments/],
  ['basePath', '/b%66f', /plain segments/],
  ['idp', undefined, /is missing/],
  ['idp', 'https://idp.example.com', /Write an object/],
  ['idp.issuer', undefined, /is missing.*Write the issuer/],
  ['idp.issuer', 'http://idp.example.com', /not HTTPS/],
  ['idp.issuer', 'https://idp.example.com?x=1', /has a query/],
  ['idp.issuer', 'https://idp.example.com#x', /has a fragment/],
  ['idp.discoveryUrl', 'nowhere', /is not an address.*or null/],
  ['idp.discoveryUrl', 'http://idp.example.com/metadata', /not HTTPS/],
  ['idp.clientId', undefined, /is missing.*client id/],
  ['idp.clientId', ' ', /is empty/],
  ['idp.clientSecret', undefined, /is missing.*secret of that client/],
  ['idp.clientSecret', '', /is empty.*confidential/],
  ['idp.clientSecret', 12, /is not a text/],
  ['idp.scope', 'profile', /without "openid"/],
  ['idp.scope', ['openid'], /not a text.*separated by spaces/],
  ['idp.tokenEndpointAuthMethod', 'none', /"client_secret_basic" or "client_secret_post"/],
  ['idp.authorizationParams', 'prompt=consent', /Write an object/],
  ['idp.authorizationParams.response_type', 'token', /set by the BFF itself/],
  ['idp.authorizationParams.redirect_uri', 'https://evil.example', /set by the BFF itself.*Remove it/],
  ['idp.authorizationParams.scope', 'openid', /Write it as idp\.scope/],
  ['idp.authorizationParams.prompt', 5, /is 5, not a text/],
  ['idp.idTokenHint', 'no', /Write true or false/],
  ['idp.clockTolerance', -1, /or 0: no tolerance/],
  ['idp.timeout', 0, /positive number of seconds/],
  ['idp.timeout', '10', /"10", not a number/],
  ['idp.timeout', 3e6, /is 3000000/],
  ['secrets', undefined, /is missing.*32 characters/],
  ['secrets', 'x'.repeat(40), /is not a list/],
  ['secrets', [], /is empty/],
  ['store', 'redis://127.0.0.1:6379', /no Redis store yet.*sqlite:PATH/],
  ['store', 'rediss://127.0.0.1:6379', /no Redis store yet/],
  ['store', 'sqlite:', /"sqlite:".*sqlite:PATH/],
  ['store', 'postgres://x', /"memory:"/],
  ['store', { get() {} }, /without the methods of a store/],
  ['session', 1800, /Write an object/],
  ['session.idle', -5, /or 0: no idle limit/],
  ['session.idle', Number.NaN, /not a number/],
  ['session.absolute', 0, /positive number of seconds/],
  ['session.absolute', Number.POSITIVE_INFINITY, /not a number/],
  ['session.idpLifetime', 'long', /not a number/],
  ['session.whenIdpSessionEnds', 'end', /Write an object/],
  ['session.whenIdpSessionEnds.logout', 'stop', /"end" or "rely"/],
  ['session.whenIdpSessionEnds.expired', true, /"end" or "rely"/],
  ['session.bindTo.userAgent', true, /"family" or false/],
  ['session.bindTo.userAgent', 'version', /"family" or false/],
  ['session.bindTo.ip', true, /Write false/],
  ['session.bindTo.onMismatch', 'kill', /"observe" or "step-up" or "end"/],
  ['upstreams', [upstream], /Write an object/],
  ['upstreams.a/b', upstream, /a name that can stand in a path/],
  ['upstreams.orders.url', undefined, /is missing.*4100/],
  ['upstreams.orders.url', 'ftp://files.example.com', /is not an address/],
  ['upstreams.orders.url', 'http://127.0.0.1/?key=1', /has a query/],
  ['upstreams.orders.url', 'http://127.0.0.1//x/', /empty segment/],
  ['upstreams.orders.url', 'http://user:pass@127.0.0.1/', /user or password/],
  ['upstreams.orders.token', 'users', /"user" or "none"/],
  ['upstreams.orders.resource', '', /is empty.*resource/],
  ['upstreams.orders.timeout', -1, /positive number of seconds/],
  ['upstreams.orders.methods', 'GET', /is not a list/],
  ['upstreams.orders.methods', [], /leave it out: then all pass/],
  ['upstreams.orders.maxBody', 0, /number of bytes/],
  ['upstreams.orders.require', 'mfa', /Write an object/],
  ['upstreams.orders.require.maxAge', 'soon', /not a number/],
  ['upstreams.orders.require.acr', 1, /authentication context/],
  ['upstreams.orders.require.amr', [], /is empty/],
  ['upstreams.orders.require.audience', false, /audience/],
  ['upstreams.orders.require.scope', null, /scope/],
  ['upstreams.orders.require.roles', {}, /role/],
  ['upstreams.orders.require.user', ['alice'], /sub of a user/],
  ['mediateTokens', 'yes', /Write true or false/],
  ['acceptTokens', 'spa', /Write an object/],
  ['acceptTokens.clientId', 5, /client id/],
  ['acceptTokens.audience', [''], /is empty/],
  ['log', console.log, /info, warn and error/],
]

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
