// @ts-check
/** The requests this page makes: its `fetch` is wrapped before the session client takes it. */
import { byId, element } from './dom.js'
import { config } from './mode.js'
import { learnTime } from './time.js'

const MOST = 60

/** @typedef {{ method: string, where: string, path: string, status: number | null, ms: number }} Row */

/** @type {Row[]} newest first */
const rows = []

/** Names of query parameters, never their values: those may be codes. @param {URL} url */
const pathOf = ({ pathname, searchParams }) => {
  const names = [...new Set(searchParams.keys())]
  return pathname + (names.length > 0 ? `?${names.join('&')}` : '')
}

/** @param {URL} url */
const whereOf = ({ origin, pathname }) => {
  if (origin === (config.provider ?? new URL(config.issuer).origin)) return 'provider'
  if (origin === config.api) return 'API'
  return pathname.startsWith('/bff/') ? 'BFF' : 'app'
}

/** @param {Row} row */
const lineOf = ({ method, where, path, status, ms }) => {
  const refused = status === null || status >= 400
  return element(
    'tr',
    {},
    element('td', {}, method),
    element('td', { title: path }, element('span', { class: 'where' }, where), path),
    element('td', refused ? { class: 'refused' } : {}, status === null ? 'no answer' : String(status)),
    element('td', {}, `${ms} ms`),
  )
}

/** Shows the rows of earlier. @param {readonly Row[]} earlier newest first */
export const showRequests = (earlier) => {
  rows.push(...earlier)
  byId('requests').append(...earlier.map(lineOf))
}

/** Those shown now, newest first. */
export const requestsSoFar = () => [...rows]

/** @param {Row} row */
const add = (row) => {
  rows.unshift(row)
  rows.length = Math.min(rows.length, MOST)
  const body = byId('requests')
  body.prepend(lineOf(row))
  while (body.children.length > MOST) body.lastElementChild?.remove()
}

/** What the demo asks for itself is no request of an app. @param {URL} url */
const isPanel = ({ origin, pathname }) => origin === location.origin && pathname.startsWith('/demo/')

/** From now on every `fetch` of the page is listed, but for those of the panel. */
export const watchRequests = () => {
  const original = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href)
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase()
    const started = performance.now()
    /** @param {number | null} status */
    const done = (status) => {
      const ms = Math.round(performance.now() - started)
      add({ method, where: whereOf(url), path: pathOf(url), status, ms })
    }
    try {
      const response = await original(input, init)
      if (url.origin === location.origin) learnTime(response.headers.get('date'))
      if (!isPanel(url)) done(response.status)
      return response
    } catch (error) {
      if (!isPanel(url)) done(null)
      throw error
    }
  }
}
