/** S39: a session is bound to properties of the client that it began with, so that its cookie alone is worth little. */
import { createHash } from 'node:crypto'
import type { BindingOptions, BoundProperty, MismatchPolicy } from 'tandem-session/bff'
import { describe, expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { problemOf } from '../bff/bench.js'
import { APP_ORIGIN, PROXY, startWorld, type World } from './world.js'

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'
const UPDATED = CHROME.replace('156.0.0.0', '157.2.1.0')
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'

/** What alice's client is like, and what a thief's is like in one property. */
const ALICE = { 'user-agent': CHROME, 'x-forwarded-for': '203.0.113.7', 'client-cert': 'a1'.repeat(32) }
const THIEVES: [who: string, BoundProperty, Record<string, string>, BindingOptions][] = [
  ['in another browser', 'userAgent', { 'user-agent': FIREFOX }, {}],
  ['from another network', 'ip', { 'x-forwarded-for': '198.51.100.7' }, { ip: 'prefix' }],
  [
    'with another certificate',
    'clientCertificate',
    { 'client-cert': 'b2'.repeat(32) },
    { clientCertificate: { header: 'Client-Cert' } },
  ],
  [
    'without the certificate',
    'clientCertificate',
    { 'client-cert': '' },
    { clientCertificate: { header: 'Client-Cert' } },
  ],
]

const start = async (bindTo: BindingOptions): Promise<World> =>
  startWorld({
    bff: (base) => ({ ...base, trustedProxies: [PROXY], session: { ...base.session, bindTo } }),
    own: {},
  })

/** alice signs in; whoever is like `headers` has her cookies. */
const steal = async (world: World, headers: Record<string, string>) => {
  const owner = world.newBrowser(ALICE)
  await owner.login('alice')
  const thief = world.newBrowser({ ...ALICE, ...headers })
  for (const { name, value, httpOnly } of owner.agent.cookies.all(APP_ORIGIN))
    thief.agent.cookies.set(
      new URL(APP_ORIGIN),
      `${name}=${value}; Path=/; Secure${httpOnly ? '; HttpOnly' : ''}`,
    )
  expect(thief.cookie('session')).toBe(owner.cookie('session'))
  const state = async () => {
    const cookie = owner.agent.cookies.get(APP_ORIGIN, cookieNames.session)?.value ?? ''
    return (await world.store.get(createHash('sha256').update(cookie).digest('base64url')))?.state
  }
  return { owner, thief, state }
}

const call = async (browser: { fetch(path: string): Promise<Response> }) => [
  (await browser.fetch('/bff/api/orders/1')).status,
  (await browser.fetch('/own')).status,
]

const told = ({ log }: World): unknown[] =>
  log.filter(({ event }) => event === 'binding_mismatch').map(({ property }) => property)

describe('S39 a session is bound to the client that it began with', () => {
  it.each(THIEVES)(
    'S39 stolen and used %s, it is nobody’s there, and goes on here',
    async (_, property, headers, bindTo) => {
      const world = await start(bindTo)
      const { owner, thief, state } = await steal(world, headers)
      expect(await call(owner)).toEqual([200, 200])
      const answer = await thief.fetch('/bff/api/orders/1')
      expect(answer.status).toBe(401)
      expect(await problemOf(answer)).toMatchObject({ code: 'login_required', ended_by: 'binding' })
      expect((await thief.fetch('/own')).status).toBe(401)
      expect((await thief.post('/bff/refresh')).status).toBe(401)
      expect(await thief.session()).toMatchObject({ authenticated: false })
      expect(new Set(told(world))).toEqual(new Set([property]))
      // Stepping up is open to whoever it really is.
      expect(await state()).toBe('live')
      expect(await call(owner)).toEqual([200, 200])
      await thief.login('alice')
      expect(await call(thief)).toEqual([200, 200])
    },
  )

  it.each(THIEVES)(
    'S39 stolen and used %s, policy end: the session is over for everybody',
    async (_, property, headers, bindTo) => {
      const world = await start({ ...bindTo, onMismatch: { [property]: 'end' } })
      const { owner, thief, state } = await steal(world, headers)
      expect(await call(owner)).toEqual([200, 200])
      expect(await call(thief)).toEqual([401, 401])
      expect(await state()).toBe('ended')
      const answer = await owner.fetch('/bff/api/orders/1')
      expect([answer.status, (await problemOf(answer))['ended_by']]).toEqual([401, 'binding'])
    },
  )

  it.each(THIEVES)(
    'S39 stolen and used %s, policy observe: it is noted, and that is all',
    async (_, property, headers, bindTo) => {
      const world = await start({ ...bindTo, onMismatch: 'observe' })
      const { owner, thief } = await steal(world, headers)
      expect(await call(thief)).toEqual([200, 200])
      expect(await call(owner)).toEqual([200, 200])
      expect(told(world)).toContain(property)
    },
  )

  it.each<[string, Record<string, string>, BindingOptions]>([
    ['the same client', {}, { ip: 'prefix', clientCertificate: { header: 'Client-Cert' } }],
    ['an update of the browser', { 'user-agent': UPDATED }, {}],
    ['another address of the same network', { 'x-forwarded-for': '203.0.113.250' }, { ip: 'prefix' }],
    ['another network, with addresses not bound', { 'x-forwarded-for': '198.51.100.7' }, {}],
    [
      'another network, with addresses observed',
      { 'x-forwarded-for': '198.51.100.7' },
      { ip: 'prefix', onMismatch: { ip: 'observe' } },
    ],
  ])('S39 %s passes', async (_, headers, bindTo) => {
    const world = await start(bindTo)
    const { owner, thief } = await steal(world, headers)
    expect(await call(thief)).toEqual([200, 200])
    expect(await call(owner)).toEqual([200, 200])
  })

  it('S39 the strictest policy of what does not match decides', async () => {
    const policies: Partial<Record<BoundProperty, MismatchPolicy>> = { ip: 'observe', userAgent: 'end' }
    const world = await start({ ip: 'prefix', onMismatch: policies })
    const { owner, thief } = await steal(world, { 'user-agent': FIREFOX, 'x-forwarded-for': '198.51.100.7' })
    expect(await call(thief)).toEqual([401, 401])
    expect(await call(owner)).toEqual([401, 401])
    expect(told(world).slice(0, 2).toSorted()).toEqual(['ip', 'userAgent'])
  })
})
