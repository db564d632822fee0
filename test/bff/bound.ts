/** What the tests of sessions that are bound to their client have in common: ways to a BFF behind a proxy, and what its doors say. */
import { expect } from 'vitest'
import type { BindingOptions, BffOptions } from '../../src/bff/options.js'
import { problemOf } from './bench.js'
import type { Browser } from './bench.js'

/** The proxy that is trusted. */
export const PROXY = '127.0.0.1'
/** A BFF behind it, that binds sessions so. */
export const behind = (bindTo: BindingOptions, more: Partial<BffOptions> = {}): Partial<BffOptions> => ({
  trustedProxies: [PROXY],
  session: { bindTo },
  ...more,
})
/** The way of a client at this address, through the proxy. */
export const from = (address: string, headers: Record<string, string> = {}) => ({
  proxy: PROXY,
  headers: { 'x-forwarded-for': address, ...headers },
})

/** What every door that needs a session says, by its name. */
export async function doorsOf(browser: Browser, csrf: string): Promise<Record<string, unknown>> {
  const said = async (answer: Response) =>
    answer.ok ? 200 : [answer.status, (await problemOf(answer))['ended_by']]
  return {
    session: await browser.session(),
    proxy: await said(await browser.fetch('/bff/api/echo/x', { csrf })),
    write: await said(await browser.post('/bff/api/echo/x', {}, { csrf })),
    refresh: await said(await browser.post('/bff/refresh', {}, { csrf })),
    events: await said(await browser.fetch('/bff/events', { csrf })),
    token: await said(await browser.fetch('/bff/token', { csrf })),
  }
}
const refused = [401, 'binding']
/** What they all say to whom the session does not belong. */
export const shut = {
  session: { authenticated: false, last: { ended_by: 'binding', at: expect.any(Number) } },
  ...{ proxy: refused, write: refused, refresh: refused, events: refused, token: refused },
}
