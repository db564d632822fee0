import { describe, expect, it } from 'vitest'
import { silentLog } from '../../src/bff/log.js'
import { validateOptions } from '../../src/bff/validate.js'

const valid = {
  origin: 'https://app.example.com',
  idp: { issuer: 'https://idp.example.com', clientId: 'bff', clientSecret: 'test-secret' },
  secrets: ['test-secret-of-thirty-two-letters'],
}
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
        supportedPrompts: null,
        singleResource: false,
        dpop: false,
        privateKey: null,
        pushedAuthorization: null,
        signedRequestObject: null,
        responseMode: null,
        revokeAccessToken: false,
        sessionsApi: null,
        untypedLogoutTokens: false,
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
        bindTo: {
          userAgent: 'family',
          ip: false,
          clientCertificate: false,
          onMismatch: { userAgent: 'step-up', ip: 'step-up', clientCertificate: 'step-up' },
        },
        cookie: { sameSite: 'Strict', maxAge: null, isSecure: true },
      },
      trustedProxies: null,
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
      rateLimit: {
        login: { burst: 300, perSecond: 20 },
        address: { burst: 1000, perSecond: 100 },
        session: { burst: 600, perSecond: 50 },
      },
      mediateTokens: false,
      acceptTokens: { clientId: ['bff'], audience: [] },
    })
  })

  it('every option, as written', () => {
    const store = Object.fromEntries(
      'create get replace delete deleteWhere list remember remembered deleteExpired ping close'
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
        untypedLogoutTokens: true,
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
        bindTo: {
          userAgent: false,
          ip: { v4: 16 },
          clientCertificate: { header: 'X-SSL-Client-Cert' },
          onMismatch: { ip: 'observe', clientCertificate: 'end' },
        },
        cookie: { sameSite: 'lax', dangerouslyPersistent: true, dangerouslyInsecure: true },
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
          networks: ['10.20.0.0/16'],
        },
      },
      trustedProxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'],
      clientAddressHeader: 'forwarded',
      mediateTokens: true,
      acceptTokens: { clientId: ['spa', 'other'], audience: 'https://api.example.com/' },
      log: silentLog,
    })
    expect(resolved.idp.issuer).toBe('http://127.0.0.1:4000/')
    expect(resolved.idp.authorizationParams['resource']).toEqual(['https://a.example', 'https://b.example'])
    expect(resolved.store).toBe(store)
    expect(resolved.session).toMatchObject({
      idle: 0,
      bindTo: {
        userAgent: false,
        ip: { v4: 16, v6: 56 },
        clientCertificate: { header: 'x-ssl-client-cert' },
        onMismatch: { userAgent: 'step-up', ip: 'observe', clientCertificate: 'end' },
      },
      cookie: { sameSite: 'Lax', maxAge: 60, isSecure: false },
    })
    expect(resolved.trustedProxies).toEqual({
      ranges: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'],
      header: 'forwarded',
    })
    expect(resolved.upstreams.get('orders')).toMatchObject({
      token: 'none',
      methods: ['GET', 'PROPFIND'],
      require: { acr: ['mfa', 'high'], maxAge: 0 },
      maxBody: 1000,
      networks: ['10.20.0.0/16'],
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

  it.each([
    [true, { v4: 24, v6: 56 }],
    ['prefix', { v4: 24, v6: 56 }],
    [{ v6: 64 }, { v4: 24, v6: 64 }],
    [false, false],
  ])('session.bindTo.ip: %j', (ip, expected) =>
    expect(validateOptions({ ...valid, session: { bindTo: { ip } } }).session.bindTo.ip).toEqual(expected),
  )

  it('one policy for all that a session is bound to', () => {
    const bindTo = { onMismatch: 'end' }
    expect(validateOptions({ ...valid, session: { bindTo } }).session.bindTo.onMismatch).toEqual({
      userAgent: 'end',
      ip: 'end',
      clientCertificate: 'end',
    })
  })

  it('no proxy that is believed', () =>
    expect(validateOptions({ ...valid, trustedProxies: [] }).trustedProxies?.ranges).toEqual([]))

  it('the store that keeps nothing', () => {
    expect(validateOptions({ ...valid, store: 'memory:' }).store).toEqual({ kind: 'memory' })
  })
})
