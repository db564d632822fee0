/** The app's own files beside the doors: what `static` serves. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename } from 'node:path'
import { contentType } from 'mime-types'
import { errorEntry, silentLog } from '../log.js'
import type { Log } from '../log.js'
import { noteFile } from '../node/notes.js'
import { requestIdOf } from '../node/outgoing.js'
import { createSeldom } from '../seldom.js'
import { checked } from '../validate.js'
import { freshNonce, Replaced, sendBytes, sendFile, sendPage } from './answer.js'
import { find } from './find.js'
import type { Found } from './find.js'
import { hashedAmongOthers, isHashed } from './hashed.js'
import { headersOf } from './headers.js'
import type { Site, StaticOptions } from './options.js'
import { pages } from './page.js'
import { acceptsHtml, encodingsFor, isAsset, pathOf, placeOf } from './place.js'
import type { Place } from './place.js'
import { staticFiles } from './validate.js'
import { variants } from './variants.js'

/** Answers a request that is for no door. */
export type Files = (request: IncomingMessage, response: ServerResponse) => void

const index: Place = { segments: ['index.html'], kind: 'file' }

/**
 * Serves the files of a folder beside the doors of `site`. Whoever asks for HTML at an address without a file gets `index.html`, so that the app's
 * router can take over; anything else that is not there is a 404, and so are missing assets, names that begin with a dot (but `.well-known`) and, unless the
 * options say otherwise, source maps. Files may change while they are served. `log` is told why one cannot be. Throws a `ConfigurationError` that
 * names what is wrong; what is in the folder is not looked at before it is asked for ({@link folderFaults} does). Once the folder is away, that is a 503 and told
 * once a minute. `now` in ms.
 */
export function files(
  given: string | StaticOptions,
  site: Site,
  log: Log = silentLog,
  now: () => number = Date.now,
): Files {
  const valid = checked((value, _path, env) => staticFiles(value, ['static'], env), given, null)
  const options: StaticOptions = typeof valid === 'string' ? { folder: valid } : valid
  const { folder, nonce: placeholder, immutable = [], sourceMaps = false } = options
  const headers = headersOf(options, site)
  const { tagOf, encodedOf } = variants(headers.fingerprint)
  const pageOf = pages(headers.fingerprint)
  const isAmongHashed = hashedAmongOthers()
  const seldom = createSeldom({ now }, TELL_EVERY)

  async function answer(request: IncomingMessage, response: ServerResponse, tries: number): Promise<void> {
    for (const [name, value] of headers.common) response.setHeader(name, value)
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405)
    const place = placeOf(request.url ?? '/', site.basePath)
    if (place === null || (!sourceMaps && /\.map$/i.test(place.segments.at(-1) ?? '')))
      return refuse(response, 404)
    const found = await find(folder, place)
    if (found === 'no folder') return missing(response)
    if (found === 'outside') return refuse(response, 404)
    if (found !== null) return give(found, pathOf(place), request, response, tries)
    response.setHeader('Vary', 'Accept')
    const page =
      acceptsHtml(request.headers) && !isAsset(pathOf(place), immutable) ? await find(folder, index) : null
    if (page === 'no folder') return missing(response)
    return page === null || page === 'outside'
      ? refuse(response, 404)
      : give(page, '/index.html', request, response, tries)
  }

  /** Nobody is to keep in mind that a file is not there, where all of them are away. */
  function missing(response: ServerResponse): void {
    const due = seldom(folder)
    if (due !== null)
      log.error(
        { event: 'static_missing', ...due },
        `There is no folder ${folder} any more, and no file can be served. Put it back: it is looked for at each request.`,
      )
    refuse(response, 503)
  }

  async function give(
    found: Found,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    tries: number,
  ): Promise<void> {
    noteFile(response, found.name)
    const type = contentType(basename(found.name)) || 'application/octet-stream'
    const isPage = type.startsWith('text/html')
    const nonce = isPage && placeholder !== undefined ? freshNonce() : undefined
    const encodings = isCompressible(type) ? encodingsFor(request.headers) : []
    const page = isPage && nonce === undefined ? await pageOf(found, encodings) : null
    const policy = headers.policyFor(type, { nonce, inline: page?.inline })
    if (policy !== null) response.setHeader(...policy)
    response.setHeader('Content-Type', type)
    if (nonce !== undefined && placeholder !== undefined) {
      response.setHeader('Cache-Control', 'private, no-cache')
      return sendPage(request, response, { found, placeholder, nonce })
    }
    if (isCompressible(type)) response.appendHeader('Vary', 'Accept-Encoding')
    if (page !== null) {
      response.setHeader('Cache-Control', 'no-cache')
      response.setHeader('ETag', page.tag)
      if (page.encoding !== undefined) response.setHeader('Content-Encoding', page.encoding[0])
      return sendBytes(request, response, found, page.bytes)
    }
    // A worker's script decides what is served from then on, whatever it is called.
    const isImmutable =
      !isPage &&
      request.headers['service-worker'] === undefined &&
      (isHashed(path) ||
        immutable.some((prefix) => path.startsWith(prefix)) ||
        (await isAmongHashed(found, path)))
    response.setHeader('Cache-Control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    // Nothing is said then of what it has in it.
    if (!isPage && tries >= TRIES) return sendFile(request, response, found, true)
    const [file, encoding] = (await encodedOf(found, encodings, isImmutable)) ?? [found]
    if (encoding !== undefined) response.setHeader('Content-Encoding', encoding[0])
    response.setHeader('ETag', await tagOf(file))
    return sendFile(request, response, file)
  }

  const attempt = (request: IncomingMessage, response: ServerResponse, tries: number): Promise<void> =>
    answer(request, response, tries).catch((error: unknown) => {
      if (error instanceof Replaced) {
        withdraw(response)
        if (tries >= TRIES_OF_PAGE) return refuse(response, 503)
        return attempt(request, response, tries + 1)
      }
      const status = statusOf(error)
      const entry = { event: 'failed', request: requestIdOf(response), ...errorEntry(error) }
      if (status === 500) log.error(entry, 'A file could not be served.')
      return refuse(response, status)
    })
  return (request, response) => void attempt(request, response, 1)
}

