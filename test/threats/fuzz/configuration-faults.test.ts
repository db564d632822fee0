import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { checkConfiguration } from '../../../src/bff/configuration.js'
import { ConfigurationError } from '../../../src/errors.js'
import { validateOptions } from '../../../src/bff/validate.js'
import { holds, PATIENT } from './fuzz.js'

const NONCE = '__CSP_NONCE__'

const folder = mkdtempSync(join(tmpdir(), 'tandem-faults-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'public'))
mkdirSync(join(folder, 'plain'))
writeFileSync(join(folder, 'public', 'index.html'), `<script nonce="${NONCE}"></script>`)
writeFileSync(join(folder, 'plain', 'index.html'), '')
writeFileSync(join(folder, 'text.db'), 'no database')

/** A configuration that is right, with every kind of option. */
const right = () => ({
  listen: { host: '127.0.0.1', port: 3000 },
  admin: { listen: { host: '127.0.0.1', port: 3001 } },
  timeouts: { head: 15, idle: 65 },
  origin: 'https://app.example.com',
  basePath: '/bff',
  idp: {
    ...{
      issuer: 'https://idp.example.com',
      clientId: 'bff',
      clientSecret: 'test-secret',
    },
    ...{ scope: 'openid', dpop: true, singleResource: true, supportedPrompts: ['login'], timeout: 10 },
    authorizationParams: { prompt: 'login', resource: 'urn:a', ui_locales: 'sv' },
    sessionsApi: {
      url: 'https://api.example.com',
      clientId: 'admin',
      clientSecret: 'test-secret',
      logout: false,
    },
  },
  secrets: ['test-secret-of-thirty-two-letters', 'test-secret-of-thirty-two-letters-2'],
  store: 'sqlite:./sessions.db',
  session: { idle: 1800, absolute: 43_200, bindTo: { ip: 'prefix' }, cookie: { sameSite: 'lax' } },
  trustedProxies: [] as string[],
  rateLimit: { login: { burst: 300, perSecond: 20 } },
  mediateTokens: false,
  upstreams: {
    orders: { url: 'http://127.0.0.1:4100/', timeout: 30, methods: ['GET'], require: { maxAge: 300 } },
  },
  static: { folder: './public', nonce: NONCE, headers: {}, contentSecurityPolicy: { 'img-src': "'self'" } },
})

type Right = ReturnType<typeof right>

/** Where a value is changed, the value, and the option that is named: where nothing is said, that one. Faults with one `group` cannot be there together. */
interface Injected {
  readonly at: string
  readonly value: unknown
  readonly option?: string
  readonly group?: string
}

const injected: readonly Injected[] = [
  ...[
    ...['odd', 'idp.odd', 'session.odd', 'session.cookie.odd', 'listen.odd', 'static.odd'],
    ...['upstreams.orders.odd', 'upstreams.orders.require.odd', 'idp.sessionsApi.odd', 'rateLimit.login.odd'],
  ].map((at) => ({ at, value: 1 })),
  { at: 'origin', value: 'http://app.example.com' },
  { at: 'basePath', value: 'bff' },
  { at: 'idp.issuer', value: undefined },
  { at: 'idp.clientId', value: ' ' },
  { at: 'idp.clientSecret', value: 'env:NOT_THERE' },
  { at: 'idp.privateKey', value: { pem: '-----BEGIN PUBLIC KEY-----' } },
  { at: 'idp.scope', value: 'profile' },
  { at: 'idp.timeout', value: -1 },
  { at: 'idp.responseMode', value: 'fragment' },
  { at: 'idp.authorizationParams.state', value: 'x' },
  { at: 'idp.authorizationParams.ui_locales', value: 5 },
  { at: 'idp.authorizationParams.prompt', value: 'consent' },
  { at: 'idp.authorizationParams.resource', value: ['urn:a', 'urn:b'] },
  { at: 'idp.authorizationParams.response_mode', value: 'fragment' },
  { at: 'idp.sessionsApi.url', value: undefined },
  { at: 'idp.sessionsApi.clientSecret', value: undefined },
  { at: 'idp.sessionsApi.logout', value: true },
  { at: 'mediateTokens', value: true },
  { at: 'secrets.0', value: 'short', option: 'secrets[0]' },
  { at: 'secrets.1', value: 'env:EMPTY', option: 'secrets[1]' },
  { at: 'session.idle', value: 'long' },
  { at: 'session.absolute', value: 0 },
  { at: 'session.bindTo.ip', value: 'x' },
  { at: 'session.bindTo.clientCertificate', value: { header: 'Client-Cert' } },
  { at: 'session.cookie.dangerouslySameSiteNone', value: true },
  { at: 'session.cookie.dangerouslyInsecure', value: 'yes' },
  { at: 'clientAddressHeader', value: 'forwarded' },
  { at: 'rateLimit.login.burst', value: 0 },
  { at: 'rateLimit.session', value: true },
  { at: 'upstreams.a b', value: { url: 'http://127.0.0.1/' } },
  { at: 'upstreams.c/d', value: { url: 'ftp://x' } },
  { at: 'upstreams.c/d', value: { url: 'ftp://x' }, option: 'upstreams.c/d.url' },
  { at: 'upstreams.orders.url', value: 'orders.internal' },
  { at: 'upstreams.orders.methods.0', value: 'TRACE', option: 'upstreams.orders.methods[0]' },
  { at: 'upstreams.orders.require.maxAge', value: 'soon' },
  { at: 'timeouts.head', value: 0 },
  { at: 'listen.host', value: '', group: 'port' },
  { at: 'admin.listen.port', value: 3000, group: 'port' },
  { at: 'admin.listen.port', value: 70_000, group: 'port' },
  { at: 'static.headers.X-Frame-Options', value: 'ALLOW' },
  { at: 'static.contentSecurityPolicy.img-src', value: 'self' },
  { at: 'static.contentSecurityPolicy.script-src', value: false },
  { at: 'static.folder', value: './none', option: 'static', group: 'static' },
  { at: 'static.folder', value: './text.db', option: 'static', group: 'static' },
  { at: 'static.folder', value: './plain', option: 'static.nonce', group: 'static' },
  { at: 'static.folder', value: 5, group: 'static' },
  { at: 'store', value: 'sqlite:./none/s.db', group: 'store' },
  { at: 'store', value: 'sqlite:./public', group: 'store' },
  { at: 'store', value: 'sqlite:./text.db', group: 'store' },
  { at: 'store', value: 'postgres://x', group: 'store' },
]

function inject(whole: object, { at, value }: Injected): void {
  // Names of upstreams may have anything in them but dots here.
  const names = at.split('.')
  const last = names.pop() ?? ''
  let parent: unknown = whole
  for (const name of names) parent = Reflect.get(Object(parent), name)
  if (value === undefined) Reflect.deleteProperty(Object(parent), last)
  else Reflect.set(Object(parent), last, value)
}

const brokenBy = (faults: readonly Injected[]): object => {
  const whole = right()
  for (const one of faults) inject(whole, one)
  return whole
}
const expected = (faults: readonly Injected[]): string[] =>
  [...new Set(faults.map(({ at, option = at }) => option))].toSorted()

/** The options that are named, each of them with something to say. */
function named(check: () => unknown): string[] {
  try {
    check()
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.message.split('\n').map((line) => /^(\S.*?): .{10,}$/.exec(line)?.[1] ?? `? ${line}`)
  }
}
const checked = (given: object): string[] => named(() => checkConfiguration(given, { EMPTY: '' }, folder))

it('T105 configuration: the one that is broken is right before', () => {
  expect(checked(right())).toEqual([])
})

it.each(injected)('T105 configuration: $at: $value is told, and nothing else', (one) => {
  const others = one.at === 'upstreams.c/d' ? ['upstreams.c/d', 'upstreams.c/d.url'] : expected([one])
  expect([...new Set(checked(brokenBy([one])))].toSorted()).toEqual(others)
})

/** Those that can be there together. */
const together = (faults: readonly Injected[]): readonly Injected[] => {
  const seen = new Set<string>()
  return faults.filter(({ group }) => group === undefined || (!seen.has(group) && seen.add(group)))
}

/** What is wrong with how they are told: by the command, and in code as far as it is code's to know. */
function wrongOf(faults: readonly Injected[]): readonly unknown[] {
  const told = checked(brokenBy(faults))
  const { listen: _l, admin: _a, timeouts: _t, static: _s, store: _f, ...options } = brokenBy(faults) as Right
  const toldInCode = named(() => validateOptions(options))
  const ofCode = told.filter((option) => !/^(?:(?:listen|admin|timeouts|static)\b|store$)/.test(option))
  return [
    ...expected(faults).filter((option) => !told.includes(option)),
    ...told.filter((line) => line.startsWith('?')),
    ...(ofCode.join() === toldInCode.join() ? [] : [ofCode, toldInCode]),
  ]
}

it('T105 configuration: all of them at once are told, and nothing is changed', () => {
  const before = readdirSync(folder, { recursive: true })
  expect(wrongOf(together(injected))).toEqual([])
  expect(wrongOf(together(injected.toReversed()))).toEqual([])
  expect(readdirSync(folder, { recursive: true })).toEqual(before)
})

it('T105 configuration: of any faults every one is told, in a file and in code', PATIENT, () =>
  holds(
    fc.property(fc.subarray([...injected], { minLength: 1, maxLength: 12 }).map(together), (faults) => {
      expect(wrongOf(faults)).toEqual([])
    }),
  ),
)
