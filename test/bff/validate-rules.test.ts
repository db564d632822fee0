import { describe, expect, it } from 'vitest'
import { validateConfiguration } from '../../src/bff/configuration.js'
import { validateOptions } from '../../src/bff/validate.js'

const base = {
  origin: 'http://localhost:3000',
  idp: { issuer: 'https://idp.example.com', clientId: 'bff', clientSecret: 'test-secret' },
  secrets: ['test-secret-of-thirty-two-letters'],
}

describe('tokens that are bound to a key of the BFF', () => {
  const idp = { ...base.idp, dpop: true }

  it('are no use to a page', () => {
    expect(() => validateOptions({ ...base, idp, mediateTokens: true })).toThrow(
      /^mediateTokens: gives access tokens to the page, and idp\.dpop binds them to a key/,
    )
    expect(validateOptions({ ...base, idp, mediateTokens: false }).idp.dpop).toBe(true)
    expect(validateOptions({ ...base, mediateTokens: true }).idp.dpop).toBe(false)
  })

  it('are none to an API that takes Bearer tokens', () => {
    const sessionsApi = { url: 'https://api.example.com', logout: true }
    expect(() => validateOptions({ ...base, idp: { ...idp, sessionsApi } })).toThrow(
      /^idp\.sessionsApi\.logout: needs a Bearer token/,
    )
  })
})

describe('what is wrong by itself, and what is wrong together', () => {
  const refusal = (given: unknown): string => {
    try {
      validateConfiguration(given, {})
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
    throw new Error('nothing was refused')
  }

  it('is told at once, deep down and across options', () => {
    const told = refusal({
      ...base,
      secret: 'x',
      clientAddressHeader: 'forwarded',
      session: { cookie: { sameSite: 'lax', dangerouslySameSiteNone: true } },
      upstreams: {
        orders: {
          url: 'orders.internal',
          timeout: -1,
          require: { maxAge: 'soon', acl: 'x' },
          methods: ['GET', 'TRACE'],
        },
        '../x': { url: 'http://127.0.0.1:1/' },
      },
      timeouts: { head: 0 },
      rateLimit: { login: { burst: 0 } },
      admin: { listen: { port: 'many' } },
    })
    const options = told.split('\n').map((line) => line.split(': ', 1)[0])
    for (const option of [
      'secret',
      'clientAddressHeader',
      'session.cookie.dangerouslySameSiteNone',
      'upstreams.orders.url',
      'upstreams.orders.timeout',
      'upstreams.orders.require.maxAge',
      'upstreams.orders.require.acl',
      'upstreams.orders.methods[1]',
      'upstreams.../x',
      'timeouts.head',
      'rateLimit.login.burst',
      'admin.listen.port',
    ])
      expect(options).toContain(option)
  })

  it('is not told of options that are wrong by themselves', () => {
    const told = refusal({ ...base, origin: 'nowhere', session: { cookie: { dangerouslyInsecure: true } } })
    expect(told).toMatch(/^origin: [^\n]*$/)
    const cookie = { dangerouslySameSiteNone: 'maybe', sameSite: 'lax' }
    expect(refusal({ ...base, session: { cookie } })).toMatch(
      /^session\.cookie\.dangerouslySameSiteNone: is "maybe"[^\n]*$/,
    )
  })

  it('is told of those beside an option that is wrong by itself', () => {
    const idp = {
      ...{ ...base.idp, issuer: 1, dpop: true, sessionsApi: { clientId: 'admin', logout: true } },
      authorizationParams: { prompt: 'consent login', resource: 5, response_mode: 'fragment' },
      ...{ supportedPrompts: ['login'], responseMode: 'form' },
    }
    const cookie = { dangerouslyInsecure: true, dangerouslySameSiteNone: true, sameSite: 'laxer' }
    const told = refusal({ ...base, idp, mediateTokens: true, session: { idle: 'x', cookie } })
    expect(told.split('\n').map((line) => line.split(': ', 1)[0])).toEqual([
      ...['idp.issuer', 'idp.authorizationParams.resource', 'idp.responseMode'],
      ...['session.idle', 'session.cookie.sameSite', 'session.cookie.dangerouslySameSiteNone'],
      ...['idp.authorizationParams.prompt', 'idp.authorizationParams.response_mode'],
      ...['idp.sessionsApi.url', 'idp.sessionsApi.clientSecret', 'mediateTokens', 'idp.sessionsApi.logout'],
    ])
  })
})

describe('an origin that is not this machine', () => {
  it('must be HTTPS, whatever else is configured', () => {
    for (const origin of [
      'http://app.example.com',
      'http://192.168.1.5:3000',
      'http://localhost.example.com',
    ])
      for (const cookie of [{}, { dangerouslyInsecure: true }])
        expect(() => validateOptions({ ...base, origin, session: { cookie } })).toThrow(
          /^origin: .*is not HTTPS/,
        )
  })
})

describe('what a proxy says', () => {
  const bindTo = { clientCertificate: { header: 'Client-Cert' } }

  it.each([undefined, []])('is believed from named proxies alone: %j', (trustedProxies) => {
    const proxies = trustedProxies === undefined ? {} : { trustedProxies }
    expect(() => validateOptions({ ...base, ...proxies, session: { bindTo } })).toThrow(
      /^session\.bindTo\.clientCertificate: .*trustedProxies names none/,
    )
    expect(() => validateOptions({ ...base, ...proxies, clientAddressHeader: 'forwarded' })).toThrow(
      /^clientAddressHeader: .*trustedProxies names none/,
    )
  })

  it('is fine from one that is', () =>
    expect(() =>
      validateOptions({
        ...{ ...base, trustedProxies: ['127.0.0.1'], clientAddressHeader: 'forwarded' },
        session: { bindTo },
      }),
    ).not.toThrow())
})
