/** Access tokens bound to a key (RFC 9449): what a client may send of its own, and what an upstream may make of what it gets. */
import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDpopKey } from '../../src/bff/dpop/key.js'
import { createProofs } from '../../src/bff/dpop/proofs.js'
import { systemEdges } from '../../src/bff/edges.js'
import { startUpstream } from '../bff/upstream/upstream-server.js'
import type { UpstreamServer } from '../bff/upstream/upstream-server.js'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { bytesFor } from './wire.js'
import { startWorld } from './world.js'
import type { World } from './world.js'

let world: World
let other: UpstreamServer
let alice: Visitor
beforeAll(async () => {
  other = await startUpstream()
  world = await startWorld({
    traits: { tokenType: 'DPoP' },
    bff: (base) => ({
      ...base,
      idp: { ...base.idp, dpop: true },
      upstreams: {
        ...base.upstreams,
        other: { url: other.url.href },
        open: { url: other.url.href, token: 'none' },
      },
    }),
  })
  alice = await world.signedIn()
})
afterAll(async () => {
  await world.close()
  await other.close()
})

const proofAt = ({ header }: UpstreamServer): string => header('dpop')[0] ?? ''

it('T82 a token and a proof of the caller’s own are dropped: the API sees those of the session alone', async () => {
  const key = await createDpopKey()
  const forged = await createProofs(systemEdges).begin(
    { value: 'stolen', dpopKey: key },
    { method: 'GET', origin: world.api.url.origin, path: '/v1/1' },
  )
  const proof = forged.headers.at(-1) ?? ''
  const own: (readonly [string, string])[] = [
    ['Authorization', 'DPoP stolen'],
    ['DPoP', proof],
    ['dpop', 'second'],
    ['DPOP', 'third'],
    ['authorization', 'Bearer stolen'],
    ['DPoP-Nonce', 'theirs'],
  ]
  for (const named of ['close', 'close, dpop, authorization']) {
    const headers = [...Object.entries(BY_PAGE), ...own, ['Connection', named] as const]
    const answer = await alice.send('/bff/api/orders/1', { headers })
    expect(answer.status).toBe(200)
    expect(world.api.header('authorization')).toEqual([expect.stringMatching(/^DPoP (?!stolen)/)])
    expect(world.api.header('dpop')).toHaveLength(1)
    const { payload, protectedHeader } = await jwtVerify(proofAt(world.api), EmbeddedJWK)
    const token = world.api.header('authorization')[0]?.slice('DPoP '.length) ?? ''
    expect(payload).toMatchObject({
      htu: `${world.api.url.href}1`,
      ath: createHash('sha256').update(token).digest('base64url'),
    })
    expect(await calculateJwkThumbprint(protectedHeader.jwk ?? {})).not.toBe(
      await calculateJwkThumbprint({ kty: key.kty, crv: key.crv, x: key.x, y: key.y }),
    )
    expect(payload['nonce']).not.toBe('theirs')
  }
  // Where no token goes along, none of the caller's does either.
  const headers = [...Object.entries(BY_PAGE), ...own]
  expect((await alice.send('/bff/api/open/1', { headers })).status).toBe(200)
  expect([other.header('authorization'), other.header('dpop')]).toEqual([[], []])
})

it('T82 neither a token nor a proof in a trailer reaches the API', async () => {
  const before = world.api.received.length
  const head = [
    'POST /bff/api/orders/1 HTTP/1.1',
    `Host: ${world.origin.slice(7)}`,
    `Cookie: ${alice.cookies()}`,
    `X-CSRF-Token: ${alice.cookie('csrf')}`,
    ...Object.entries(BY_PAGE).map(([name, value]) => `${name}: ${value}`),
    'Transfer-Encoding: chunked',
    'Trailer: DPoP, Authorization',
    'Connection: close',
  ]
  const trailer = '1\r\na\r\n0\r\nDPoP: theirs\r\nAuthorization: Bearer stolen\r\n\r\n'
  const answer = await bytesFor(world.port, `${head.join('\r\n')}\r\n\r\n${trailer}`)
  expect(answer.slice(9, 12)).toBe('200')
  expect(world.api.received.length).toBe(before + 1)
  expect(world.api.header('authorization')).toEqual([expect.stringMatching(/^DPoP /)])
  expect(world.api.header('dpop')).toHaveLength(1)
})

