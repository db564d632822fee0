import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JWTPayload } from 'jose'
import { stepUp, type Verdict } from './access-token.js'

/** One request to a route, its token verified. */
export interface Call {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  claims: JWTPayload
}

interface Order {
  id: string
  item: string
  /** In cents. */
  total: number
  currency: string
}

const ORDERS: readonly Order[] = [
  { id: '1001', item: 'Tandem, steel, 54 cm', total: 219_900, currency: 'EUR' },
  { id: '1002', item: 'Bell, brass', total: 2_450, currency: 'EUR' },
  { id: '1003', item: 'Map of the coast road', total: 1_200, currency: 'EUR' },
]

/** What no proxy may let through to an application's origin, as an upstream that means harm would send it. */
export const EVIL_HEADERS: Readonly<Record<string, string | string[]>> = {
  'set-cookie': [
    '__Host-Http-session=evil; Path=/; Secure; HttpOnly; SameSite=Strict',
    '__Host-csrf=evil; Path=/; Secure',
    'plain=evil; Path=/',
  ],
  'clear-site-data': '"*"',
  'strict-transport-security': 'max-age=63072000; includeSubDomains; preload',
  'service-worker-allowed': '/',
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
  'public-key-pins': 'max-age=5184000; pin-sha256="evil"',
  'report-to': '{"group":"evil","max_age":10886400,"endpoints":[{"url":"https://evil.example/"}]}',
  nel: '{"report_to":"evil","max_age":31536000}',
  'alt-svc': 'h3="evil.example:443"; ma=86400',
  'accept-ch': 'Sec-CH-UA-Full-Version-List',
  'origin-trial': 'evil',
  'x-tandem': '1',
  'x-request-id': 'evil',
  refresh: '0; url=https://evil.example/',
}

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

const challenge = (response: ServerResponse, verdict: Verdict): void => {
  if (!('challenge' in verdict)) return
  const { status, header } = verdict.challenge
  response.writeHead(status, { 'www-authenticate': header, 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ title: 'Not authorized', status }))
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const createOrder = async ({ request, response, claims }: Call): Promise<void> => {
  let received: unknown
  try {
    received = JSON.parse(await bodyOf(request))
  } catch {
    return json(response, 400, { title: 'The body is not JSON', status: 400 })
  }
  json(response, 201, { id: crypto.randomUUID(), created_by: claims.sub, received })
}

/** Chunks with a pause between them: `?chunks=5&pause=20` (ms). */
const stream = async ({ response, url }: Call): Promise<void> => {
  const chunks = Number(url.searchParams.get('chunks') ?? 5)
  const pause = Number(url.searchParams.get('pause') ?? 20)
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  for (let i = 1; i <= chunks && !response.destroyed; i += 1) {
    response.write(`chunk ${i}\n`)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  response.end()
}

const echo = ({ request, response }: Call): void => {
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'application/octet-stream' })
  request.pipe(response)
}

const whoami = ({ request, response, claims }: Call): void => {
  const { authorization, ...headers } = request.headers
  json(response, 200, {
    sub: claims.sub,
    client_id: claims.client_id,
    scope: claims.scope,
    acr: claims.acr,
    roles: claims.roles,
    headers: { ...headers, authorization: `${authorization?.split(' ')[0]} …` },
  })
}

const recently = ({ response, url, claims }: Call): void => {
  const maxAge = Number(url.searchParams.get('max_age') ?? 300)
  const age = Date.now() / 1000 - Number(claims.auth_time ?? 0)
  if (age > maxAge) challenge(response, stepUp({ max_age: String(maxAge) }))
  else json(response, 200, { auth_time: claims.auth_time })
}

/** An answer of the API's own that looks like one of the BFF: `/refuse/401`, `/refuse/409` … */
const refuse = ({ response, url }: Call): void => {
  const status = Number(url.pathname.split('/')[2] ?? 401)
  const problem = { type: 'about:blank', title: 'The API says no', status, code: 'login_required' }
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
}

/** Method and path (a prefix when it ends with `/`) → what answers. */
export const ROUTES: readonly [method: string, path: string, route: (call: Call) => void | Promise<void>][] =
  [
    ['GET', '/orders', ({ response }) => json(response, 200, { orders: ORDERS })],
    [
      'GET',
      '/orders/',
      ({ response, url }) => {
        const order = ORDERS.find(({ id }) => id === url.pathname.split('/')[2])
        json(response, order ? 200 : 404, order ?? { title: 'No such order', status: 404 })
      },
    ],
    ['POST', '/orders', createOrder],
    ['GET', '/whoami', whoami],
    ['GET', '/stream', stream],
    ['POST', '/echo', echo],
    [
      'GET',
      '/mfa',
      ({ response, claims }) => {
        if (claims.acr === 'mfa') json(response, 200, { acr: claims.acr })
        else challenge(response, stepUp({ acr_values: 'mfa' }))
      },
    ],
    ['GET', '/recent', recently],
    [
      'GET',
      '/evil',
      ({ response }) =>
        void response.writeHead(200, { 'content-type': 'text/html', ...EVIL_HEADERS }).end('<p>evil</p>'),
    ],
    ['GET', '/refuse/', refuse],
  ]
