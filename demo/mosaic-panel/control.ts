import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../idp/http.js'
import { sendJson } from '../mosaic/answers.js'
import { ORDERS_RESOURCE, type Mosaic, type SessionRecord } from '../mosaic/index.js'
import type { Routes } from '../options.js'
import { createDeeds, Refused, type EndInApp, type Told } from './deeds.js'
import { createLog, type LogLine } from './log.js'

/** Where the panel's doors are. */
const BASE = '/demo/mosaic/'
/** How many requests are listed. */
const MOST = 40

/** How things are at Mosaic: answer of `GET /demo/mosaic/state`, and of every deed, with what was done. */
export interface PanelState {
  /** The servers' time, ms since epoch. */
  now: number
  /** How far it is ahead of the machine's, ms. */
  ahead: number
  /** The live sessions of the user that `?sub=` names. */
  sessions: SessionRecord[]
  /** `max_refresh_rotate` of the API's resource, s; null: the default, 14 days. */
  cap: number | null
  log: LogLine[]
  /** What a deed came to. */
  done?: string
}

/**
 * Whether this very page asks, by what no page can forge: no other site, and not through a name that leads here (DNS rebinding).
 * Browsers that send no `Sec-Fetch-Site` send `Origin` with each POST.
 */
const isOwn = ({ headers, method }: IncomingMessage, origin: string): boolean => {
  if (headers.host !== new URL(origin).host) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  return headers.origin === undefined ? method === 'GET' : headers.origin === origin
}

const toldIn = async (request: IncomingMessage): Promise<Told> => {
  const text = await readBody(request)
  try {
    const parsed: unknown = text === '' ? {} : JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed }
  } catch {
    // It is said below.
  }
  throw new Refused('The body is no JSON object.')
}

/**
 * The doors behind the panel "What Mosaic does": `GET /demo/mosaic/state` and `POST /demo/mosaic/{deed}`, for the app's own page
 * alone. They are for a demo: whoever has the page may do it all.
 * @param origin of the app
 */
export const createControl = (mosaic: Mosaic, origin: string, endInApp: EndInApp): Routes => {
  const { deeds, ahead } = createDeeds(mosaic, endInApp)
  const log = createLog(mosaic)
  const stateFor = (sub: unknown): PanelState => ({
    now: Date.now(),
    ahead: ahead(),
    sessions: typeof sub === 'string' ? mosaic.sessions(sub) : [],
    cap: mosaic.resources.get(ORDERS_RESOURCE)?.max_refresh_rotate ?? null,
    log: log.latest(MOST),
  })

  const answer = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    if (!isOwn(request, origin))
      return sendJson(response, 403, { error: 'Only the demo’s own page may do this.' })
    const name = url.pathname.slice(BASE.length)
    if (request.method === 'GET' && name === 'state')
      return sendJson(response, 200, stateFor(url.searchParams.get('sub')))
    const deed = request.method === 'POST' && Object.hasOwn(deeds, name) ? deeds[name] : undefined
    if (!deed) return sendJson(response, 404, { error: 'Nothing is here.' })
    const told = await toldIn(request)
    log.take()
    const done = await deed(told)
    sendJson(response, 200, { ...stateFor(told['sub']), done })
  }

  return (request, response, next) => {
    const url = new URL(request.url ?? '/', origin)
    if (!url.pathname.startsWith(BASE)) return next()
    answer(request, response, url).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      sendJson(response, error instanceof Refused ? 400 : 502, { error: message })
    })
  }
}