it('T97 a proof is for one method at one address, of the upstream that got it; no other one is asked with it', async () => {
  const seen = new Set<unknown>()
  for (const [method, path, htu] of [
    ['GET', '1?q=https://evil.example/', '1'],
    ['HEAD', 'a/b;v=1', 'a/b;v=1'],
    ['DELETE', '%e2%82%ac?x', '%e2%82%ac'],
    ['POST', 'a%20b', 'a%20b'],
  ] as const) {
    expect((await alice.call(`/bff/api/orders/${path}`, { method })).status).toBe(200)
    const claims = decodeJwt(proofAt(world.api))
    expect([claims['htm'], claims['htu']]).toEqual([method, world.api.url.href + htu])
    seen.add(claims.jti)
  }
  expect((await alice.call('/bff/api/other/1')).status).toBe(200)
  expect(decodeJwt(proofAt(other))).toMatchObject({ htu: `${other.url.href}1` })
  seen.add(decodeJwt(proofAt(other)).jti)
  expect(seen.size).toBe(5)
  const refused = await alice.call('/bff/api/orders/%2e%2e/1')
  expect(refused.status).toBe(400)
})

it('T94 an upstream that wants a nonce for ever is asked twice, and no token is refreshed for it', async () => {
  const echo = world.api.answer
  const [before, refreshes] = [world.api.received.length, world.idp.count('token')]
  world.api.answer = (_request, response) => {
    response.writeHead(401, {
      'WWW-Authenticate': 'DPoP error="use_dpop_nonce"',
      'DPoP-Nonce': `n-${world.api.received.length}`,
    })
    response.end()
  }
  const answer = await alice.call('/bff/api/orders/1', { method: 'POST' })
  world.api.answer = echo
  expect([answer.status, answer.header('www-authenticate'), answer.header('dpop-nonce')]).toEqual([
    401,
    null,
    null,
  ])
  expect(world.api.received.length - before).toBe(2)
  expect(world.idp.count('token')).toBe(refreshes)
  const jtis = world.api.received
    .slice(before)
    .map(({ headers }) => decodeJwt(headers.find(([name]) => name === 'dpop')?.[1] ?? '').jti)
  expect(new Set(jtis).size).toBe(2)
})

it('T95 what one upstream gives for a nonce is not told to another', async () => {
  const echo = world.api.answer
  world.api.answer = (request, response, received) => {
    response.setHeader('DPoP-Nonce', 'of-orders')
    echo(request, response, received)
  }
  await alice.call('/bff/api/orders/1')
  world.api.answer = echo
  await alice.call('/bff/api/other/1')
  expect(decodeJwt(proofAt(other))['nonce']).toBeUndefined()
  await alice.call('/bff/api/orders/1')
  expect(decodeJwt(proofAt(world.api))['nonce']).toBe('of-orders')
})

it('T98 no answer shows the token or its key: neither the session, nor a refusal, nor the log', async () => {
  const token = world.api.header('authorization')[0]?.slice('DPoP '.length) ?? ''
  const { jwk } = decodeProtectedHeader(proofAt(world.api))
  const texts = [
    ...[await alice.call('/bff/session'), await alice.call('/bff/token')],
    ...[await alice.call('/bff/refresh', { method: 'POST' }), await alice.call('/bff/api/nowhere/1')],
  ].map((answer) => JSON.stringify([answer.json(), answer.headers]))
  for (const secret of [token, String(jwk?.x), String(jwk?.y)]) {
    expect(texts.some((text) => text.includes(secret))).toBe(false)
    expect(JSON.stringify(world.log)).not.toContain(secret)
  }
})
