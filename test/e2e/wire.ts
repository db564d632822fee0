/** Everything that browsers are sent and send while this listens: the servers of the demo are all in this process. */
import { ServerResponse } from 'node:http'
import type { Idp } from '../../demo/idp/index.js'

/** One request of a browser, and its answer. */
export interface Exchanged {
  readonly method: string
  /** Whole address. */
  readonly url: string
  /** Header lines of the request, without its method line. */
  readonly asked: string
  /** Status, header lines and body of the answer. */
  readonly answered: string
}

const lines = (headers: object): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join('\n')

/** Notes every exchange with a browser from now on, until `stop`. */
export const tapWire = (): { readonly exchanged: Exchanged[]; stop(): void } => {
  const exchanged: Exchanged[] = []
  const bodies = new WeakMap<ServerResponse, string[]>()
  const { prototype } = ServerResponse
  const original = { write: prototype.write, end: prototype.end }

  const keep = (response: ServerResponse, chunk: unknown): void => {
    const kept = bodies.get(response) ?? []
    bodies.set(response, kept)
    if (typeof chunk === 'string') kept.push(chunk)
    else if (chunk instanceof Uint8Array) kept.push(Buffer.from(chunk).toString('latin1'))
  }
  const note = (response: ServerResponse): void => {
    const { req } = response
    // Only browsers say from where they fetch. What the BFF passes on of that carries an id of its own.
    if (req.headers['sec-fetch-site'] === undefined || req.headers['x-request-id'] !== undefined) return
    exchanged.push({
      method: req.method ?? 'GET',
      url: `http://${req.headers.host}${req.url}`,
      asked: lines(req.headers),
      answered: `${response.statusCode}\n${lines(response.getHeaders())}\n\n${bodies.get(response)?.join('') ?? ''}`,
    })
  }

  prototype.write = function write(this: ServerResponse, ...given: unknown[]): boolean {
    keep(this, given[0])
    return Reflect.apply(original.write, this, given) as boolean
  }
  prototype.end = function end(this: ServerResponse, ...given: unknown[]): ServerResponse {
    keep(this, given[0])
    note(this)
    return Reflect.apply(original.end, this, given) as ServerResponse
  }
  return { exchanged, stop: () => void Object.assign(prototype, original) }
}

/** Every token the provider issues from now on. */
export interface Issued {
  readonly access: Set<string>
  readonly refresh: Set<string>
  readonly id: Set<string>
}

/** Notes them. */
export const tapTokens = ({ provider }: Idp): Issued => {
  const issued: Issued = { access: new Set(), refresh: new Set(), id: new Set() }
  provider.on('grant.success', ({ body }) => {
    const answer = body as Record<string, string | undefined>
    for (const kind of ['access', 'refresh', 'id'] as const) {
      const token = answer[`${kind}_token`]
      if (token !== undefined) issued[kind].add(token)
    }
  })
  return issued
}

/** Anything that is built like a signed token. */
const JWT = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g

/** The tokens in a text, by kind; `jwt`: one that looks like a token and is none of those issued. */
export const tokensIn = (text: string, { access, refresh, id }: Issued): string[] => {
  const found: string[] = []
  for (const [kind, tokens] of Object.entries({ access, refresh, id })) {
    if ([...tokens].some((token) => text.includes(token))) found.push(kind)
  }
  const known = new Set([...access, ...id])
  if ([...text.matchAll(JWT)].some(([token]) => !known.has(token))) found.push('jwt')
  return found
}
