import { expect, it } from 'vitest'
import { doorNames } from '../../src/bff/door-names.js'

const nameOf = doorNames({ basePath: '/door', upstreams: ['orders'] })

it.each([
  ['/door/login?return_to=/x', { door: 'login', path: '/door/login' }],
  ['/door/backchannel-logout', { door: 'backchannel-logout', path: '/door/backchannel-logout' }],
  ['/healthz', { door: 'healthz', path: '/healthz' }],
  ['/door/api/orders', { door: 'api/orders', path: '/door/api/orders', upstream: 'orders' }],
  ['/door/api/orders?a=/b', { door: 'api/orders', path: '/door/api/orders', upstream: 'orders' }],
  [
    '/door/api/orders/reset/test-token?b',
    { door: 'api/orders', path: '/door/api/orders', upstream: 'orders' },
  ],
  ['/door/api/test-token/7', { door: 'other', path: '/door/api' }],
  ['/door/api/', { door: 'other', path: '/door/api' }],
  ['/door/session/test-token', { door: 'other', path: '/door' }],
  ['/door/test-token', { door: 'other', path: '/door' }],
  ['/door', { door: 'other' }],
  ['/doors/api/orders', { door: 'other' }],
  ['/reset/test-token', { door: 'other' }],
  ['/', { door: 'other' }],
  ['', { door: 'other' }],
])('%s is called by what is no user’s: %j', (address, name) => expect(nameOf(address)).toEqual(name))

it('below /bff where nothing else is said', () =>
  expect(doorNames({ upstreams: [] })('/bff/session')).toEqual({ door: 'session', path: '/bff/session' }))
