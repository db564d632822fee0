import { expect, it } from 'vitest'
import { serverTimeouts } from '../../../src/bff/node/timeouts.js'

it('are seconds, with defaults; the server looks often enough to keep them', () => {
  expect(serverTimeouts({})).toEqual({
    headersTimeout: 15_000,
    requestTimeout: 300_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 5000,
  })
  expect(serverTimeouts({ head: 0.3, request: 0.6 })).toMatchObject({
    headersTimeout: 300,
    requestTimeout: 600,
    connectionsCheckingInterval: 100,
  })
  // A whole request cannot take less than its head.
  expect(serverTimeouts({ head: 60, request: 10 })).toMatchObject({ requestTimeout: 60_000 })
})

it.each([0, -1, Number.NaN, Infinity, 100_000])('of %s s are refused', (seconds) => {
  for (const name of ['head', 'request', 'idle', 'stalled', 'slow'])
    expect(() => serverTimeouts({ [name]: seconds })).toThrow(`timeouts.${name}`)
})
