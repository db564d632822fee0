/** The app's own files beside the doors: what `static` serves. */
import { statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import sirv from 'sirv'
import { ConfigurationError } from '../../errors.js'

/**
 * Serves the files of `folder`. Whoever asks for HTML at an address without a file gets `index.html`, so that the app's
 * router can take over; anything else that is not there is a 404. Names that begin with a dot are not there, but
 * `.well-known`. Files may change while they are served.
 */
export function files(folder: string): (request: IncomingMessage, response: ServerResponse) => void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new ConfigurationError(
      'static',
      `there is no folder ${folder}. Create it, or leave the option out.`,
    )
  const serve = sirv(folder, {
    dev: true,
    etag: true,
    setHeaders(response, pathname) {
      response.setHeader('X-Content-Type-Options', 'nosniff')
      if (isHashed(pathname)) response.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
    },
  })

  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return missing(response, 405)
    const fallback = (): void => {
      if (request.headers.accept?.includes('text/html') !== true) return missing(response, 404)
      request.url = '/index.html'
      serve(request, response, () => missing(response, 404))
    }
    if (isHidden(request.url ?? '/')) return fallback()
    serve(request, response, fallback)
  }
}

function missing(response: ServerResponse, status: 404 | 405): void {
  if (status === 405) response.setHeader('Allow', 'GET, HEAD')
  response.writeHead(status, { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' })
  response.end(status === 404 ? 'Not found\n' : 'Method not allowed\n')
}

function isHidden(target: string): boolean {
  try {
    return /[\\/]\.(?!well-known(?:\/|$))/.test(decodeURI(target.split('?', 1)[0] ?? ''))
  } catch {
    return true
  }
}

/**
 * Whether a bundler named the file after its content (`index-BfT3xQ2a.js`, `main.3f2a1b9c.css`): only that may be kept for
 * ever. A hash has letters after digits, which words, versions (`polyfill2`), dates and sizes (`1920x1080`) have not. One
 * that is not recognised is asked for again each time, and costs a 304.
 */
export function isHashed(pathname: string): boolean {
  const last = /[.-](\w{8,64})\.\w+$/.exec(pathname)?.[1] ?? ''
  return /\d[a-z]/i.test(last) && !/^\d{4}/.test(last) && !/^\d+x\d+$/.test(last)
}
