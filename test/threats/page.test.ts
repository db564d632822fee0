/** What a script in the page could get hold of, and what errors and packages say. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { REFUSALS } from '../support/misbehaving-provider.js'
import { BY_PAGE } from './visitor.js'
import type { WireAnswer } from './wire.js'
import { SECRET, testWorld } from './world.js'

it('T98 no token is in any answer, and what names the session is in cookies no script can read', async () => {
  const world = await testWorld({ traits: { user: { sub: 'alice' } } })
  const alice = world.visitor()
  const answers: WireAnswer[] = [await alice.visit('/bff/login?return_to=/app')]
  const callback = await alice.authorize(new URL(answers[0]?.header('location') ?? ''))
  answers.push(await alice.comeBack(callback))
  answers.push(await alice.call('/bff/session'), await alice.call('/bff/api/orders/1'))
  const [bearer = ''] = world.api.header('authorization')
  answers.push(await alice.call('/bff/refresh', { method: 'POST' }), await alice.call('/bff/token'))
  answers.push(await alice.visit('/bff/session'), await alice.call('/bff/api/unknown/1'))
  const id = alice.cookie('session')
  const bytes = answers.map((answer) => answer.bytes).join('\n')
  expect(bearer).toMatch(/^Bearer ey/)
  for (const secret of [bearer.slice(7), 'refresh-1', 'refresh-2', 'access_token":"', SECRET, 'test-secret'])
    expect([secret, bytes.includes(secret)]).toEqual([secret, false])
  // A JWT; its first three letters alone may be in any random value.
  expect(bytes).not.toMatch(/eyJ[\w-]{8,}\.[\w-]{8,}/)
  // The id is in the one header that sets it.
  const setting = answers
    .flatMap((answer) => answer.all('set-cookie'))
    .filter((cookie) => cookie.includes(id))
  expect(bytes.split(id)).toHaveLength(2)
  expect(setting).toEqual([`__Host-Http-session=${id}; Path=/; Secure; HttpOnly; SameSite=Strict`])
  for (const cookie of answers.flatMap((answer) => answer.all('set-cookie'))) {
    expect(cookie).toMatch(/; Path=\/; Secure(?:;|$)/)
    expect(cookie).not.toMatch(/Domain=/i)
    if (!cookie.startsWith('__Host-Http-')) expect(cookie).toMatch(/^__Host-(?:csrf|hint)=/)
  }
  // The one place where an ID token leaves is an address at the provider.
  const logout = await alice.call('/bff/logout', { method: 'POST' })
  expect(Object.keys(logout.json())).toEqual(['end_session_url'])
})

it('T99 a script cannot begin a login in a frame, and a code it sees is worth nothing to it', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  for (const dest of ['iframe', 'frame', 'object', 'embed']) {
    const headers = { ...BY_PAGE, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': dest }
    for (const path of ['/bff/login?prompt=none', '/bff/callback?code=x&state=y'])
      expect((await alice.send(path, { headers })).status).toBe(403)
  }
  // With a `fetch` of its own it gets an address, and at the provider a code; but not the verifier, nor the client's secret.
  const callback = new URLSearchParams((await alice.authorize(await alice.beginLogin())).split('?')[1])
  const redeemed = await fetch(`${world.idp.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', client_id: 'odd', code: callback.get('code') ?? '' },
      redirect_uri: `${world.origin}/bff/callback`,
    }),
  })
  expect([redeemed.status, await redeemed.json()]).toMatchObject([400, { error: 'invalid_grant' }])
})

it('T100 nothing runs when the package is installed, and what pages load imports one package', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const { scripts, files } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    scripts: Record<string, string>
    files: string[]
  }
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    expect(scripts[name]).toBeUndefined()
  expect(files).not.toContain('test')
  const imported = new Set<string>()
  for (const room of ['session', 'browser', 'oidc', 'client'])
    for (const name of readdirSync(`${root}/src/${room}`, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts'))
        for (const [, from = ''] of readFileSync(`${root}/src/${room}/${name}`, 'utf8').matchAll(
          /^(?:import|export)[^'"]*from ['"]([^.'"][^'"]*)['"]/gm,
        ))
          imported.add(from)
  expect([...imported]).toEqual(['oidc-client-ts'])
})

it('T101 no error tells a secret, an address inside, or what was sent', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const [id, token] = [alice.cookie('session'), alice.cookie('csrf')]
  const marked = 'hunter-test'
  const answers: WireAnswer[] = []
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  answers.push(await alice.call(`/bff/${marked}`), await alice.call('/bff/api/unknown/x'))
  answers.push(await alice.call('/bff/api/orders/1', { headers: { 'X-CSRF-Token': `${token}x${marked}` } }))
  answers.push(
    await alice.visit(`/bff/login?return_to=//${marked}`),
    await alice.call(`/bff/api/orders/..%2f${marked}`),
  )
  answers.push(await alice.call('/bff/logout', { method: 'POST', body: `{"return_to":"//${marked}"}` }))
  answers.push(await alice.call('/bff/refresh', { method: 'POST', body: `{"active":"${marked}"}` }))
  answers.push(await alice.call('/bff/refresh', { method: 'POST', body: `{${marked}` }))
  answers.push(
    await alice.call('/bff/session', { method: 'POST', headers: { Authorization: `Bearer ${marked}` } }),
  )
  answers.push(
    await alice.send('/bff/backchannel-logout', {
      method: 'POST',
      headers: form,
      body: `logout_token=${marked}`,
    }),
  )
  world.idp.traits.refuseRefresh = {
    ...REFUSALS.server_error,
    body: `{"error":"server_error","x":"${marked}"}`,
  }
  world.clock.advance(301)
  answers.push(await alice.call('/bff/api/orders/1'), await alice.call('/bff/refresh', { method: 'POST' }))
  world.idp.traits.refuseRefresh = {
    status: 400,
    body: `{"error":"${marked}","error_description":"${marked}"}`,
  }
  world.clock.advance(30)
  answers.push(await alice.call('/bff/api/orders/1'))
  world.idp.traits.refuseRefresh = null
  const bob = await world.signedIn()
  await world.api.close()
  answers.push(await bob.call('/bff/api/orders/1'))
  await world.bff.sessions.end({ sub: 'alice' })
  answers.push(await bob.call('/bff/api/orders/1'))

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400, 401, 403, 404, 502, 503]))
  const inside = [
    marked,
    id,
    token,
    SECRET,
    'refresh-',
    'eyJhbGciOi',
    world.api.url.port,
    'node_modules',
    '.ts:',
    'ECONN',
  ]
  for (const { bytes, status } of answers)
    for (const secret of inside)
      expect([status, secret, bytes.includes(secret)]).toEqual([status, secret, false])
  for (const secret of [marked, id, token, SECRET, 'refresh-1', 'eyJhbGciOi', 'alice@example.com'])
    expect([secret, JSON.stringify(world.log).includes(secret)]).toEqual([secret, false])
  await world.api.close().catch(() => {})
})

it('T103 what comes from outside makes no line of its own in the log, and no control reaches it', async () => {
  const world = await testWorld()
  const agent = '\x1b[31mred","level":"error' + '\t'.repeat(3) + 'x'.repeat(3000)
  const alice = await world.signedIn({ 'User-Agent': 'Firefox/1' })
  await alice.call('/bff/session', { headers: { 'User-Agent': 'curl/8' } })
  const hostile = world.visitor({ 'User-Agent': agent.replaceAll('\x1b', '') })
  await hostile.visit('/bff/login?return_to=%0d%0a{"level":"error"}')
  await hostile.call(`/bff/api/%0a%0d${'x'.repeat(3000)}`, { headers: { Origin: 'https://evil.example' } })
  await hostile.comeBack('/bff/callback?state=%0a&error=%1b[31m')
  await world.tellLogout('x\n{"level":"error"}')
  expect(world.log.length).toBeGreaterThan(2)
  for (const entry of world.log)
    for (const value of Object.values(entry)) {
      expect(String(value)).not.toMatch(/\p{Cc}/u)
      expect(String(value).length).toBeLessThan(600)
    }
  expect(new Set(world.log.map(({ level }) => level))).toEqual(new Set(['info', 'warn']))
})