/** How often it is told that the folder is away, ms. */
const TELL_EVERY = 60_000

/** How often it is tried to say nothing of a file but what is so: one that changes all the time is sent as it is, without a tag. */
const TRIES = 5
/** The same of a page that is too long to be held: its policy and its tag are its own, or it is not sent. */
const TRIES_OF_PAGE = 100

/** Whether anybody would put a shorter file beside one of this type: not where it is compressed already. */
const isCompressible = (type: string): boolean =>
  !/^(?:audio|video)\/|^image\/(?!svg|bmp)|^font\/woff|^application\/(?:zip|gzip|pdf)\b/.test(type)

const texts = {
  404: 'Not found',
  405: 'Method not allowed',
  412: 'Precondition failed',
  416: 'Range not satisfiable',
  500: 'Internal server error',
  503: 'Service unavailable',
} as const
type Refusal = keyof typeof texts

/** What the failure of a file is answered with: those of `send` have a status; one that went away meanwhile is not there. */
function statusOf(error: unknown): Refusal {
  if (!(error instanceof Error)) return 500
  if ('code' in error && /^E(?:NOENT|NOTDIR|ISDIR)$/.test(String(error.code))) return 404
  const status = 'status' in error ? error.status : 500
  return status === 404 || status === 412 || status === 416 ? status : 500
}

/** Takes back what the answer says of a file. */
function withdraw(response: ServerResponse): void {
  response.statusCode = 200
  for (const name of ['Content-Encoding', 'Content-Length', 'Content-Range', 'ETag', 'Accept-Ranges', 'Vary'])
    response.removeHeader(name)
}

function refuse(response: ServerResponse, status: Refusal): void {
  if (response.headersSent) return void response.destroy()
  // What was to come; a range that cannot be had is told of with the one that can.
  for (const name of ['Content-Encoding', 'Content-Length', 'ETag', 'Accept-Ranges'])
    response.removeHeader(name)
  if (status === 405) response.setHeader('Allow', 'GET, HEAD')
  if (status === 503) response.setHeader('Retry-After', '1')
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  response.statusCode = status
  response.end(`${texts[status]}\n`)
}
