/** Where a login or a logout may lead, and what windows may say. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BY_LINK } from './visitor.js'
import { startWorld } from './world.js'
import type { World } from './world.js'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

/** Addresses that lead elsewhere, or might in some browser. */
const ELSEWHERE = [
  '//evil.example',
  '/\\evil.example',
  '/\\/evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/%2f%2fevil.example',
  '%2f%2fevil.example',
  '/%2fevil.example',
  '/%5cevil.example',
  '/%5C/evil.example',
  '///evil.example',
  '////evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/a/../..//evil.example',
  '/%2e//evil.example',
  '/%2e%2e//evil.example',
  '/./\\evil.example',
  'https:evil.example',
  'https:/evil.example',
  'https://evil.example',
  'http://localhost@evil.example',
  'http:/\\/evil.example',
  '//app%40evil.example',
  '//[::1]/',
  '//%65vil.example',
  '//\u4f8b.example',
  '//xn--fsq.example',
  'javascript:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'blob:x',
  '/\tevil.example',
  '\t//evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/%09/evil.example',
  '/%0d%0aLocation:%20https://evil.example',
  '/\r\nLocation: https://evil.example',
  '/ /evil.example',
  ' //evil.example',
  '/\u0000/evil.example',
  '/\u200b/evil.example',
  '/\u2028/evil.example',
  '/\ufeff/evil.example',
  'evil.example',
  '?x',
  '#x',
  '.',
  '/bff',
  '/bff/logout',
  '/bff/api/orders/1',
  '/BFF/login',
  '/%62ff/login',
  '/bff%2flogin',
  '/x/../bff/login',
  `/${'x'.repeat(10_240)}`,
]
/** Odd paths of the own origin: they stay what they are. */
const HERE = [
  '/',
  '/;//evil.example',
  '/@evil.example',
  '/a//evil.example',
  '/\uff0f\uff0fevil.example',
  '/\u2215\u2215evil.example',
  '/evil\u3002example',
  '/https://evil.example',
  '/a?next=//evil.example',
  '/a#//evil.example',
  '/bff2/x',
]

it('T21 a login returns to a path of the app and nowhere else, however it is spelt', async () => {
  const browser = world.visitor()
  for (const given of ELSEWHERE) {
    const answer = await browser.visit(`/bff/login?return_to=${encodeURIComponent(given)}`)
    expect([given, answer.status, answer.header('location')]).toEqual([given, 400, null])
    expect(answer.bytes).not.toContain('evil')
  }
  for (const query of ['?return_to=/a&return_to=//evil.example', '?return_to=//evil.example&return_to=/a'])
    expect((await browser.visit(`/bff/login${query}`)).status).toBe(400)
  // A list in the spelling of some frameworks is a parameter of another name.
  const list = await browser.signIn('?return_to[]=//evil.example')
  expect(list.header('location')).toBe('/')

  for (const given of HERE) {
    const answer = await world.visitor().signIn(`?return_to=${encodeURIComponent(given)}`)
    const location = answer.header('location') ?? ''
    expect(new URL(location, world.origin).origin).toBe(world.origin)
    expect(location).toMatch(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/)
  }
})

it('T21 no answer to a visit leads to another authority, whatever its address', async () => {
  const paths = [
    '//evil.example/bff/login',
    '/bff//evil.example',
    '/bff/login//evil.example',
    '/\\evil.example/',
  ]
  for (const path of paths)
    for (const headers of [{}, { Host: `127.0.0.1:${world.port}` }]) {
      const answer = await world.visitor().visit(path, headers)
      const location = answer.header('location')
      if (location !== null) expect(new URL(location, world.origin).origin).toBe(world.origin)
    }
})

it('T22 a logout returns to a path of the app alone, and names no other address to the provider', async () => {
  const alice = await world.signedIn()
  for (const given of ELSEWHERE) {
    const body = JSON.stringify({ return_to: given })
    const answer = await alice.call('/bff/logout', { method: 'POST', body })
    expect([given, answer.status, answer.all('set-cookie')]).toEqual([given, 400, []])
  }
  for (const body of [
    '{"return_to":["/a","//evil.example"]}',
    '{"return_to":{"toString":"/a"}}',
    '{"return_to":7}',
  ])
    expect((await alice.call('/bff/logout', { method: 'POST', body })).status).toBe(400)
  expect(await alice.session()).toMatchObject({ authenticated: true })
  const answer = await alice.call(
    '/bff/logout?return_to=//evil.example&post_logout_redirect_uri=https://evil.example',
    {
      method: 'POST',
      body: '{"return_to":"/bye","post_logout_redirect_uri":"https://evil.example"}',
    },
  )
  const url = new URL(String(answer.json()['end_session_url']))
  expect(url.origin).toBe(world.idp.issuer)
  expect(url.searchParams.getAll('post_logout_redirect_uri')).toEqual([`${world.origin}/bye`])
  expect(answer.bytes).not.toContain('evil')
})

it('T20 no answer of the BFF has a script that a window could talk to, or that talks to one', async () => {
  const alice = await world.signedIn()
  const paths = [
    '/bff/login',
    '/bff/callback',
    '/bff/session',
    '/bff/frontchannel-logout',
    '/bff/logout',
    '/bff/x',
  ]
  for (const path of paths) {
    const answer = await alice.send(path, { headers: BY_LINK })
    expect(answer.body).not.toMatch(/<script|postMessage|onmessage/i)
    expect(answer.header('content-security-policy')).toContain("default-src 'none'")
  }
})
