/** A reverse proxy that asks the BFF by another name, in front of a real browser: a login ends with what to do, not in a circle. */
import { createServer, request as ask } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { createBff } from '../../src/bff/index.js'
import { serve } from '../../src/bff/node.js'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, startTestIdp } from '../support/idp.js'
import type { Idp } from '../support/idp.js'
import { launch, newPage } from './browser.js'

let browser: Browser
let idp: Idp
let proxy: Server
let origin: string
/** What the proxy does to the `Host` header. */
let passesHost = false
let policy = ''
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  browser = await launch()
  let port = 0
  // A page of the app that links to the login, and everything else from the BFF behind it.
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/bff/')) {
      response.writeHead(200, { 'content-type': 'text/html', 'referrer-policy': policy })
      response.end('<!doctype html><title>app</title><a href="/bff/login?return_to=/orders">Log in</a>')
      return
    }
    const { host: _, ...headers } = request.headers
    const given = passesHost ? request.headers : headers
    const { method, url: path } = request
    request.pipe(
      ask({ port, method, path, headers: given }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  proxy = server
  origin = `http://localhost:${(server.address() as AddressInfo).port}`
  idp = await startTestIdp({ appOrigins: [origin] })
  const bff = createBff({
    origin,
    idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET },
    secrets: ['test-secret-for-the-bff-0123456789abcdef'],
    store: 'memory:',
  })
  const served = await serve(bff, { port: 0 })
  port = Number(new URL(served.url).port)
  closing.push(
    () => served.close(),
    () => bff.close(),
  )
})

afterAll(async () => {
  await browser?.close()
  proxy?.close()
  for (const close of closing) await close()
  await idp?.close()
})

describe('a proxy that asks by another name', () => {
  it.each(['', 'no-referrer'])('(referrer policy "%s") shows what to configure', async (referrerPolicy) => {
    policy = referrerPolicy
    passesHost = false
    const page = await newPage(browser)
    await page.goto(origin)
    await page.click('a')
    await page.getByText('This application cannot be reached').waitFor()
    await page.getByText('let the proxy in front pass the Host header on').waitFor()
    expect(new URL(page.url()).origin).toBe(origin)

    // Once it is configured, the same link works.
    passesHost = true
    await page.getByRole('link', { name: 'Back to the application' }).click()
    await page.click('a')
    await page.waitForURL(`${idp.issuer}/**`)
    await page.context().close()
  })

  it('also where the address is typed', async () => {
    passesHost = false
    const page = await newPage(browser)
    await page.goto(`${origin}/bff/login?return_to=/orders`)
    await page.getByText('This application cannot be reached').waitFor()
    await page.context().close()
  })
})
