/** What the log says of metadata, keys and answers that are of no use, over real sockets: what was wrong, and not that nobody answered. */
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { systemEdges } from '../../../src/bff/edges.js'
import { fetchMetadata } from '../../../src/bff/idp/discovery.js'
import type { LogEntry } from '../../../src/bff/log.js'
import type { Traits } from '../../support/misbehaving-provider.js'
import { ORIGIN, startOddBench } from '../bench.js'

const answered = (status: number, body: string, contentType?: string): Partial<Traits> => ({
  answers: { discovery: { status, body, ...(contentType !== undefined && { contentType }) } },
})

type Case = readonly [what: string, traits: Partial<Traits>, told: LogEntry]
const cases: readonly Case[] = [
  [
    'of another issuer',
    { metadata: { issuer: 'https://elsewhere.test/' } },
    { error_code: 'metadata_issuer_mismatch', found: 'https://elsewhere.test/' },
  ],
  [
    'of an issuer that is none to be shown',
    { metadata: { issuer: 'https://elsewhere.test/?key=test-secret' } },
    { error_code: 'metadata_issuer_mismatch', found: 'no address' },
  ],
  [
    'that is not there',
    answered(404, 'nothing', 'text/plain'),
    { error_code: 'metadata_status', expected: 'HTTP 200', found: 'HTTP 404 text/plain' },
  ],
  ['of a server that fails', answered(503, ''), { error_code: 'metadata_unavailable', found: 'HTTP 503' }],
  [
    'that is a page',
    answered(200, '<html>', 'text/html; charset=utf-8'),
    { error_code: 'metadata_not_json', expected: 'a JSON object', found: 'HTTP 200 text/html' },
  ],
  [
    'that is no object',
    answered(200, 'null', 'application/json'),
    { error_code: 'metadata_not_json', found: 'HTTP 200 application/json' },
  ],
  [
    'without a token endpoint',
    { metadata: { token_endpoint: undefined } },
    { error_code: 'metadata_incomplete', expected: 'token_endpoint' },
  ],
  [
    'with an endpoint that is not https',
    { metadata: { token_endpoint: 'http://idp.test/token' } },
    {
      error_code: 'metadata_insecure',
      expected: 'token_endpoint at an https address',
      found: 'http://idp.test/token',
    },
  ],
  ['that is asked for too often', answered(429, ''), { error_code: 'metadata_limited', limited: true }],
]

it.each(cases)('metadata %s', async (_, traits, told) => {
  const { bff, idp, log } = await startOddBench(traits)
  expect((await bff.fetch(new Request(`${ORIGIN}/readyz`))).status).toBe(503)
  const expected = told['error_code'] === 'metadata_issuer_mismatch' ? { expected: idp.issuer } : {}
  const entry = { level: 'warn', error: 'UnusableAnswer', ...expected, ...told }
  expect(log).toMatchObject([
    { event: 'idp_metadata_failed', ...entry },
    { event: 'idp_awaited', ...entry },
  ])
  const login = await bff.fetch(
    new Request(`${ORIGIN}/bff/login?return_to=/x`, { headers: { accept: 'application/json' } }),
  )
  expect(login.status).toBe(503)
  expect(log.at(-1)).toMatchObject({ event: 'login_failed', ...entry })
  expect(JSON.stringify(log)).not.toContain('test-secret')
})

it('keys that are none', async () => {
  const { bff, log } = await startOddBench({
    answers: { jwks: { status: 200, body: '<html>', contentType: 'text/html' } },
  })
  expect((await bff.fetch(new Request(`${ORIGIN}/readyz`))).status).toBe(503)
  expect(log).toMatchObject([
    {
      event: 'idp_awaited',
      error: 'UnusableAnswer',
      error_code: 'keys_unusable',
      found: 'HTTP 200 text/html',
    },
  ])
})

it('nobody there: no answer, and by what', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const { bff, log } = await startOddBench(
    {},
    { bff: (base) => ({ ...base, idp: { ...base.idp, issuer: `http://127.0.0.1:${port}` } }) },
  )
  await bff.fetch(new Request(`${ORIGIN}/readyz`))
  const entry = { error: 'NoAnswer', error_code: 'no_answer', cause: 'ECONNREFUSED' }
  expect(log).toMatchObject([
    { event: 'idp_metadata_failed', ...entry },
    { event: 'idp_awaited', ...entry },
  ])
})

it('metadata whose address leads on and on', async () => {
  let asked = 0
  const server = createHttpServer((_, response) => {
    response.writeHead(302, { location: `/${++asked}` }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const { bff, log } = await startOddBench(
    {},
    { bff: (base) => ({ ...base, idp: { ...base.idp, issuer: `http://127.0.0.1:${port}` } }) },
  )
  await bff.fetch(new Request(`${ORIGIN}/readyz`))
  expect(asked).toBe(21)
  const entry = { error: 'UnusableAnswer', error_code: 'metadata_redirects' }
  expect(log).toMatchObject([
    { event: 'idp_metadata_failed', ...entry },
    { event: 'idp_awaited', ...entry },
  ])
})

it('a wrong client secret is one truth: the answer, its code, and no word of none', async () => {
  const { browser, log, idp } = await startOddBench({ clientSecret: 'test-other-secret' })
  expect((await browser.login()).searchParams.get('login_error')).toBe('invalid_client')
  expect(idp.tokenCalls).toHaveLength(1)
  expect(log.filter(({ event }) => event === 'login_failed')).toMatchObject([
    { failed: 'invalid_client', error: 'UnusableAnswer', oauth_error: 'invalid_client' },
  ])
})

it.each([
  ['a server that fails', 503, { error: 'UnusableAnswer', found: 'HTTP 503' }],
  ['a page', 404, { error: 'UnusableAnswer', found: 'HTTP 404' }],
])('a refresh answered by %s says what came', async (_, status, told) => {
  const { browser, log, idp } = await startOddBench()
  await browser.login()
  idp.traits.answers = { token: { status, body: '' } }
  expect((await browser.post('/bff/refresh')).status).toBe(503)
  expect(log.at(-1)).toMatchObject({ event: 'refresh_failed', ...told })
})

it('a refresh that nobody answers says by what', async () => {
  const { browser, log, idp } = await startOddBench()
  await browser.login()
  await idp.close()
  expect((await browser.post('/bff/refresh')).status).toBe(503)
  expect(log.filter(({ event }) => event === 'refresh_failed')).toMatchObject([
    { error: 'NoAnswer', cause: expect.stringMatching(/^(?:ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)$/) },
  ])
})

it('metadata that is had over a line anybody may read, since its address leads there, is refused', async () => {
  const document = { issuer: 'https://idp.test', authorization_endpoint: 'https://idp.test/authorize' }
  const from = async (url: string): Promise<Response> =>
    Object.defineProperty(
      Response.json({
        ...document,
        token_endpoint: 'https://idp.test/token',
        jwks_uri: 'https://idp.test/jwks',
      }),
      'url',
      { value: url },
    )
  const fetched = (url: string) =>
    fetchMetadata(
      'https://idp.test/.well-known/openid-configuration',
      { issuer: 'https://idp.test', timeout: 5, dpop: false } as Parameters<typeof fetchMetadata>[1],
      { ...systemEdges, fetch: () => from(url) },
    )
  expect(await fetched('https://www.idp.test/metadata')).toMatchObject(document)
  await expect(fetched('http://idp.test/metadata/')).rejects.toMatchObject({
    code: 'metadata_insecure',
    expected: 'a redirect to an https address',
    found: 'http://idp.test/metadata/',
  })
})
