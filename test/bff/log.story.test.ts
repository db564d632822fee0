/** A whole story over the command's own log, at every level: nothing in it opens, renews or proves anything. */
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { doorNames } from '../../src/bff/door-names.js'
import { logged, openLog } from '../../src/bff/server/log.js'
import { cookieNames } from '../../src/protocol.js'
import { ORIGIN, SECRET, startBench } from './bench.js'
import { over } from './wired.js'

/** What must never be told: every secret that was on any wire, by where it was seen. */
class Secrets {
  readonly seen = new Map<string, string>()

  add(where: string, value: string | null | undefined): void {
    if (typeof value === 'string' && value.length >= 8) this.seen.set(value, where)
  }

  /** Whatever of `params` is a secret of OAuth. */
  params(where: string, params: URLSearchParams): void {
    for (const name of ['code', 'state', 'nonce', 'code_verifier', 'refresh_token', 'token', 'id_token_hint'])
      for (const value of params.getAll(name)) this.add(`${where} ${name}`, value)
  }

  request(request: Request): void {
    this.params('address', new URL(request.url).searchParams)
    const { headers } = request
    this.add('header', headers.get('x-csrf-token'))
    this.add('header', headers.get('authorization')?.split(' ')[1])
    for (const pair of (headers.get('cookie') ?? '').split('; ')) this.add('cookie', pair.split('=')[1])
  }

  answer(answer: Response): void {
    for (const cookie of answer.headers.getSetCookie())
      this.add('set-cookie', cookie.split(';')[0]?.split('=')[1])
    const location = answer.headers.get('location')
    if (location !== null) this.params('location', new URL(location, ORIGIN).searchParams)
  }
}

it('the log of a whole story has no token, cookie, code, secret or state in it', async () => {
  const secrets = new Secrets()
  const lines: string[] = []
  const log = openLog({ write: (line) => void lines.push(line) })
  log.level = 'trace'
  let cut = false
  const fetchIdp: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    secrets.request(request)
    const sent = await request.clone().text()
    if (request.method === 'POST') secrets.params('token request', new URLSearchParams(sent))
    if (cut) throw new Error(`could not send ${sent}`, { cause: new TypeError(sent) })
    const answer = await fetch(request)
    const text = await answer.text()
    if (text.startsWith('{') && request.method === 'POST')
      for (const [name, value] of Object.entries<unknown>(JSON.parse(text)))
        if (name.endsWith('_token')) secrets.add(name, String(value))
    return new Response(answer.status === 204 ? null : text, answer)
  }
  const bench = await startBench({ edges: { fetch: fetchIdp }, bff: (base) => ({ ...base, log }) })
  const { bff, browser, idp, api } = bench
  const listener: RequestListener = logged(bff.node, log, doorNames({ upstreams: ['echo'] }))
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const send = async (request: Request): Promise<Response> => {
    secrets.request(request)
    const answer = await over(url, request, {})
    secrets.answer(answer)
    return answer
  }
  const app = (request: Request): Response | Promise<Response> =>
    new URL(request.url).pathname.startsWith('/bff/') ? send(request) : new Response('the app')
  const at = (one: typeof browser): typeof browser => {
    one.agent.handle(ORIGIN, app)
    return one
  }
  const told = (event: string): boolean => lines.some((line) => JSON.parse(line).event === event)

  // Login, call, refresh, step-up.
  at(browser)
  await browser.login()
  expect((await browser.fetch('/bff/api/echo/x?key=test-key-of-an-app')).status).toBe(200)
  secrets.add('query', 'test-key-of-an-app')
  expect((await browser.post('/bff/refresh')).status).toBe(200)
  await browser.login('alice', '/bff/login?return_to=/app&max_age=0&state=test-state-of-a-page')
  secrets.add('query', 'test-state-of-a-page')
  await browser.signedIn()

  // The IDP is away, and errors quote what could not be sent.
  cut = true
  expect((await browser.post('/bff/refresh')).status).toBe(503)
  expect(told('refresh_failed')).toBe(true)
  cut = false

  // Calls that are refused, or fail.
  expect((await browser.post('/bff/refresh', undefined, { csrf: 'test-forged-csrf-token' })).status).toBe(403)
  expect(told('csrf_failed')).toBe(true)
  api.answer = (request) => request.socket.destroy()
  expect((await browser.fetch('/bff/api/echo/x')).status).toBe(502)
  api.answer = null
  await send(
    new Request(`${ORIGIN}/bff/session`, {
      headers: {
        Host: new URL(ORIGIN).host,
        Cookie: `${cookieNames.session}=${'t'.repeat(43)}; ${cookieNames.login}=test-forged-login-cookie`,
        'X-CSRF-Token': '1',
        'Sec-Fetch-Site': 'same-origin',
      },
    }),
  )
  const logoutToken = new URLSearchParams({ logout_token: 'eyJhbGciOiJub25lIn0.test-logout-token.x' })
  secrets.add('logout token', logoutToken.get('logout_token'))
  const told400 = await send(
    new Request(`${ORIGIN}/bff/backchannel-logout`, { method: 'POST', body: logoutToken }),
  )
  expect([told400.status, told('logout_token_invalid')]).toEqual([400, true])

  // Logins that fail: a code of somebody's making, an error of somebody's making, an answer to nothing.
  for (const answer of [
    'code=test-code-that-is-none',
    'error=test-error-that-is-none',
    'code=test-code-of-nobody',
  ]) {
    const begun = await send(
      new Request(`${ORIGIN}/bff/login?return_to=/app`, { headers: { Host: new URL(ORIGIN).host } }),
    )
    const known = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
    const state = answer.endsWith('nobody') ? 'test-state-of-nobody' : known
    const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const params = new URLSearchParams({
      ...Object.fromEntries(new URLSearchParams(answer)),
      state,
      iss: idp.issuer,
    })
    secrets.add('answer', answer.split('=')[1])
    const back = await send(new Request(`${ORIGIN}/bff/callback?${params}`, { headers: { Cookie: cookie } }))
    expect(back.headers.getSetCookie().join()).not.toContain(`${cookieNames.session}=`)
  }
  expect(told('login_failed')).toBe(true)

  expect((await browser.post('/bff/logout')).status).toBe(200)
  expect(told('session_ended')).toBe(true)
  await bff.close()
  secrets.add('option', SECRET)

  // What was looked for was there to be found.
  const kinds = new Set(secrets.seen.values())
  for (const kind of ['access_token', 'refresh_token', 'id_token', 'cookie', 'set-cookie', 'location state'])
    expect(kinds).toContain(kind)
  for (const kind of ['token request code', 'token request code_verifier', 'header'])
    expect([...kinds]).toContain(kind)
  expect(lines.length).toBeGreaterThan(20)
  const text = lines.join('')
  expect([...secrets.seen].filter(([secret]) => text.includes(secret))).toEqual([])
  // Nor by halves: signatures and the ends of tokens.
  const halves = [...secrets.seen].filter(([secret]) => secret.length >= 40)
  expect(halves.filter(([secret]) => text.includes(secret.slice(-20)))).toEqual([])
})
