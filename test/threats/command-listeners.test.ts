/** The command as a process: what its listeners tell, and whom. */
import { expect, it } from 'vitest'
import { freePort } from '../support/free-port.js'
import { idp, portOf, run, useCommands, whole } from './commands.js'
import { BY_PAGE, Visitor } from './visitor.js'
import { bytesFor, read, requestText } from './wire.js'

useCommands()

it(
  'T102 the admin listener is an address of its own: no browser, no vague filter, no method but its own',
  { timeout: 60_000 },
  async () => {
    const port = await freePort()
    const command = await run(whole(port))
    const admin = portOf(await command.logged('admin listening on'))
    const alice = new Visitor(port, `http://localhost:${port}`)
    await alice.signIn()
    const ask = async (path: string, method = 'GET', headers: Record<string, string> = {}) =>
      read(await bytesFor(admin, requestText(`127.0.0.1:${admin}`, path, { method, headers })))
    expect((await ask('/sessions?sub=alice')).json()).toMatchObject({ sessions: [{}] })

    for (const headers of [
      { Origin: 'http://localhost:1' },
      { Origin: 'null' },
      BY_PAGE,
      { 'Sec-Fetch-Site': 'none' },
      { 'Sec-Fetch-Site': 'cross-site' },
      // Of a site whose name was made to lead here.
      { Host: `rebound.attacker.test:${admin}`, 'User-Agent': 'Mozilla/5.0' },
      { Host: `rebound.attacker.test:${admin}`, 'Accept-Language': 'en', 'User-Agent': 'x' },
      { Host: `rebound.attacker.test:${admin}`, Referer: 'http://rebound.attacker.test/' },
    ] as Record<string, string>[])
      for (const method of ['GET', 'DELETE', 'POST'])
        expect((await ask('/sessions?sub=alice', method, headers)).status).toBe(403)
    const vague = [
      '',
      '?',
      '?sub=',
      '?sub=alice&sub=bob',
      '?all=1',
      '?sub=alice&x=1',
      '?id=',
      '?sid=',
      '?sub[]=alice',
    ]
    for (const query of vague) expect((await ask(`/sessions${query}`, 'DELETE')).status).toBe(400)
    for (const method of ['POST', 'PUT', 'PATCH'])
      expect((await ask('/sessions?sub=alice', method)).status).toBe(405)
    expect((await ask('/sessions?sub=bob', 'DELETE')).json()).toEqual({ ended: 0 })
    expect(await alice.session()).toMatchObject({ authenticated: true })

    // Nothing of it is at the app's own listener, and what it lists opens nothing.
    for (const path of [
      '/sessions?sub=alice',
      '/bff/sessions?sub=alice',
      '/admin/sessions',
      '/bff/admin/sessions',
    ])
      expect((await alice.send(path)).status).toBeGreaterThanOrEqual(400)
    const listed = (await ask('/sessions?sub=alice')).body
    expect(listed).not.toContain(alice.cookie('session'))
    expect(listed).not.toMatch(/eyJ|refresh-/)
  },
)

it(
  'T104 probes say one word; there are no metrics, and nothing of the inside, at the app’s listener',
  { timeout: 60_000 },
  async () => {
    const port = await freePort()
    const command = await run({ ...whole(port), store: 'sqlite:./probes.db' })
    const admin = portOf(await command.logged('admin listening on'))
    const stranger = new Visitor(port, `http://localhost:${port}`)
    for (const [path, body] of [
      ['/healthz', '{"status":"ok"}'],
      ['/readyz', '{"status":"ready"}'],
    ] as const) {
      const answer = await stranger.send(path)
      expect([answer.status, answer.header('cache-control')]).toEqual([200, 'no-store'])
      expect(answer.body.startsWith(body.slice(0, -1))).toBe(true)
      expect(answer.body.length).toBeLessThan(100)
      expect(answer.bytes).not.toMatch(/sqlite|redis|secret|127\.0\.0\.1|node|version/i)
      expect((await stranger.send(path, { method: 'POST' })).status).toBe(405)
      expect(read(await bytesFor(admin, requestText('x', path))).status).toBe(200)
    }
    for (const path of [
      '/metrics',
      '/bff/metrics',
      '/diagnostics',
      '/debug',
      '/bff/healthz',
      '/.env',
      '/tandem.config.json',
    ])
      expect((await stranger.send(path)).status).toBe(404)
    expect((await stranger.send('/healthz')).headers.map(([name]) => name)).not.toContain('server')
  },
)

it(
  'T104 the metrics are at the admin listener, name no user, and do not grow with what users send',
  { timeout: 60_000 },
  async () => {
    const port = await freePort()
    const command = await run({ ...whole(port), rateLimit: false })
    const admin = portOf(await command.logged('admin listening on'))
    const scrape = async (headers: Record<string, string> = {}) =>
      read(await bytesFor(admin, requestText(`127.0.0.1:${admin}`, '/metrics', { headers })))
    const series = (text: string): string[] =>
      text.split('\n').flatMap((line) => (line.startsWith('tandem_') ? [line.replace(/ \S+$/, '')] : []))
    const storm = async (from: number): Promise<Visitor[]> => {
      const visitors: Visitor[] = []
      for (let i = from; i < from + 40; i++) {
        const one = new Visitor(port, `http://localhost:${port}`, { 'User-Agent': `odd-agent-${i}` })
        visitors.push(one)
        if (i % 10 === 0) await one.signIn(`?return_to=/odd-path-${i}&login_hint=odd-hint-${i}`)
        for (const path of [
          ...[`/bff/odd-door-${i}`, `/bff/api/odd-upstream-${i}/1`, `/bff/api/orders/odd-path-${i}`],
          ...[`/bff/callback?error=odd_error_${i}&state=odd-state-${i}`, `/odd-file-${i}`],
        ])
          for (const method of ['GET', 'POST', 'QUERY']) await one.call(path, { method })
        const state = (await one.beginLogin()).searchParams.get('state') ?? ''
        await one.comeBack(`/bff/callback?error=odd_error_${i}&state=${state}&iss=${idp.issuer}`)
      }
      return visitors
    }
    const visitors = await storm(0)
    const before = series((await scrape()).body)
    visitors.push(...(await storm(40)))
    const { status, body, header } = await scrape()
    expect([status, header('cache-control')]).toEqual([200, 'no-store'])
    expect(before.length).toBeGreaterThan(10)
    expect(series(body)).toEqual(before)
    expect(body).not.toMatch(/odd|alice|eyJ|refresh-|127\.0\.0\.1|localhost/)
    for (const value of visitors.flatMap((one) => [...one.jar.values()]).filter((one) => one.length > 8))
      expect(body).not.toContain(value)
    // No page of a browser reads them, from wherever.
    for (const headers of [{ Origin: `http://localhost:${port}` }, BY_PAGE] as Record<string, string>[])
      expect((await scrape(headers)).status).toBe(403)
  },
)
